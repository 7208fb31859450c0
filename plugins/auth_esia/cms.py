"""Detached signatures as the older generation of ESIA's protocol takes them: CMS SignedData (RFC 5652) in DER.

GOST algorithm identifiers as in RFC 9215 and as openssl writes them. Whoever signs raw signs this too.
"""

from __future__ import annotations

from datetime import UTC, datetime

from plugins.auth_esia import der
from plugins.auth_esia.gost import OID_DIGEST, OID_KEY, GostCertificate, streebog256
from plugins.auth_esia.signing import Signer

OID_DATA, OID_SIGNED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2"
OID_CONTENT_TYPE, OID_MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
OID_SIGNING_TIME = "1.2.840.113549.1.9.5"
_NULL = b"\x05\x00"


def sign_detached(signer: Signer, message: bytes, moment: datetime) -> bytes:
    """A SignedData without the message, with the signer's certificate; raises EsiaError `signer`."""
    attributes = [
        _attribute(OID_CONTENT_TYPE, der.encode_oid(OID_DATA)),
        _attribute(OID_SIGNING_TIME, der.encode(der.UTC_TIME, _utc(moment))),
        _attribute(OID_MESSAGE_DIGEST, der.encode(der.OCTET_STRING, streebog256(message))),
    ]
    # DER sorts the members of a SET; the signature is of it as a SET, although it stands there as [0].
    listed = b"".join(sorted(attributes))
    signature = signer.sign(der.encode(der.SET, listed))
    digest = der.encode(der.SEQUENCE, der.encode_oid(OID_DIGEST), _NULL)
    signer_info = der.encode(
        der.SEQUENCE,
        der.encode_integer(1),
        _issuer_and_number(signer.certificate),
        digest,
        der.encode(der.CONTEXT_0, listed),
        der.encode(der.SEQUENCE, der.encode_oid(OID_KEY), _NULL),
        der.encode(der.OCTET_STRING, signature),
    )
    signed = der.encode(
        der.SEQUENCE,
        der.encode_integer(1),
        der.encode(der.SET, digest),
        der.encode(der.SEQUENCE, der.encode_oid(OID_DATA)),
        der.encode(der.CONTEXT_0, signer.certificate.der_bytes),
        der.encode(der.SET, signer_info),
    )
    return der.encode(der.SEQUENCE, der.encode_oid(OID_SIGNED_DATA), der.encode(der.CONTEXT_0, signed))


def _attribute(oid: str, value: bytes) -> bytes:
    return der.encode(der.SEQUENCE, der.encode_oid(oid), der.encode(der.SET, value))


def _issuer_and_number(certificate: GostCertificate) -> bytes:
    fields = der.read_one(certificate.signed_part).children()
    if fields[0].tag == der.CONTEXT_0:
        fields = fields[1:]
    number, _, issuer = fields[:3]
    return der.encode(der.SEQUENCE, issuer.raw, number.raw)


def _utc(moment: datetime) -> bytes:
    return moment.astimezone(UTC).strftime("%y%m%d%H%M%SZ").encode()
