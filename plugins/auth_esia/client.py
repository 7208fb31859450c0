"""The portal's side of the protocol: authorization address, token exchange, reading of the profile.

Everything blocks and belongs into a worker thread, outside of any database transaction.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any, Literal, cast
from urllib.parse import urlencode

import httpx2
import msgspec

from plugins.auth_esia.cms import sign_detached
from plugins.auth_esia.driver import Login
from plugins.auth_esia.errors import EsiaError, from_description
from plugins.auth_esia.profile import Profile, read_profile
from plugins.auth_esia.signing import Signer, client_secret
from plugins.auth_esia.tokens import Identity, TrustedCertificates, identify
from plugins.auth_esia.transport import TIMEOUTS, json_object

log = logging.getLogger("moyashkola.auth_esia")

PROTOCOL_PATHS = {
    "v2": ("/aas/oauth2/v2/ac", "/aas/oauth2/v3/te"),
    "v1": ("/aas/oauth2/ac", "/aas/oauth2/te"),
}
"""Of each generation of the protocol: where the code is asked for, and where the tokens are."""
LOGOUT_PATH = "/idp/ext/Logout"
_MOST_LINKED_ELEMENTS = 50
_COLLECTION_SCOPES = {
    "ctts": {"email", "mobile", "contacts"},
    "roles": {"usr_org"},
    "kids": {"kid_fullname"},
    "docs": {"birth_cert_doc"},
}


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One ESIA environment and the portal's registration in it. Addresses have no final slash."""

    base_url: str
    server_url: str
    """Where the server itself reaches ESIA; the same as `base_url` unless a gateway stands between."""
    issuer: str
    client_id: str
    scopes: tuple[str, ...]
    redirect_uri: str
    pkce: bool = True
    protocol: Literal["v2", "v1"] = "v2"

    @property
    def scope(self) -> str:
        return " ".join(self.scopes)


class EsiaClient:
    """Speaks with one ESIA environment; safe to share between threads."""

    name = "esia"

    def __init__(
        self,
        endpoint: Endpoint,
        signer: Signer,
        trusted: TrustedCertificates,
        *,
        clock: Callable[[], float] = time.time,
        timeouts: httpx2.Timeout = TIMEOUTS,
    ) -> None:
        self.endpoint = endpoint
        self._signer = signer
        self._trusted = trusted
        self._clock = clock
        self._http = httpx2.Client(timeout=timeouts, follow_redirects=False, trust_env=False)

    @property
    def issuer(self) -> str:
        return self.endpoint.issuer

    @property
    def browser_address(self) -> str:
        return self.endpoint.base_url

    def close(self) -> None:
        self._http.close()

    def begin(self) -> Login:
        """Start a sign-in: a fresh state, a PKCE secret and the address at ESIA."""
        here = self.endpoint
        state = str(uuid.uuid4())
        verifier = secrets.token_urlsafe(48) if here.pkce and here.protocol == "v2" else ""
        timestamp = self._timestamp()
        parameters = {
            "client_id": here.client_id,
            **self._signed(timestamp, state),
            "redirect_uri": here.redirect_uri,
            "scope": here.scope,
            "response_type": "code",
            "state": state,
            "timestamp": timestamp,
            "access_type": "online",
        }
        if verifier:
            digest = sha256(verifier.encode()).digest()
            parameters["code_challenge"] = urlsafe_b64encode(digest).rstrip(b"=").decode()
            parameters["code_challenge_method"] = "S256"
        address = f"{here.base_url}{PROTOCOL_PATHS[here.protocol][0]}?{urlencode(parameters)}"
        return Login(state=state, verifier=verifier, address=address)

    def sign_in(self, code: str, verifier: str, *, nonce: str = "") -> Profile:
        """Exchange the code once, check both tokens and read the profile; the tokens are dropped after it.

        ESIA repeats no nonce, so there is none. Raises EsiaError for every failure.
        """
        access_token, id_token = self._exchange(code, verifier)
        identity = identify(
            access_token,
            id_token,
            trusted=self._trusted,
            issuer=self.endpoint.issuer,
            client_id=self.endpoint.client_id,
            now=self._clock(),
        )
        return self._profile(identity, access_token)

    def logout_address(self, return_to: str) -> str:
        """Where the browser ends ESIA's own session, and then comes back to `return_to`."""
        parameters = {"client_id": self.endpoint.client_id, "redirect_url": return_to}
        return f"{self.endpoint.base_url}{LOGOUT_PATH}?{urlencode(parameters)}"

    def clock_difference(self) -> float:
        """Seconds that ESIA's clock is ahead of ours, by its `Date` header; raises EsiaError `no-answer`."""
        try:
            answer = self._http.get(f"{self.endpoint.server_url}/")
            return parsedate_to_datetime(answer.headers["date"]).timestamp() - self._clock()
        except (httpx2.HTTPError, KeyError, ValueError) as problem:
            raise EsiaError("no-answer", type(problem).__name__) from problem

    def _signed(self, timestamp: str, state: str, *code: str) -> dict[str, str]:
        """The parameters that prove who asks; raises EsiaError `signer`."""
        here = self.endpoint
        if here.protocol == "v1":
            message = "".join((here.scope, timestamp, here.client_id, state)).encode()
            moment = datetime.fromtimestamp(self._clock(), UTC)
            signature = sign_detached(self._signer, message, moment)
            return {"client_secret": urlsafe_b64encode(signature).rstrip(b"=").decode()}
        return {
            "client_secret": client_secret(
                self._signer, here.client_id, here.scope, timestamp, state, here.redirect_uri, *code
            ),
            "client_certificate_hash": self._signer.certificate.client_certificate_hash,
        }

    def _timestamp(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).strftime("%Y.%m.%d %H:%M:%S +0000")

    def _exchange(self, code: str, verifier: str) -> tuple[str, str]:
        """Access token and id token for the code. Never repeated: a code is good for one time."""
        here = self.endpoint
        state = str(uuid.uuid4())
        timestamp = self._timestamp()
        form = {
            "client_id": here.client_id,
            "code": code,
            "grant_type": "authorization_code",
            **self._signed(timestamp, state, code),
            "state": state,
            "redirect_uri": here.redirect_uri,
            "scope": here.scope,
            "timestamp": timestamp,
            "token_type": "Bearer",
        }
        if verifier:
            form["code_verifier"] = verifier
        try:
            answer = self._http.post(f"{here.server_url}{PROTOCOL_PATHS[here.protocol][1]}", data=form)
        except httpx2.HTTPError as problem:
            raise EsiaError("no-answer", f"token exchange: {type(problem).__name__}") from problem
        body = json_object(answer, "token exchange")
        if answer.status_code != 200:
            raise from_description(str(body.get("error", "")), str(body.get("error_description", "")))
        if not hmac.compare_digest(str(body.get("state", "")).encode(), state.encode()):
            raise EsiaError("bad-token", "the token answer repeats another state")
        access_token, id_token = body.get("access_token"), body.get("id_token")
        if not isinstance(access_token, str) or not isinstance(id_token, str):
            raise EsiaError("bad-answer", "the token answer has no tokens")
        return access_token, id_token

    def _profile(self, identity: Identity, access_token: str) -> Profile:
        """The person must come; a missing collection only makes the profile poorer."""
        root = f"{self.endpoint.server_url}/rs/prns/{identity.oid}"
        person = self._get(root, access_token)
        collections: dict[str, list[dict[str, Any]]] = {}
        missing: list[str] = []
        for name, scopes in _COLLECTION_SCOPES.items():
            collections[name] = []
            if not scopes & set(self.endpoint.scopes) or (name == "docs" and identity.level != "KD"):
                # By papers only children are looked for: nobody else's are asked for.
                continue
            try:
                collections[name] = self._collection(f"{root}/{name}", access_token)
            except EsiaError as problem:
                log.warning("profile collection %s was not given: %s", name, problem)
                missing.append(name)
        return read_profile(
            identity.issuer,
            identity.oid,
            identity.level,
            person,
            contacts=collections["ctts"],
            roles=collections["roles"],
            kids=collections["kids"],
            documents=collections["docs"],
            missing=missing,
        )

    def _collection(self, address: str, access_token: str) -> list[dict[str, Any]]:
        body = self._get(f"{address}?embed=(elements)", access_token)
        elements = body.get("elements", [])
        if not isinstance(elements, list):
            raise EsiaError("bad-answer", "a collection without elements")
        found: list[dict[str, Any]] = []
        for element in cast("list[object]", elements)[:_MOST_LINKED_ELEMENTS]:
            if isinstance(element, dict):
                found.append(cast("dict[str, Any]", element))
            elif isinstance(element, str):
                found.append(self._get(self._own_address(element, address), access_token))
        return found

    def _own_address(self, link: str, collection: str) -> str:
        """A link to an element, as an address that the token may be sent to; raises EsiaError for others."""
        for base in (self.endpoint.base_url, self.endpoint.server_url):
            path = collection.removeprefix(self.endpoint.server_url)
            number = link.removeprefix(f"{base}{path}/")
            if number != link and number.isalnum():
                return f"{collection}/{number}"
        raise EsiaError("bad-answer", "an element's address is outside of its collection")

    def _get(self, address: str, access_token: str) -> dict[str, Any]:
        """Read one object, with one more try when ESIA stumbles."""
        failure = EsiaError("no-answer")
        for attempt in (1, 2):
            try:
                answer = self._http.get(address, headers={"authorization": f"Bearer {access_token}"})
            except httpx2.HTTPError as problem:
                failure = EsiaError("no-answer", f"profile, attempt {attempt}: {type(problem).__name__}")
                continue
            if answer.status_code >= 500:
                failure = EsiaError("no-answer", f"profile, attempt {attempt}: status {answer.status_code}")
                continue
            if answer.status_code != 200:
                raise EsiaError("bad-answer", f"profile: status {answer.status_code}")
            return json_object(answer, "profile")
        raise failure
