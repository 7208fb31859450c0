"""GOST signatures, hash and certificates agree with independent implementations."""

from __future__ import annotations

import time
from base64 import urlsafe_b64decode

import pytest
from cryptography import x509

from plugins.auth_esia import gost

CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBNDCB4AIUZlIlS7sX2DxlFsPpVt9AkovuBWkwDAYIKoUDBwEBAwIFADAYMRYw
FAYDVQQDDA1TQ0hPT0wwMSBHT1NUMB4XDTI2MTEyMzE5NDIzOFoXDTM2MTEyMDE5
NDIzOFowGDEWMBQGA1UEAwwNU0NIT09MMDEgR09TVDBmMB8GCCqFAwcBAQEBMBMG
ByqFAwICIwEGCCqFAwcBAQICA0MABEBhV3lp2P98VJCeaGnlvgyw1bHhCBDh7wk8
g+d9pq0uURG+jp7+iQmSqJCTaxbxvPq8Fgnym/A+58ortMovf7u0MAwGCCqFAwcB
AQMCBQADQQAa34F4b6TPQr0Svsw3iMPqtycO8+fNEg9N/hUdU00+y54cTmVCDRVT
MwMux4r6QCTWGAUxRib736frlq7nFvUX
-----END CERTIFICATE-----
"""
SIGNED_TEXT = (
    "SCHOOL01openid fullname snils2026.11.23 19:30:00 +0000"
    "00000000-0000-4000-8000-000000000001https://school.example.org/auth/esia/callback"
)
SIGNATURE = "D6od3B3mxHS8i0nfIPORkL80RzvemGABG9ubyO7WLX1NOZEapLlUO3WoIGzI0JWIxIH4TU6vCpvCmrolfNwBnQ"


def test_the_hash_gives_the_values_of_the_standard() -> None:
    digits = b"0123456789" * 6 + b"012"
    assert (
        gost.streebog256(digits).hex() == "9d151eefd8590b89daa6ba6cb74af9275dd051026bb149a452fd84e5e57b5500"
    )
    assert gost.streebog256(b"").hex() == "3f539a213e97c802cc229d474c6aa32a825a360b2a933a949fd925208d9ce1bb"


def test_a_certificate_of_openssl_is_read() -> None:
    certificate = gost.load_certificate(CERTIFICATE)
    assert certificate.public_key.x == 0x512EADA67DE7833C09EFE11008E1B1D5B00CBEE569689E90547CFFD869795761
    assert certificate.public_key.y == 0xB4BB7F2FCAB42BCAE73EF09BF20916BCFABCF1166B9390A8920989FE9E8EBE11
    assert (
        certificate.client_certificate_hash
        == "27DA2C62E93AE7D7AB869D542D40FEF2C9C801EBD9455A4F5424D78D3D8C457D"
    )
    assert certificate.public_key.verify(certificate.signed_part, certificate.signature)


def test_a_signature_of_openssl_is_accepted_and_a_changed_one_is_not() -> None:
    key = gost.load_certificate(CERTIFICATE).public_key
    signature = urlsafe_b64decode(SIGNATURE + "==")
    assert key.verify(SIGNED_TEXT.encode(), signature)
    assert not key.verify(SIGNED_TEXT.encode() + b" ", signature)
    assert not key.verify(SIGNED_TEXT.encode(), signature[32:] + signature[:32])
    assert not key.verify(SIGNED_TEXT.encode(), signature[:-1])
    assert not key.verify(SIGNED_TEXT.encode(), bytes(64))


def test_own_keys_and_certificates_survive_being_written() -> None:
    key = gost.generate_key()
    certificate = gost.self_signed_certificate(key, "Школа, проба")
    assert gost.load_private_key(key.to_pem()) == key
    again = gost.load_certificate(certificate.to_pem())
    assert again == certificate
    assert again.public_key.verify(again.signed_part, again.signature)
    seen = x509.load_pem_x509_certificate(certificate.to_pem().encode())
    assert seen.subject.rfc4514_string() == "CN=Школа\\, проба"
    assert "secret" not in repr(key) and str(key.secret) not in repr(key)


def test_signatures_differ_each_time_and_all_are_valid() -> None:
    key = gost.generate_key()
    public = key.public_key()
    signatures = {key.sign(b"openid") for _ in range(5)}
    assert len(signatures) == 5
    assert all(public.verify(b"openid", signature) for signature in signatures)
    assert not gost.generate_key().public_key().verify(b"openid", signatures.pop())


@pytest.mark.parametrize("secret", [1, 2, 3, gost.Q - 1, gost.Q - 2])
def test_keys_at_the_edge_of_the_group_work(secret: int) -> None:
    key = gost.GostPrivateKey(secret)
    assert key.public_key().verify(b"x", key.sign(b"x"))


@pytest.mark.parametrize(
    "pem",
    ["", "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----", CERTIFICATE.replace("MIIB", "MIIC")],
)
def test_a_damaged_certificate_is_refused_with_one_kind_of_error(pem: str) -> None:
    with pytest.raises(gost.GostKeyError):
        gost.load_certificate(pem)


def test_a_point_outside_of_the_curve_is_no_key() -> None:
    with pytest.raises(gost.GostKeyError):
        gost.GostPublicKey(1, 2)


def test_signing_takes_milliseconds() -> None:
    key = gost.generate_key()
    public = key.public_key()
    start = time.perf_counter()
    for _ in range(10):
        assert public.verify(b"openid", key.sign(b"openid"))
    assert (time.perf_counter() - start) / 10 < 0.1
