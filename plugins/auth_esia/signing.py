"""Who signs the portal's requests and who checks the signatures of tokens.

A production installation normally signs in a certified crypto provider; it then implements `Signer` by
asking that provider. Nothing else of the plugin knows where the key lies.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Protocol

from plugins.auth_esia.gost import (
    GostCertificate,
    GostKeyError,
    GostPrivateKey,
    GostPublicKey,
    load_certificate,
    load_private_key,
)


class Signer(Protocol):
    """Signs requests in the name of the portal."""

    @property
    def certificate_hash(self) -> str:
        """`client_certificate_hash`: Streebog-256 of the DER certificate, upper-case hex."""
        ...

    def sign(self, message: bytes) -> bytes:
        """64 bytes, s then r, each big-endian. May block: call it in a worker thread."""
        ...


class Verifier(Protocol):
    """Knows one trusted key."""

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether the owner of the key signed the message."""
        ...


class GostSigner:
    """Signs by a key in memory. Raises GostKeyError when certificate and key don't belong together."""

    def __init__(self, key: GostPrivateKey, certificate: GostCertificate) -> None:
        if key.public_key() != certificate.public_key:
            raise GostKeyError("The private key does not belong to the certificate.")
        self._key = key
        self._hash = certificate.client_certificate_hash

    @classmethod
    def from_pem(cls, key: str, certificate: str) -> GostSigner:
        """A signer out of PEM texts; raises GostKeyError."""
        return cls(load_private_key(key), load_certificate(certificate))

    @property
    def certificate_hash(self) -> str:
        return self._hash

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


class GostVerifier:
    """Checks by a public key in memory."""

    def __init__(self, key: GostPublicKey) -> None:
        self._key = key

    def verify(self, message: bytes, signature: bytes) -> bool:
        return self._key.verify(message, signature)


def client_secret(signer: Signer, *values: str) -> str:
    """The `client_secret` of a request: the signature of the values joined without separators.

    The order of the values is the endpoint's; base64url without padding, as the production system gets it.
    """
    signature = signer.sign("".join(values).encode())
    return urlsafe_b64encode(signature).rstrip(b"=").decode()
