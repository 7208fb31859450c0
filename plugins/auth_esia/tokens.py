"""Checks the tokens that ESIA gives.

The one allowed algorithm comes from the settings, never from the token. Any certificate of the trusted ones
may have signed, because ESIA replaces its own about once a year and both are in use for a while.
"""

from __future__ import annotations

import binascii
import errno
import json
import os
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.registry import HeaderParameter

from plugins.auth_esia.errors import EsiaError
from plugins.auth_esia.gost import GostKeyError, read_certificate
from plugins.auth_esia.settings import TokenAlgorithm
from plugins.auth_esia.signing import GostVerifier, Verifier

LEEWAY_SECONDS = 60
_LARGEST_TOKEN = 32_000
_HEADERS = {
    "ver": HeaderParameter("version of the token", "int"),
    "sbt": HeaderParameter("kind of the token", "str"),
}
_COMPACT_PART = re.compile(rb"[A-Za-z0-9_-]+")
_PEM_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
_CERTIFICATE_FILES = (".pem", ".cer", ".crt", ".der")


class Identity(msgspec.Struct, frozen=True):
    """Who signed in, as both tokens agree."""

    issuer: str
    oid: int
    level: str
    """`PR` confirmed, `KD` a child's account, `P` unconfirmed; another value is treated as unconfirmed."""
    session_id: str
    """ESIA's own session."""


class RsaVerifier:
    """RS256 by joserfc."""

    def __init__(self, key: RSAPublicKey) -> None:
        pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self._key = RSAKey.import_key(pem)
        self._registry = jws.JWSRegistry(
            header_registry=_HEADERS, algorithms=["RS256"], strict_check_header=False
        )

    def verify(self, message: bytes, signature: bytes) -> bool:
        token = (
            message
            + b"."
            + binascii.b2a_base64(signature, newline=False).translate(bytes.maketrans(b"+/", b"-_"), b"=")
        )
        try:
            jws.deserialize_compact(token.decode(), self._key, registry=self._registry)
        except (JoseError, ValueError):
            return False
        return True


class TrustedCertificates:
    """The certificates of ESIA that tokens are checked against; files are re-read when they change.

    `paths` name PEM files or folders of them; a file may hold several certificates.
    """

    def __init__(self, algorithm: TokenAlgorithm, paths: Iterable[Path]) -> None:
        self.algorithm: TokenAlgorithm = algorithm
        self._paths = tuple(paths)
        self._stamp: tuple[tuple[str, int, int], ...] | None = None
        self._verifiers: tuple[Verifier, ...] = ()

    def verifiers(self) -> tuple[Verifier, ...]:
        """The keys in force; raises EsiaError `keys` when there is not one usable certificate."""
        files = self.files()
        stamp = tuple((str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in files)
        if stamp != self._stamp:
            self._verifiers = tuple(self._read(files))
            self._stamp = stamp
        if not self._verifiers:
            raise EsiaError("keys", f"no usable {self.algorithm} certificate among the trusted ones")
        return self._verifiers

    def files(self) -> list[Path]:
        """The files there are now; raises EsiaError `keys` when a named one is missing."""
        found: list[Path] = []
        for path in self._paths:
            if path.is_dir():
                found += sorted(file for file in path.iterdir() if file.suffix.lower() in _CERTIFICATE_FILES)
            elif path.is_file():
                found.append(path)
            else:
                lost = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
                raise EsiaError("keys", f"trusted certificate {path.name} does not exist") from lost
        return found

    def _read(self, files: Sequence[Path]) -> Iterable[Verifier]:
        for file in files:
            for certificate in certificates_in(file):
                verifier = verifier_of(self.algorithm, certificate)
                if verifier:
                    yield verifier


def certificates_in(file: Path) -> list[bytes]:
    """The DER certificates of a file, which holds one in DER or any number in PEM."""
    content = file.read_bytes()
    blocks = _PEM_BLOCK.findall(content)
    if not blocks:
        return [content] if content[:1] == b"\x30" else []
    found: list[bytes] = []
    for block in blocks:
        with suppress(binascii.Error):
            found.append(binascii.a2b_base64(b"".join(block.split())))
    return found


def verifier_of(algorithm: str, certificate: bytes) -> Verifier | None:
    """A verifier of this algorithm, or None for a certificate with another kind of key."""
    if algorithm == "GOST3410_2012_256":
        try:
            return GostVerifier(read_certificate(certificate).public_key)
        except GostKeyError:
            return None
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
    return RsaVerifier(key) if isinstance(key, RSAPublicKey) and key.key_size >= 2048 else None


def identify(
    access_token: str,
    id_token: str,
    *,
    trusted: TrustedCertificates,
    issuer: str,
    client_id: str,
    now: float,
) -> Identity:
    """Check both tokens and tell who signed in.

    `now` is in seconds since the epoch. Raises EsiaError: `bad-token` for any doubt about the tokens,
    `clock` when they are not valid yet, `not-a-person` for an organization's account.
    """
    access = _claims(access_token, "access", trusted)
    identity = _claims(id_token, "id", trusted)
    for claims in (access, identity):
        if claims.get("iss") != issuer:
            raise EsiaError("bad-token", "another issuer")
        check_times(claims, now)
    if access.get("client_id") != client_id:
        raise EsiaError("bad-token", "the access token is for another client")
    if identity.get("aud") != client_id:
        raise EsiaError("bad-token", "the id token is for another client")
    subject = identity.get("urn:esia:sbj")
    if not isinstance(subject, dict):
        raise EsiaError("bad-token", "the id token has no subject")
    subject = cast("dict[str, Any]", subject)
    oid = _number(subject.get("urn:esia:sbj:oid"))
    if oid is None or not oid == _number(identity.get("sub")) == _number(access.get("urn:esia:sbj_id")):
        raise EsiaError("bad-token", "the tokens are about different people")
    if access.get("urn:esia:sid") != identity.get("urn:esia:sid"):
        raise EsiaError("bad-token", "the tokens are of different sessions")
    if subject.get("urn:esia:sbj:typ") != "P":
        raise EsiaError("not-a-person", "the subject is not a natural person")
    level = subject.get("urn:esia:sbj:lvl")
    if not isinstance(level, str):
        level = "PR" if subject.get("urn:esia:sbj:is_tru") is True else "P"
    return Identity(issuer, oid, level, str(identity.get("urn:esia:sid") or ""))


def _claims(token: str, kind: str, trusted: TrustedCertificates) -> dict[str, Any]:
    """The claims of a token with a good signature; raises EsiaError `bad-token`."""
    parts = token.encode("ascii", errors="replace").split(b".")
    if len(token) > _LARGEST_TOKEN or len(parts) != 3 or not all(map(_COMPACT_PART.fullmatch, parts)):
        raise EsiaError("bad-token", f"the {kind} token is not a signed JWT")
    header, claims = _json(parts[0]), _json(parts[1])
    if header.get("alg") != trusted.algorithm:
        raise EsiaError("bad-token", f"the {kind} token is signed by another algorithm than configured")
    if "crit" in header or "b64" in header:
        raise EsiaError("bad-token", f"the {kind} token has unknown critical headers")
    if header.get("sbt") != kind:
        raise EsiaError("bad-token", f"the {kind} token is of another kind")
    message, signature = parts[0] + b"." + parts[1], _base64(parts[2])
    if not any(verifier.verify(message, signature) for verifier in trusted.verifiers()):
        raise EsiaError("bad-token", f"the signature of the {kind} token is wrong")
    return claims


def _base64(part: bytes) -> bytes:
    try:
        return urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    except (binascii.Error, ValueError) as problem:
        raise EsiaError("bad-token", "a token is not base64url") from problem


def _json(part: bytes) -> dict[str, Any]:
    try:
        value = json.loads(_base64(part))
    except (ValueError, RecursionError) as problem:
        raise EsiaError("bad-token", "a token holds no JSON") from problem
    if not isinstance(value, dict):
        raise EsiaError("bad-token", "a token holds no JSON object")
    return cast("dict[str, Any]", value)


def _number(value: object) -> int | None:
    """A whole number, also when it comes as text; None for anything else, true and false included."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def check_times(claims: dict[str, Any], now: float) -> None:
    """Whether a token is in force, give or take a minute; raises EsiaError `bad-token`, `clock`."""
    expires, issued = _number(claims.get("exp")), _number(claims.get("iat"))
    if expires is None or issued is None:
        raise EsiaError("bad-token", "a token tells no times")
    not_before = _number(claims.get("nbf")) if "nbf" in claims else issued
    if not_before is None:
        raise EsiaError("bad-token", "a token tells no times")
    if max(issued, not_before) > now + LEEWAY_SECONDS:
        raise EsiaError("clock", f"a token becomes valid in {max(issued, not_before) - now:.0f} s")
    if expires < now - LEEWAY_SECONDS:
        raise EsiaError("clock", f"a token expired {now - expires:.0f} s ago")
