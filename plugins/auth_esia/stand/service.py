"""The stand itself: takes requests apart, remembers who signed in, gives codes, tokens and data."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from plugins.auth_esia.stand import registry
from plugins.auth_esia.stand.checks import (
    AuthorizationRequest,
    Client,
    Parameters,
    Protocol,
    RefusedError,
    addressee,
    authorization_request,
    check_grant,
    token_request,
)
from plugins.auth_esia.stand.faults import Fault
from plugins.auth_esia.stand.issuing import ACCESS_LIFETIME, TokenKey, make_code, make_tokens
from plugins.auth_esia.stand.personas import PASSWORD, Persona, personas
from plugins.auth_esia.stand.store import Shelf, StandStore

REQUEST_LIFETIME = 600
SESSION_LIFETIME = 10800
CONSENT_LIFETIME = 366 * 24 * 3600

Value = TypeVar("Value", bound=msgspec.Struct)


class StandOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How the stand behaves. `address` is where browsers find it, without a final slash."""

    address: str
    issuer: str
    pkce_required: bool = False
    code_lifetime: float = 180
    slow_seconds: float = 12
    """How long the slow fault lasts: more than the client's patience of 10 s."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A person signed in on the stand."""

    oid: int
    session_id: str
    signed_in_at: int
    fault: Fault = ""


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What a code or an access token stands for."""

    request: AuthorizationRequest
    session: Session


class Consent(msgspec.Struct, frozen=True):
    """The data sets that a person allowed a system to have."""

    scopes: list[str]


class Permitted(msgspec.Struct, frozen=True):
    """A system that somebody allowed to have data."""

    client: Client
    scopes: list[str]


class Step(msgspec.Struct, frozen=True):
    """Where the browser goes next, with a new stand session if one was just opened."""

    address: str
    session_key: str | None = None


class RestAnswer(msgspec.Struct, frozen=True):
    """An answer to the portal's server: JSON unless `text` is set."""

    status: int
    body: dict[str, Any] = {}
    text: str | None = None


class WrongPasswordError(Exception):
    """Nobody has this login and password together."""


class RequestLostError(Exception):
    """The sign-in under way was finished, or took longer than ten minutes."""


class Stand:
    """One stand with its clients and people."""

    def __init__(
        self,
        options: StandOptions,
        *,
        clients: Sequence[Client],
        key: TokenKey,
        store: StandStore,
        people: Sequence[Persona] | None = None,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.options = options
        self.people = tuple(people if people is not None else personas())
        self._clients = tuple(clients)
        self._key = key
        self._store = store
        self._clock = clock
        self._pause = pause

    # Browser side

    def authorize(self, query: bytes, session_key: str | None, protocol: Protocol = "v2") -> Step:
        """Begin a sign-in. Raises RefusedError while it is not certain where an error may be sent to."""
        parameters = Parameters(query)
        client, redirect_uri = addressee(parameters, self._clients)
        try:
            request = authorization_request(parameters, client, redirect_uri, self._clock(), protocol)
            if self.options.pkce_required and protocol == "v2" and request.code_challenge is None:
                raise RefusedError("invalid_request", "007039", "code_challenge is missing")
        except RefusedError as refusal:
            states = [value for name, value in parameters.pairs if name == "state"]
            return Step(_error_address(redirect_uri, refusal, states[0] if len(states) == 1 else ""))
        request_id = secrets.token_urlsafe(24)
        self._put("request", request_id, request, REQUEST_LIFETIME)
        session = self.session(session_key)
        if session:
            return self._proceed(request_id, request, session)
        return Step(self._page("/login", request_id))

    def asked(self, request_id: str) -> tuple[AuthorizationRequest, Client]:
        """The sign-in under way; raises RequestLostError."""
        request = self._get("request", request_id, AuthorizationRequest)
        if request is None:
            raise RequestLostError
        client = next(client for client in self._clients if client.client_id == request.client_id)
        return request, client

    def sign_in(self, request_id: str, login: str, password: str, fault: Fault = "") -> Step:
        """Check login and password; raises WrongPasswordError, RequestLostError."""
        persona = registry.find_by_login(self.people, login)
        if persona is None or not secrets.compare_digest(password.encode(), PASSWORD.encode()):
            raise WrongPasswordError
        return self._open_session(request_id, persona, fault)

    def sign_in_as(self, request_id: str, key: str, fault: Fault = "") -> Step:
        """Sign in by a click on a persona; raises WrongPasswordError for an unknown one, RequestLostError."""
        persona = next((persona for persona in self.people if persona.key == key), None)
        if persona is None:
            raise WrongPasswordError
        return self._open_session(request_id, persona, fault)

    def cancel(self, request_id: str, code: str) -> Step:
        """Go back without a sign-in: 007004 when the person left, 007019 when they refused the data."""
        request = self._take_request(request_id)
        why = "access_denied: the user refused the consent" if code == "007019" else "the user cancelled"
        return Step(
            _error_address(request.redirect_uri, RefusedError("access_denied", code, why), request.state)
        )

    def allow(self, request_id: str, session_key: str | None) -> Step:
        """Remember the consent and go on; without a session the sign-in page comes again."""
        request, _ = self.asked(request_id)
        session = self.session(session_key)
        if session is None:
            return Step(self._page("/login", request_id))
        scopes = {*self._consented(request, session), *request.scope.split(" ")}
        key = f"{request.client_id}:{session.oid}"
        self._put("consent", key, Consent(sorted(scopes)), CONSENT_LIFETIME)
        return self._proceed(request_id, request, session)

    def consents(self, session: Session) -> list[Permitted]:
        """What the person of this session has allowed, and to whom."""
        found: list[Permitted] = []
        for client in self._clients:
            consent = self._get("consent", f"{client.client_id}:{session.oid}", Consent)
            if consent:
                found.append(Permitted(client, consent.scopes))
        return found

    def revoke(self, session: Session, client_id: str) -> None:
        """Take the consent back: the next sign-in asks anew, whoever holds a token gets no more data."""
        self._store.take("consent", f"{client_id}:{session.oid}")

    def session(self, session_key: str | None) -> Session | None:
        """The session of this cookie."""
        return self._get("session", _fingerprint(session_key), Session) if session_key else None

    def persona_of(self, session: Session) -> Persona | None:
        return next((persona for persona in self.people if persona.oid == session.oid), None)

    def log_out(self, query: bytes, session_key: str | None) -> str | None:
        """End the session; the address to return to, if it is a registered one."""
        if session_key:
            self._store.take("session", _fingerprint(session_key))
        try:
            parameters = Parameters(query)
            client_id = parameters.one("client_id")
            address = parameters.optional("redirect_url")
        except RefusedError:
            return None
        for client in self._clients:
            if client.client_id == client_id and address and client.may_return_to(address):
                return address
        return None

    # Server side

    def exchange(self, form: bytes, protocol: Protocol = "v2") -> RestAnswer:
        """`/aas/oauth2/v3/te`, and `/aas/oauth2/te` of v1: tokens for a code."""
        state = ""
        try:
            parameters = Parameters(form)
            state = next((value for name, value in parameters.pairs if name == "state"), "")
            request = token_request(parameters, self._clients, self._clock(), protocol)
            grant = self._take("code", _fingerprint(request.code), Grant)
            if grant is None:
                raise RefusedError("invalid_grant", "007011", "the code is unknown, used or expired")
            check_grant(request, grant.request)
        except RefusedError as refusal:
            body = {"error": refusal.error, "error_description": refusal.description, "state": state}
            return RestAnswer(400, body)
        fault = grant.session.fault
        if fault == "slow":
            self._pause(self.options.slow_seconds)
        if fault == "token_500":
            return RestAnswer(503, text="<html><body>Service Unavailable</body></html>")
        if fault == "token_html":
            return RestAnswer(200, text="<html><body>На портале ведутся работы</body></html>")
        persona = self.persona_of(grant.session)
        if persona is None:
            return RestAnswer(400, {"error": "invalid_grant", "error_description": "ESIA-007011: no account"})
        access_token, id_token = make_tokens(
            persona,
            grant.request,
            session_id=grant.session.session_id,
            signed_in_at=grant.session.signed_in_at,
            issuer=self.options.issuer,
            now=self._clock(),
            key=self._key,
            fault=fault,
        )
        self._put("token", _fingerprint(access_token), grant, ACCESS_LIFETIME)
        return RestAnswer(
            200,
            {
                "access_token": access_token,
                "id_token": id_token,
                "token_type": "Bearer",
                "expires_in": ACCESS_LIFETIME,
                "state": str(uuid.uuid4()) if fault == "state_mismatch" else request.state,
            },
        )

    def read(self, oid: int, path: str, authorization: str, *, embedded: bool) -> RestAnswer:
        """`/rs/prns/{oid}` and what lies under it; `path` is empty, `ctts`, `ctts/5`…"""
        scheme, _, token = authorization.partition(" ")
        grant = self._get("token", _fingerprint(token), Grant) if scheme == "Bearer" and token else None
        if grant is None:
            return RestAnswer(401, {"code": "ESIA-005010", "message": "The access token is not valid."})
        persona = self.persona_of(grant.session)
        if persona is None or oid != grant.session.oid:
            return RestAnswer(403, {"code": "ESIA-005011", "message": "The token is for another person."})
        if not self._consented(grant.request, grant.session):
            return RestAnswer(403, {"code": "ESIA-005012", "message": "The consent was revoked."})
        scopes = frozenset(grant.request.scope.split(" "))
        if grant.session.fault == ("collections_500" if path else "profile_500"):
            return RestAnswer(500, text="Internal Server Error")
        if not path:
            return RestAnswer(200, registry.person(persona, scopes))
        name, _, number = path.partition("/")
        return self._read_collection(persona, scopes, name, number, embedded=embedded)

    def _read_collection(
        self, persona: Persona, scopes: frozenset[str], name: str, number: str, *, embedded: bool
    ) -> RestAnswer:
        if name == "roles" and "usr_org" in scopes and not number:
            return RestAnswer(200, registry.collection(registry.roles(persona)))
        if name == "ctts" and scopes & {"email", "mobile", "contacts"}:
            elements = registry.contacts(persona, scopes)
        elif name == "kids" and "kid_fullname" in scopes:
            elements = registry.kids(persona, scopes)
        elif name == "docs" and "birth_cert_doc" in scopes:
            elements = registry.documents(persona)
        elif name in ("ctts", "kids", "roles", "docs"):
            return RestAnswer(403, {"code": "ESIA-005012", "message": f"No scope for {name}."})
        else:
            return RestAnswer(404, {"code": "ESIA-005004", "message": "There is no such collection."})
        if number:
            one = next((element for element in elements if str(element["id"]) == number), None)
            return (
                RestAnswer(200, one) if one else RestAnswer(404, {"code": "ESIA-005004", "message": "None."})
            )
        if embedded:
            return RestAnswer(200, registry.collection(elements))
        root = f"{self.options.address}/rs/prns/{persona.oid}/{name}"
        return RestAnswer(200, registry.collection([f"{root}/{element['id']}" for element in elements]))

    # Within

    def _open_session(self, request_id: str, persona: Persona, fault: Fault) -> Step:
        request, _ = self.asked(request_id)
        session = Session(
            oid=persona.oid,
            session_id=str(uuid.uuid4()),
            signed_in_at=int(self._clock()),
            fault=fault,
        )
        session_key = secrets.token_urlsafe(32)
        self._put("session", _fingerprint(session_key), session, SESSION_LIFETIME)
        return Step(self._proceed(request_id, request, session).address, session_key)

    def _proceed(self, request_id: str, request: AuthorizationRequest, session: Session) -> Step:
        """Consent when it is missing, else the code."""
        refusals: dict[Fault, RefusedError] = {
            "unconfirmed_refused": RefusedError("access_denied", "007055", "the account is not confirmed"),
            "overload": RefusedError("temporarily_unavailable", "007007", "the service is overloaded"),
        }
        if session.fault in refusals:
            self._take_request(request_id)
            return Step(_error_address(request.redirect_uri, refusals[session.fault], request.state))
        if not set(request.scope.split(" ")) <= self._consented(request, session):
            return Step(self._page("/consent", request_id))
        self._take_request(request_id)
        code = make_code(request, self._key)
        grant = Grant(request=request, session=session)
        self._put("code", _fingerprint(code), grant, self.options.code_lifetime)
        return Step(_with_query(request.redirect_uri, {"code": code, "state": request.state}))

    def _consented(self, request: AuthorizationRequest, session: Session) -> set[str]:
        consent = self._get("consent", f"{request.client_id}:{session.oid}", Consent)
        return set(consent.scopes) if consent else set()

    def _take_request(self, request_id: str) -> AuthorizationRequest:
        request = self._take("request", request_id, AuthorizationRequest)
        if request is None:
            raise RequestLostError
        return request

    def _page(self, path: str, request_id: str) -> str:
        return _with_query(self.options.address + path, {"request": request_id})

    def _put(self, shelf: Shelf, key: str, value: msgspec.Struct, lifetime: float) -> None:
        self._store.put(shelf, key, msgspec.json.encode(value), lifetime=lifetime)

    def _get(self, shelf: Shelf, key: str, kind: type[Value]) -> Value | None:
        value = self._store.get(shelf, key)
        return msgspec.json.decode(value, type=kind) if value is not None else None

    def _take(self, shelf: Shelf, key: str, kind: type[Value]) -> Value | None:
        value = self._store.take(shelf, key)
        return msgspec.json.decode(value, type=kind) if value is not None else None


def _fingerprint(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _with_query(address: str, parameters: dict[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(parameters)}"


def _error_address(redirect_uri: str, refusal: RefusedError, state: str) -> str:
    parameters = {"error": refusal.error, "error_description": refusal.description, "state": state}
    return _with_query(redirect_uri, parameters)
