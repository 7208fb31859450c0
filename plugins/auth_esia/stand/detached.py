"""The stand's own reading of a detached signature (CMS SignedData, RFC 5652), as its v1 addresses take it."""

from __future__ import annotations

from plugins.auth_esia import der
from plugins.auth_esia.gost import GostCertificate, streebog256

_SIGNED_DATA = der.encode_oid("1.2.840.113549.1.7.2")
_DATA = der.encode_oid("1.2.840.113549.1.7.1")
_CONTENT_TYPE = der.encode_oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = der.encode_oid("1.2.840.113549.1.9.4")
_STREEBOG256 = der.encode_oid("1.2.643.7.1.1.2.2")


class SignatureError(ValueError):
    """No signature of this message by the owner of the certificate; the text says why."""


def check_detached(signature: bytes, message: bytes, certificate: GostCertificate) -> None:
    """Raises SignatureError unless `signature` is one of `message`, without it, by the certificate's key."""
    try:
        _check(signature, message, certificate)
    except SignatureError:
        raise
    except (IndexError, ValueError) as problem:
        raise SignatureError(f"not CMS SignedData in DER: {problem}") from problem


def _check(signature: bytes, message: bytes, certificate: GostCertificate) -> None:
    kind, content = der.read_one(signature).expect(der.SEQUENCE).children()
    if kind.raw != _SIGNED_DATA:
        raise SignatureError("not SignedData")
    fields = der.read_one(content.expect(der.CONTEXT_0).content).expect(der.SEQUENCE).children()
    encapsulated = fields[2].expect(der.SEQUENCE).children()
    if [each.raw for each in encapsulated] != [_DATA]:
        raise SignatureError("the signature is not detached")
    signers = fields[-1].expect(der.SET).children()
    if len(signers) != 1:
        raise SignatureError("not exactly one signer")
    _, identifier, digest, attributes, _, value = signers[0].expect(der.SEQUENCE).children()
    if identifier.content != _issuer_and_number(certificate):
        raise SignatureError("signed by another certificate")
    if digest.expect(der.SEQUENCE).children()[0].raw != _STREEBOG256:
        raise SignatureError("another digest than GOST R 34.11-2012, 256 bit")
    said = _attributes(attributes.expect(der.CONTEXT_0))
    if said.get(_CONTENT_TYPE) != _DATA:
        raise SignatureError("another content type than data")
    if said.get(_MESSAGE_DIGEST) != der.encode(der.OCTET_STRING, streebog256(message)):
        raise SignatureError("the digest is of another message")
    signed = der.encode(der.SET, attributes.content)
    if not certificate.public_key.verify(signed, value.expect(der.OCTET_STRING).content):
        raise SignatureError("the signature is wrong")


def _attributes(listed: der.Element) -> dict[bytes, bytes]:
    """Type and value of each signed attribute."""
    found: dict[bytes, bytes] = {}
    for each in listed.children():
        kind, values = each.expect(der.SEQUENCE).children()
        found[kind.raw] = values.expect(der.SET).content
    return found


def _issuer_and_number(certificate: GostCertificate) -> bytes:
    fields = [each for each in der.read_one(certificate.signed_part).children() if each.tag != der.CONTEXT_0]
    return fields[2].raw + fields[0].raw
