"""The signature under a pupil's file: JWS, flattened JSON (RFC 7515), with EdDSA over Ed25519 (RFC 8037).

The key is derived from the installation's secret, so that there is nothing more to keep. It is no qualified
signature in the sense of 63-ФЗ: it shows which installation wrote the file and that nobody changed it since.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import Invalid
from core.web.i18n import sentence

PURPOSE = b"moyashkola pupil file"
KEY_BYTES = 32


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A flattened JWS."""

    protected: str
    payload: str
    signature: str


class Jwk(msgspec.Struct, frozen=True, kw_only=True):
    """A public key of RFC 8037."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: str


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What the signature covers besides the payload."""

    alg: Literal["EdDSA"]
    typ: Literal["moyashkola-pupil+json"]
    jwk: Jwk


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds, and the public key it was signed with, in base64url."""

    payload: bytes
    key: str


def public_key(secret: bytes) -> str:
    """The installation's public key, in base64url."""
    return _text(_private(secret).public_key().public_bytes_raw())


def fingerprint(key: str) -> str:
    """What people compare by telephone: eight groups of four hexadecimal digits of the key's SHA-256."""
    digest = hashlib.sha256(_bytes(key)).hexdigest()[:32].upper()
    return " ".join(digest[at : at + 4] for at in range(0, 32, 4))


def sign(secret: bytes, payload: bytes) -> bytes:
    """The payload in its envelope."""
    key = _private(secret)
    jwk = Jwk(kty="OKP", crv="Ed25519", x=_text(key.public_key().public_bytes_raw()))
    header = Header(alg="EdDSA", typ="moyashkola-pupil+json", jwk=jwk)
    protected, body = _text(msgspec.json.encode(header)), _text(payload)
    signature = _text(key.sign(f"{protected}.{body}".encode()))
    envelope = Envelope(protected=protected, payload=body, signature=signature)
    return msgspec.json.format(msgspec.json.encode(envelope), indent=1)


def verify(data: bytes) -> Opened:
    """What a file holds, once its signature fits. Raises `Invalid` for anything else, changed files too."""
    try:
        envelope = msgspec.json.decode(data, type=Envelope)
        raw = _bytes(msgspec.json.decode(_bytes(envelope.protected), type=Header).jwk.x)
        signature, payload = _bytes(envelope.signature), _bytes(envelope.payload)
    except ValueError as error:
        raise _no_pupil_file() from error
    try:
        signed = f"{envelope.protected}.{envelope.payload}".encode()
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, signed)
    except (InvalidSignature, ValueError) as error:
        raise Invalid(
            "Подпись файла не сходится: файл изменили или он повреждён.",
            advice="Попросите прежнюю школу прислать файл ещё раз и не открывайте его в редакторе.",
            fields={"file": sentence("Подпись не сходится.")},
        ) from error
    return Opened(payload=payload, key=_text(raw))


def _private(secret: bytes) -> Ed25519PrivateKey:
    seed = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=PURPOSE).derive(secret)
    return Ed25519PrivateKey.from_private_bytes(seed)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _no_pupil_file() -> Invalid:
    return Invalid(
        "Это не файл ученика.",
        advice="Нужен файл .pupil.json, который прежняя школа скачала из своего портала.",
        fields={"file": sentence("Выберите файл ученика.")},
    )
