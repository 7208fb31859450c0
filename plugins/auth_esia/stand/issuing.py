"""Keys of the stand and the tokens it gives, good ones and, on request, forged ones."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from plugins.auth_esia import gost
from plugins.auth_esia.stand.checks import AuthorizationRequest
from plugins.auth_esia.stand.faults import Fault
from plugins.auth_esia.stand.personas import Persona

ACCESS_LIFETIME = 3600
ID_LIFETIME = 10800
_CODE_FILLING = 480
"""Random bytes that make codes as long as the real ones, 800 characters and more."""


class TokenKey(Protocol):
    """Signs tokens by one algorithm."""

    algorithm: str

    def sign(self, message: bytes) -> bytes: ...

    def public_bytes(self) -> bytes:
        """What a careless client might take for an HMAC key."""
        ...

    def to_pem(self) -> str:
        """Private key and certificate, for the stand's own file."""
        ...

    def certificate_pem(self) -> str: ...


class RsaTokenKey:
    """RS256."""

    algorithm = "RS256"

    def __init__(self, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self._certificate = certificate

    @classmethod
    def generate(cls, name: str) -> RsaTokenKey:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=3650))
            .sign(key, hashes.SHA256())
        )
        return cls(key, certificate)

    @classmethod
    def from_pem(cls, pem: str) -> RsaTokenKey:
        """Raises ValueError for anything but an RSA key with its certificate."""
        key = load_pem_private_key(pem.encode(), None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError("not an RSA key")
        return cls(key, x509.load_pem_x509_certificate(pem.encode()))

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    def public_bytes(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def to_pem(self) -> str:
        key = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return key.decode() + self.certificate_pem()

    def certificate_pem(self) -> str:
        return self._certificate.public_bytes(Encoding.PEM).decode()


class GostTokenKey:
    """GOST3410_2012_256."""

    algorithm = "GOST3410_2012_256"

    def __init__(self, key: gost.GostPrivateKey, certificate: gost.GostCertificate) -> None:
        self._key = key
        self._certificate = certificate

    @classmethod
    def generate(cls, name: str) -> GostTokenKey:
        key = gost.generate_key()
        return cls(key, gost.self_signed_certificate(key, name))

    @classmethod
    def from_pem(cls, pem: str) -> GostTokenKey:
        """Raises GostKeyError for anything but a GOST key with its certificate."""
        return cls(gost.load_private_key(pem), gost.load_certificate(pem))

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)

    def public_bytes(self) -> bytes:
        return self._certificate.der_bytes

    def to_pem(self) -> str:
        return self._key.to_pem() + self._certificate.to_pem()

    def certificate_pem(self) -> str:
        return self._certificate.to_pem()


def encode(header: dict[str, Any], claims: dict[str, Any], key: TokenKey, fault: Fault = "") -> str:
    """A compact JWT, signed, or forged in the way the fault says."""
    algorithm = {"alg_none": "none", "alg_hs256": "HS256"}.get(fault, key.algorithm)
    parts = [_base64(msgspec.json.encode({**header, "alg": algorithm})), _base64(msgspec.json.encode(claims))]
    message = ".".join(parts).encode()
    if fault == "alg_none":
        signature = b""
    elif fault == "alg_hs256":
        signature = hmac.digest(key.public_bytes(), message, "sha256")
    else:
        signature = key.sign(message)
    if fault == "bad_signature":
        signature = bytes([signature[0] ^ 1]) + signature[1:]
    return ".".join([*parts, _base64(signature)])


def make_code(request: AuthorizationRequest, key: TokenKey) -> str:
    """A code as long and as JWT-like as the real one; it means nothing by itself."""
    header = {"ver": 1, "typ": "JWT", "sbt": "authorization_code"}
    claims = {"client_id": request.client_id, "jti": _base64(secrets.token_bytes(_CODE_FILLING))}
    return encode(header, claims, key)


def make_tokens(
    persona: Persona,
    request: AuthorizationRequest,
    *,
    session_id: str,
    signed_in_at: int,
    issuer: str,
    now: float,
    key: TokenKey,
    fault: Fault = "",
) -> tuple[str, str]:
    """Access token and id token of a person."""
    issued = int(now) + {"clock_ahead": 600, "expired": -2 * ID_LIFETIME}.get(fault, 0)
    common = {
        "iss": "http://esia.example.org/" if fault == "wrong_issuer" else issuer,
        "nbf": issued,
        "iat": issued,
        "urn:esia:sid": session_id,
    }
    client_id = "ANOTHER" if fault == "wrong_audience" else request.client_id
    scope = " ".join(
        name if name == "openid" else f"{name}?oid={persona.oid}" for name in request.scope.split(" ")
    )
    access = {
        **common,
        "exp": issued + ACCESS_LIFETIME,
        "scope": scope,
        "client_id": client_id,
        "urn:esia:sbj_id": persona.oid + 1 if fault == "other_person" else persona.oid,
    }
    subject: dict[str, Any] = {
        "urn:esia:sbj:oid": persona.oid,
        "urn:esia:sbj:nam": f"OID.{persona.oid}",
        "urn:esia:sbj:typ": "O" if fault == "organization" else "P",
        "urn:esia:sbj:lvl": persona.level,
    }
    if persona.level == "PR":
        subject["urn:esia:sbj:is_tru"] = True
    identity = {
        **common,
        "exp": issued + ID_LIFETIME,
        "aud": client_id,
        "sub": persona.oid,
        "auth_time": signed_in_at,
        "amr": "PWD",
        "urn:esia:amd": "PWD",
        "urn:esia:sbj": subject,
    }
    return (
        encode({"ver": 1, "typ": "JWT", "sbt": "access"}, access, key, fault),
        encode({"ver": 0, "typ": "JWT", "sbt": "id"}, identity, key, fault),
    )


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
