"""The stand's own reading of the protocol: what a request must look like, and the code when it doesn't.

Written apart from the portal's client on purpose: a mistake of the one must not be repeated by the other.
"""

from __future__ import annotations

import binascii
import re
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

import msgspec

from plugins.auth_esia.gost import GostCertificate
from plugins.auth_esia.stand.detached import check_detached

Protocol = Literal["v2", "v1"]
"""`v2` – v2/ac and v3/te, a raw signature; `v1` – ac and te, PKCS#7."""
TIMESTAMP_TOLERANCE_SECONDS = 300
_TIMESTAMP = re.compile(r"\d{4}\.\d\d\.\d\d \d\d:\d\d:\d\d [+-]\d{4}")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")

SCOPES: dict[str, str] = {
    "openid": "Вход через вашу учётную запись",
    "fullname": "Фамилия, имя и отчество",
    "birthdate": "Дата рождения",
    "gender": "Пол",
    "snils": "СНИЛС",
    "email": "Адрес электронной почты",
    "mobile": "Номер мобильного телефона",
    "contacts": "Контакты",
    "usr_org": "Список организаций, где вы работаете",
    "kid_fullname": "ФИО ваших детей",
    "kid_birthdate": "Даты рождения детей",
    "kid_gender": "Пол детей",
    "kid_snils": "СНИЛС детей",
    "kid_birth_cert_doc": "Свидетельства о рождении детей",
    "birth_cert_doc": "Свидетельство о рождении",
}
"""The data sets that the stand has, as its consent page names them."""

_AUTHORIZATION_REQUIRED = (
    "client_secret",
    "client_certificate_hash",
    "scope",
    "response_type",
    "state",
    "timestamp",
    "access_type",
)
_AUTHORIZATION_OPTIONAL = ("code_challenge", "code_challenge_method")
_TOKEN_REQUIRED = (
    "client_id",
    "code",
    "grant_type",
    "client_secret",
    "client_certificate_hash",
    "state",
    "redirect_uri",
    "scope",
    "timestamp",
    "token_type",
)
_TOKEN_OPTIONAL = ("code_verifier",)


class Client(msgspec.Struct, frozen=True):
    """A system registered on the stand. `return_addresses` are beginnings of allowed redirect addresses."""

    client_id: str
    title: str
    certificate: GostCertificate
    return_addresses: tuple[str, ...]

    def may_return_to(self, address: str) -> bool:
        """Whether scheme, host and port are the registered ones and the path begins as registered."""
        asked = urlsplit(address)
        for registered in map(urlsplit, self.return_addresses):
            same_origin = (asked.scheme, asked.netloc) == (registered.scheme, registered.netloc)
            if same_origin and asked.path.startswith(registered.path or "/") and not asked.fragment:
                return True
        return False


class RefusedError(Exception):
    """A request that breaks the protocol. `code` is ESIA's six digits, `why` says it to a developer."""

    def __init__(self, error: str, code: str, why: str) -> None:
        super().__init__(f"ESIA-{code}: {why}")
        self.error = error
        self.code = code
        self.description = f"ESIA-{code}: {why}"


class AuthorizationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A checked request of a code, as long as the person signs in."""

    client_id: str
    redirect_uri: str
    scope: str
    state: str
    code_challenge: str | None
    protocol: Protocol = "v2"


class TokenRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A token request whose sender is proven; the code is not looked at yet."""

    client_id: str
    redirect_uri: str
    scope: str
    state: str
    code: str
    code_verifier: str | None
    protocol: Protocol = "v2"


class Parameters:
    """Decoded parameters of a query or a form, which know of doublets."""

    def __init__(self, raw: bytes) -> None:
        try:
            self.pairs = parse_qsl(
                raw.decode("ascii"),
                keep_blank_values=True,
                strict_parsing=bool(raw),
                errors="strict",
                max_num_fields=60,
            )
        except ValueError as problem:
            raise RefusedError("invalid_request", "007038", "the parameters cannot be read") from problem

    def one(self, name: str) -> str:
        """The only value of `name`; refuses its absence and doublets."""
        values = [value for key, value in self.pairs if key == name]
        if not values or not values[0]:
            raise RefusedError("invalid_request", "007014", f"the parameter {name} is missing")
        if len(values) > 1:
            raise RefusedError("invalid_request", "007003", f"the parameter {name} is doubled")
        return values[0]

    def optional(self, name: str) -> str | None:
        return self.one(name) if any(key == name for key, _ in self.pairs) else None

    def check_names(self, required: Sequence[str], optional: Sequence[str]) -> None:
        """Refuse what the protocol does not know, then what is missing or doubled."""
        for name, _ in self.pairs:
            if name not in required and name not in optional:
                raise RefusedError("invalid_request", "007003", f"the parameter {name[:40]!r} is unknown")
        if not any(name == "scope" for name, _ in self.pairs):
            raise RefusedError("invalid_scope", "007013", "the parameter scope is missing")
        for name in required:
            self.one(name)


def addressee(parameters: Parameters, clients: Sequence[Client]) -> tuple[Client, str]:
    """Who asks and where the answer goes. Until both are certain, errors stay on the stand's own page."""
    client_id = parameters.one("client_id")
    client = next((known for known in clients if known.client_id == client_id), None)
    if client is None:
        raise RefusedError("unauthorized_client", "008010", "the mnemonic is unknown")
    redirect_uri = parameters.one("redirect_uri")
    if not client.may_return_to(redirect_uri):
        raise RefusedError("invalid_request", "007023", "the redirect_uri is not registered")
    return client, redirect_uri


def authorization_request(
    parameters: Parameters, client: Client, redirect_uri: str, now: float, protocol: Protocol = "v2"
) -> AuthorizationRequest:
    """Check a request to `/aas/oauth2/v2/ac`, or to `/aas/oauth2/ac` of v1; raises RefusedError."""
    parameters.check_names(
        ("client_id", "redirect_uri", *_names_of(protocol, _AUTHORIZATION_REQUIRED)),
        _AUTHORIZATION_OPTIONAL if protocol == "v2" else (),
    )
    if parameters.one("response_type") != "code":
        raise RefusedError("unsupported_response_type", "007012", "response_type is not code")
    if parameters.one("access_type") != "online":
        raise RefusedError(
            "invalid_request", "007003", "the stand gives no refresh tokens: access_type=online"
        )
    scope = _scope(parameters)
    state = _state(parameters)
    timestamp = _timestamp(parameters, now)
    _check_sender(
        parameters, client, protocol, scope=scope, timestamp=timestamp, state=state, rest=[redirect_uri]
    )
    challenge = parameters.optional("code_challenge")
    method = parameters.optional("code_challenge_method")
    if (challenge is None) != (method is None):
        raise RefusedError("invalid_request", "007039", "code_challenge and its method belong together")
    if challenge is not None and (method != "S256" or not _CHALLENGE.fullmatch(challenge)):
        raise RefusedError("invalid_request", "007039", "code_challenge is not S256")
    return AuthorizationRequest(
        client_id=client.client_id,
        redirect_uri=redirect_uri,
        scope=scope,
        state=state,
        code_challenge=challenge,
        protocol=protocol,
    )


def token_request(
    parameters: Parameters, clients: Sequence[Client], now: float, protocol: Protocol = "v2"
) -> TokenRequest:
    """Check a request to `/aas/oauth2/v3/te`, or to `/aas/oauth2/te` of v1, but for its code.

    Raises RefusedError.
    """
    parameters.check_names(_names_of(protocol, _TOKEN_REQUIRED), _TOKEN_OPTIONAL if protocol == "v2" else ())
    client, redirect_uri = addressee(parameters, clients)
    if parameters.one("grant_type") != "authorization_code":
        raise RefusedError("unsupported_grant_type", "007009", "grant_type is not authorization_code")
    if parameters.one("token_type") != "Bearer":
        raise RefusedError("invalid_request", "007003", "token_type is not Bearer")
    scope = _scope(parameters)
    state = _state(parameters)
    timestamp = _timestamp(parameters, now)
    code = parameters.one("code")
    _check_sender(
        parameters, client, protocol, scope=scope, timestamp=timestamp, state=state, rest=[redirect_uri, code]
    )
    return TokenRequest(
        client_id=client.client_id,
        redirect_uri=redirect_uri,
        scope=scope,
        state=state,
        code=code,
        code_verifier=parameters.optional("code_verifier"),
        protocol=protocol,
    )


def check_grant(request: TokenRequest, granted: AuthorizationRequest) -> None:
    """Whether the token request continues the authorization that the code stands for; raises RefusedError."""
    if request.client_id != granted.client_id:
        raise RefusedError("invalid_grant", "007011", "the code was given to another client")
    if request.protocol != granted.protocol:
        raise RefusedError("invalid_grant", "007011", "the code is of another generation of the protocol")
    if request.redirect_uri != granted.redirect_uri:
        raise RefusedError("invalid_grant", "007003", "redirect_uri differs from that of the authorization")
    if request.scope != granted.scope:
        raise RefusedError("invalid_scope", "007006", "scope differs from that of the authorization")
    if granted.code_challenge is None:
        if request.code_verifier is not None:
            raise RefusedError("invalid_grant", "007040", "code_verifier without a code_challenge")
        return
    if request.code_verifier is None:
        raise RefusedError("invalid_grant", "007039", "code_verifier is missing")
    digest = sha256(request.code_verifier.encode("utf-8")).digest()
    computed = urlsafe_b64encode(digest).rstrip(b"=").decode()
    if not _VERIFIER.fullmatch(request.code_verifier) or computed != granted.code_challenge:
        raise RefusedError("invalid_grant", "007040", "code_verifier does not fit the code_challenge")


def _scope(parameters: Parameters) -> str:
    scope = parameters.one("scope")
    names = scope.split(" ")
    unknown = [name for name in names if name not in SCOPES]
    if unknown or len(set(names)) != len(names):
        raise RefusedError("invalid_scope", "007006", "scope has unknown or doubled names")
    if "openid" not in names:
        raise RefusedError("invalid_scope", "007013", "scope lacks openid")
    return scope


def _state(parameters: Parameters) -> str:
    state = parameters.one("state")
    try:
        if str(uuid.UUID(state)) == state:
            return state
    except ValueError:
        pass
    raise RefusedError("invalid_request", "007038", "state is not a UUID in text form")


def _timestamp(parameters: Parameters, now: float) -> str:
    timestamp = parameters.one("timestamp")
    if not _TIMESTAMP.fullmatch(timestamp):
        raise RefusedError("invalid_request", "007038", "timestamp is not yyyy.MM.dd HH:mm:ss Z")
    try:
        moment = datetime.strptime(timestamp, "%Y.%m.%d %H:%M:%S %z")
    except ValueError as problem:
        raise RefusedError("invalid_request", "007038", "timestamp is no time") from problem
    if abs(moment.timestamp() - now) > TIMESTAMP_TOLERANCE_SECONDS:
        raise RefusedError("invalid_request", "007015", "timestamp is too far from the present")
    return timestamp


def _names_of(protocol: Protocol, names: Sequence[str]) -> Sequence[str]:
    """v1 names no certificate: it stands in the signature."""
    return [name for name in names if protocol == "v2" or name != "client_certificate_hash"]


def _check_sender(
    parameters: Parameters,
    client: Client,
    protocol: Protocol,
    *,
    scope: str,
    timestamp: str,
    state: str,
    rest: Sequence[str],
) -> None:
    """Whether the client signed these values, in the order and form of the protocol."""
    if protocol == "v1":
        _check_detached(parameters, client, "".join([scope, timestamp, client.client_id, state]))
        return
    _check_certificate(parameters, client)
    _check_signature(parameters, client, [client.client_id, scope, timestamp, state, *rest])


def _check_detached(parameters: Parameters, client: Client, message: str) -> None:
    secret = parameters.one("client_secret").rstrip("=")
    try:
        if not re.fullmatch(r"[A-Za-z0-9_-]{100,20000}", secret):
            raise ValueError("not base64url of a PKCS#7 signature")
        signature = urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
        check_detached(signature, message.encode("utf-8"), client.certificate)
    except ValueError as problem:
        raise RefusedError("access_denied", "007053", f"client_secret: {problem}") from problem


def _check_certificate(parameters: Parameters, client: Client) -> None:
    if parameters.one("client_certificate_hash") != client.certificate.client_certificate_hash:
        raise RefusedError("access_denied", "007053", "client_certificate_hash is of another certificate")


def _check_signature(parameters: Parameters, client: Client, values: Sequence[str]) -> None:
    secret = parameters.one("client_secret").rstrip("=")
    try:
        if not re.fullmatch(r"[A-Za-z0-9_-]{86}", secret):
            raise ValueError("not 64 bytes in base64url")
        signature = urlsafe_b64decode(secret + "==")
    except (ValueError, binascii.Error) as problem:
        raise RefusedError(
            "access_denied", "007053", "client_secret is not 64 bytes in base64url"
        ) from problem
    if not client.certificate.public_key.verify("".join(values).encode("utf-8"), signature):
        raise RefusedError("access_denied", "007053", "client_secret is not a signature of this request")
