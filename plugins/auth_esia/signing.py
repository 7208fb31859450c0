"""Who signs the portal's requests and who checks the signatures of tokens.

A production installation normally signs in a certified crypto provider: by openssl with an engine, or by a
service that the portal asks. Nothing else of the plugin knows where the key lies.
"""

from __future__ import annotations

import binascii
import subprocess
from base64 import b64decode, b64encode, urlsafe_b64encode
from pathlib import Path
from typing import Protocol

import httpx2

from core.web.i18n import sentence
from plugins.auth_esia.errors import EsiaError
from plugins.auth_esia.gost import (
    SIGNATURE_BYTES,
    GostCertificate,
    GostKeyError,
    GostPrivateKey,
    GostPublicKey,
    load_certificate,
    load_private_key,
)
from plugins.auth_esia.transport import TIMEOUTS, json_object

OPENSSL_SECONDS = 10
_PROOF = b"MOYASHKOLA"


class Signer(Protocol):
    """Signs requests in the name of the portal."""

    @property
    def certificate(self) -> GostCertificate:
        """The certificate that the signatures are checked by."""
        ...

    def sign(self, message: bytes) -> bytes:
        """64 bytes, s then r, each big-endian. May block: call it in a worker thread.

        Raises EsiaError `signer` when whoever holds the key does not sign.
        """
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
            raise GostKeyError(sentence("закрытый ключ не от этого сертификата"))
        self._key = key
        self.certificate = certificate

    @classmethod
    def from_pem(cls, key: str, certificate: str) -> GostSigner:
        """A signer out of PEM texts; raises GostKeyError."""
        return cls(load_private_key(key), load_certificate(certificate))

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


class OpensslSigner:
    """Signs by the program openssl with its GOST engine; the key never enters this process.

    `program` is openssl, `key` a PEM file. The engine is named on the command line, so openssl's own
    configuration may stay as it is.
    """

    def __init__(self, key: Path, certificate: GostCertificate, program: str = "openssl") -> None:
        self._command = [program, "dgst", "-engine", "gost", "-md_gost12_256", "-sign", str(key)]
        self.certificate = certificate

    def sign(self, message: bytes) -> bytes:
        try:
            done = subprocess.run(  # noqa: S603 - the program and the key's path are the operator's settings
                self._command, input=message, capture_output=True, timeout=OPENSSL_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise EsiaError("signer", f"openssl: {type(problem).__name__}") from problem
        if done.returncode or len(done.stdout) != SIGNATURE_BYTES:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise EsiaError("signer", f"openssl: {said[-1][:200] if said else 'no signature'}")
        return done.stdout


class RemoteSigner:
    """Signs by a service: POST `{"data": base64}`, answer `{"signature": base64 of 64 bytes}`.

    `reversed_bytes` is for services that give the bytes as CryptoPro does, last one first.
    """

    def __init__(
        self,
        address: str,
        certificate: GostCertificate,
        *,
        token: str = "",
        reversed_bytes: bool = False,
        timeouts: httpx2.Timeout = TIMEOUTS,
    ) -> None:
        self._address = address
        self._headers = {"authorization": f"Bearer {token}"} if token else {}
        self._reversed = reversed_bytes
        self._http = httpx2.Client(timeout=timeouts, follow_redirects=False, trust_env=False)
        self.certificate = certificate

    def sign(self, message: bytes) -> bytes:
        try:
            answer = self._http.post(
                self._address, json={"data": b64encode(message).decode()}, headers=self._headers
            )
        except httpx2.HTTPError as problem:
            raise EsiaError("signer", f"signing service: {type(problem).__name__}") from problem
        if answer.status_code != 200:
            raise EsiaError("signer", f"signing service: status {answer.status_code}")
        try:
            signature = b64decode(
                str(json_object(answer, "signing service").get("signature", "")), validate=True
            )
        except (EsiaError, binascii.Error, ValueError) as problem:
            raise EsiaError("signer", "signing service: the answer is no signature") from problem
        if len(signature) != SIGNATURE_BYTES:
            raise EsiaError("signer", f"signing service: a signature of {len(signature)} bytes")
        return signature[::-1] if self._reversed else signature


class GostVerifier:
    """Checks by a public key in memory."""

    def __init__(self, key: GostPublicKey) -> None:
        self._key = key

    def verify(self, message: bytes, signature: bytes) -> bool:
        return self._key.verify(message, signature)


def signs_for_its_certificate(signer: Signer) -> bool:
    """Whether what the signer signs is checked by its certificate; raises EsiaError `signer`."""
    return signer.certificate.public_key.verify(_PROOF, signer.sign(_PROOF))


def client_secret(signer: Signer, *values: str) -> str:
    """The `client_secret` of a request: the signature of the values joined without separators.

    The order of the values is the endpoint's; base64url without padding, as the production system gets it.
    """
    signature = signer.sign("".join(values).encode())
    return urlsafe_b64encode(signature).rstrip(b"=").decode()
