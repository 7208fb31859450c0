"""Ordinary OpenID Connect towards a certified gateway that speaks with ESIA itself.

OpenID Connect Core 1.0 and Discovery 1.0: authorization code with PKCE (RFC 7636) and nonce. Everything blocks
and belongs into a worker thread, outside of any database transaction.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any, cast
from urllib.parse import quote, urlencode

import httpx2
import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from plugins.auth_esia.driver import Login
from plugins.auth_esia.errors import EsiaError, from_oauth
from plugins.auth_esia.profile import Profile, as_text, normalized_email, normalized_phone, normalized_snils
from plugins.auth_esia.tokens import check_times
from plugins.auth_esia.transport import TIMEOUTS, json_object

DISCOVERY_PATH = "/.well-known/openid-configuration"
_KEPT_SECONDS = 3600
_KEYS_AGAIN_SECONDS = 30
"""An unknown key id makes the keys be read again, but not more often than this."""
_LARGEST_TOKEN = 32_000
_LEVELS: dict[object, str] = {"PR": "PR", "KD": "KD", True: "PR", "true": "PR"}


class GatewayClaims(msgspec.Struct, frozen=True, kw_only=True):
    """How the gateway calls what OpenID Connect has no standard claim for."""

    snils: str = "snils"
    level: str = "urn:esia:sbj:lvl"
    """`PR` or true – confirmed, `KD` – a child's account; anything else, or its absence, is unconfirmed."""


class Gateway(msgspec.Struct, frozen=True, kw_only=True):
    """One gateway and the portal's registration in it."""

    issuer: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...]
    redirect_uri: str
    algorithm: str = "RS256"
    claims: GatewayClaims = GatewayClaims()


class Discovery(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway says of itself; the rest of its document is of no use here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: Sequence[str] = ("client_secret_basic",)
    id_token_signing_alg_values_supported: Sequence[str] = ()
    code_challenge_methods_supported: Sequence[str] = ()


class KeyDocument(msgspec.Struct, frozen=True):
    """A JWK Set (RFC 7517, 5)."""

    keys: list[dict[str, Any]]


class OidcClient:
    """Speaks with one gateway; safe to share between threads."""

    name = "oidc"

    def __init__(
        self,
        gateway: Gateway,
        *,
        clock: Callable[[], float] = time.time,
        timeouts: httpx2.Timeout = TIMEOUTS,
    ) -> None:
        self.gateway = gateway
        self._clock = clock
        self._http = httpx2.Client(timeout=timeouts, follow_redirects=False, trust_env=False)
        self._lock = threading.Lock()
        self._discovery: tuple[float, Discovery] | None = None
        self._keys: tuple[float, KeySet] | None = None

    @property
    def issuer(self) -> str:
        return self.gateway.issuer

    @property
    def browser_address(self) -> str:
        return self.gateway.issuer

    def close(self) -> None:
        self._http.close()

    def begin(self) -> Login:
        """Start a sign-in: state, nonce and PKCE's secret are fresh. Raises EsiaError `no-answer`, `keys`."""
        here = self.gateway
        state, nonce, verifier = (secrets.token_urlsafe(length) for length in (32, 32, 48))
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        parameters = {
            "client_id": here.client_id,
            "redirect_uri": here.redirect_uri,
            "response_type": "code",
            "scope": " ".join(here.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        address = _with_query(self.discovery().authorization_endpoint, parameters)
        return Login(state=state, verifier=verifier, nonce=nonce, address=address)

    def sign_in(self, code: str, verifier: str, *, nonce: str = "") -> Profile:
        """Exchange the code once, check the id token, read userinfo. Raises EsiaError for every failure."""
        access_token, id_token = self._exchange(code, verifier)
        claims = self._identity(id_token, nonce)
        endpoint = self.discovery().userinfo_endpoint
        if endpoint:
            about = self._userinfo(endpoint, access_token)
            if about.get("sub") != claims["sub"]:
                raise EsiaError("bad-token", "userinfo is about another person")
            claims = {**claims, **about}
        return read_claims(self.gateway, claims)

    def logout_address(self, return_to: str) -> str | None:
        """RP-Initiated Logout 1.0, where the gateway offers it."""
        endpoint = self.discovery().end_session_endpoint
        if not endpoint:
            return None
        parameters = {"client_id": self.gateway.client_id, "post_logout_redirect_uri": return_to}
        return _with_query(endpoint, parameters)

    def clock_difference(self) -> float:
        """By the `Date` header of the discovery document."""
        try:
            answer = self._http.get(self._discovery_address)
            return parsedate_to_datetime(answer.headers["date"]).timestamp() - self._clock()
        except (httpx2.HTTPError, KeyError, ValueError) as problem:
            raise EsiaError("no-answer", type(problem).__name__) from problem

    def discovery(self) -> Discovery:
        """The gateway's document, read once an hour. Raises EsiaError `no-answer`, `bad-answer`, `keys`."""
        with self._lock:
            kept = self._discovery
        if kept is not None and kept[0] > self._clock() - _KEPT_SECONDS:
            return kept[1]
        body = self._get(self._discovery_address, "discovery")
        try:
            found = msgspec.convert(body, Discovery)
        except msgspec.ValidationError as problem:
            raise EsiaError("bad-answer", f"discovery: {problem}") from problem
        if found.issuer != self.gateway.issuer:
            raise EsiaError(
                "keys", f"the gateway calls itself {found.issuer[:200]}, not as issuer in the settings"
            )
        addresses = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri)
        also = (found.userinfo_endpoint, found.end_session_endpoint)
        for address in (*addresses, *(each for each in also if each)):
            plain = address.startswith("http://") and self.gateway.issuer.startswith("http://")
            if not address.startswith("https://") and not plain:
                raise EsiaError("bad-answer", "discovery names an address without https")
        with self._lock:
            self._discovery = (self._clock(), found)
        return found

    def usable_keys(self) -> int:
        """How many of the gateway's keys may sign by the configured algorithm; raises EsiaError."""
        kind = "EC" if self.gateway.algorithm.startswith("ES") else "RSA"
        return sum(key.key_type == kind for key in self._signing_keys(again=False).keys)

    @property
    def _discovery_address(self) -> str:
        return self.gateway.issuer.rstrip("/") + DISCOVERY_PATH

    def _exchange(self, code: str, verifier: str) -> tuple[str, str]:
        """Access token and id token for the code. Never repeated: a code is good for one time."""
        here, there = self.gateway, self.discovery()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": here.redirect_uri,
            "code_verifier": verifier,
        }
        headers: dict[str, str] = {"accept": "application/json"}
        if "client_secret_basic" in there.token_endpoint_auth_methods_supported:
            # RFC 6749, 2.3.1: both halves are form-encoded first.
            pair = f"{quote(here.client_id, safe='')}:{quote(here.client_secret, safe='')}"
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": here.client_id, "client_secret": here.client_secret}
        try:
            answer = self._http.post(there.token_endpoint, data=form, headers=headers)
        except httpx2.HTTPError as problem:
            raise EsiaError("no-answer", f"token exchange: {type(problem).__name__}") from problem
        body = json_object(answer, "token exchange")
        if answer.status_code != 200:
            raise from_oauth(str(body.get("error", "")), f"token exchange: status {answer.status_code}")
        access_token, id_token = body.get("access_token"), body.get("id_token")
        if not isinstance(access_token, str) or not isinstance(id_token, str):
            raise EsiaError("bad-answer", "the token answer has no tokens")
        return access_token, id_token

    def _identity(self, id_token: str, nonce: str) -> dict[str, Any]:
        """The claims of an id token in which everything is right (OpenID Connect Core, 3.1.3.7)."""
        claims = self._verified(id_token)
        audience = claims.get("aud")
        clients: list[Any] = cast("list[Any]", audience) if isinstance(audience, list) else [audience]
        if claims.get("iss") != self.gateway.issuer:
            raise EsiaError("bad-token", "another issuer")
        if self.gateway.client_id not in clients:
            raise EsiaError("bad-token", "the id token is for another client")
        if len(clients) > 1 and "azp" not in claims:
            raise EsiaError("bad-token", "the id token has several audiences and no authorized party")
        if claims.get("azp", self.gateway.client_id) != self.gateway.client_id:
            raise EsiaError("bad-token", "the id token was given to another client")
        check_times(claims, self._clock())
        if not nonce or not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise EsiaError("bad-token", "the id token repeats another nonce")
        if not isinstance(claims.get("sub"), str) or not 0 < len(claims["sub"]) <= 100:
            raise EsiaError("bad-token", "the id token has no subject")
        return claims

    def _verified(self, token: str) -> dict[str, Any]:
        """The claims when one of the gateway's keys signed them by the configured algorithm."""
        if len(token) > _LARGEST_TOKEN:
            raise EsiaError("bad-token", "the id token is too long")
        for again in (False, True):
            for key in self._signing_keys(again=again).keys:
                try:
                    signed = jws.deserialize_compact(token, key, algorithms=[self.gateway.algorithm])
                    claims = json.loads(signed.payload)
                except (JoseError, ValueError, RecursionError):
                    continue
                if isinstance(claims, dict):
                    return cast("dict[str, Any]", claims)
        raise EsiaError("bad-token", "the signature of the id token is wrong")

    def _signing_keys(self, *, again: bool) -> KeySet:
        with self._lock:
            kept = self._keys
        age = self._clock() - kept[0] if kept is not None else _KEPT_SECONDS
        if kept is not None and age < (_KEYS_AGAIN_SECONDS if again else _KEPT_SECONDS):
            return kept[1]
        body = self._get(self.discovery().jwks_uri, "keys")
        try:
            listed = msgspec.convert(body, KeyDocument).keys
            signing = [each for each in listed if each.get("use", "sig") == "sig"]
            keys = KeySet.import_key_set(cast("Any", {"keys": signing}))
        except (JoseError, ValueError, KeyError) as problem:
            raise EsiaError("bad-answer", f"keys: {type(problem).__name__}") from problem
        with self._lock:
            self._keys = (self._clock(), keys)
        return keys

    def _userinfo(self, address: str, access_token: str) -> dict[str, Any]:
        return self._get(address, "userinfo", {"authorization": f"Bearer {access_token}"})

    def _get(self, address: str, what: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """Read one object, with one more try when the gateway stumbles."""
        failure = EsiaError("no-answer")
        for attempt in (1, 2):
            try:
                answer = self._http.get(address, headers={"accept": "application/json", **(headers or {})})
            except httpx2.HTTPError as problem:
                failure = EsiaError("no-answer", f"{what}, attempt {attempt}: {type(problem).__name__}")
                continue
            if answer.status_code >= 500:
                failure = EsiaError("no-answer", f"{what}, attempt {attempt}: status {answer.status_code}")
                continue
            if answer.status_code != 200:
                raise EsiaError("bad-answer", f"{what}: status {answer.status_code}")
            return json_object(answer, what)
        raise failure


def read_claims(gateway: Gateway, claims: dict[str, Any]) -> Profile:
    """Standard claims as a profile; raises EsiaError `bad-answer` when there is no name.

    A gateway tells nothing of children and places of work: no standard claims exist for them.
    """
    first_name, last_name = as_text(claims.get("given_name")), as_text(claims.get("family_name"))
    if not first_name and not last_name:
        raise EsiaError("bad-answer", "the person has no name")
    level: object = claims.get(gateway.claims.level)
    email, confirmed = normalized_email(claims.get("email")), claims.get("email_verified") is True
    return Profile(
        issuer=gateway.issuer,
        subject=claims["sub"],
        level=_LEVELS.get(level, "P") if isinstance(level, str | bool) else "P",
        last_name=last_name or "",
        first_name=first_name or "",
        middle_name=as_text(claims.get("middle_name")),
        birth_date=_date(claims.get("birthdate")),
        gender={"male": "M", "female": "F"}.get(str(claims.get("gender"))),  # pyright: ignore[reportArgumentType]
        snils=normalized_snils(claims.get(gateway.claims.snils)),
        email=email if confirmed else None,
        unconfirmed_email=email is not None and not confirmed,
        phone=normalized_phone(claims.get("phone_number"))
        if claims.get("phone_number_verified") is True
        else None,
    )


def _date(value: object) -> date | None:
    """A birthday as the standard writes it, or as ESIA does; a year alone is no birthday."""
    if not isinstance(value, str):
        return None
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(value, form).date()  # noqa: DTZ007 - a birthday has no zone
        except ValueError:
            continue
    return None


def _with_query(address: str, parameters: dict[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(parameters)}"
