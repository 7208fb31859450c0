"""GOST R 34.10-2012 (256 bit) signatures, the Streebog hash and the certificates that carry the keys.

The curve is CryptoPro-A (tc26 256 paramSetB), the one that ESIA's clients use. Signatures are 64 bytes,
`s` then `r`, each big-endian, as `openssl dgst -sign` gives them. A signature takes about 3 ms here;
arithmetic in Python is not constant in time, so an installation in production signs with a certified
crypto provider instead (see `signing`).
"""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, cast

import gostcrypto.gosthash as gosthash  # type: ignore[import-untyped]
import msgspec

from core.web.i18n import sentence
from plugins.auth_esia import der

P = 2**256 - 617
A = P - 3
B = 166
Q = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF6C611070995AD10045841B09B761B893
"""Order of the group; it is prime, so every point of the curve but infinity generates it."""
GENERATOR = (1, 0x8D91E471E0989CDA27DF505A453F2B7635294F2DDF23E3B122ACC99C9E9F1E14)

OID_KEY = "1.2.643.7.1.1.1.1"
OID_DIGEST = "1.2.643.7.1.1.2.2"
OID_SIGNATURE = "1.2.643.7.1.1.3.2"
OID_CURVE = "1.2.643.2.2.35.1"
CURVE_OIDS = ("1.2.643.2.2.35.1", "1.2.643.2.2.36.0", "1.2.643.7.1.2.1.1.2")
"""One curve, three names: CryptoPro-A, CryptoPro-XchA, tc26 256 paramSetB."""

SIGNATURE_BYTES = 64
_HALF = 32

Point = tuple[int, int]
_Jacobian = tuple[int, int, int]
_INFINITY: _Jacobian = (1, 1, 0)


class GostKeyError(ValueError):
    """A key or certificate cannot be used: another algorithm or curve, or damaged."""


def streebog256(data: bytes) -> bytes:
    """GOST R 34.11-2012 hash of 256 bits."""
    digest = cast(Any, gosthash).new("streebog256", data=bytearray(data)).digest()
    return bytes(digest)


def _double(point: _Jacobian) -> _Jacobian:
    x, y, z = point
    if not z or not y:
        return _INFINITY
    zz = z * z % P
    yy = y * y % P
    beta = x * yy % P
    alpha = 3 * (x - zz) * (x + zz) % P  # a = -3
    x3 = (alpha * alpha - 8 * beta) % P
    z3 = ((y + z) * (y + z) - yy - zz) % P
    y3 = (alpha * (4 * beta - x3) - 8 * yy * yy) % P
    return x3, y3, z3


def _add_affine(point: _Jacobian, other: Point) -> _Jacobian:
    x1, y1, z1 = point
    x2, y2 = other
    if not z1:
        return x2, y2, 1
    zz = z1 * z1 % P
    h = (x2 * zz - x1) % P
    r = (y2 * zz * z1 - y1) % P
    if not h:
        return _double(point) if not r else _INFINITY
    hh = h * h % P
    hhh = h * hh % P
    v = x1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    y3 = (r * (v - x3) - y1 * hhh) % P
    return x3, y3, z1 * h % P


def _to_affine(point: _Jacobian) -> Point | None:
    x, y, z = point
    if not z:
        return None
    inverse = pow(z, -1, P)
    square = inverse * inverse % P
    return x * square % P, y * square * inverse % P


def _combine(first: int, point: Point, second: int, other: Point) -> Point | None:
    """first·point + second·other, doubling once for both; None is infinity."""
    both = _to_affine(_add_affine((*point, 1), other))
    total = _INFINITY
    for bit in range(max(first.bit_length(), second.bit_length()) - 1, -1, -1):
        total = _double(total)
        here = (first >> bit & 1, second >> bit & 1)
        if here == (1, 1):
            total = _add_affine(total, both) if both else total
        elif here[0]:
            total = _add_affine(total, point)
        elif here[1]:
            total = _add_affine(total, other)
    return _to_affine(total)


@cache
def _generator_table() -> tuple[tuple[Point, ...], ...]:
    """j·16ⁱ·G for each of the 64 half-bytes of a number, so that signing needs no doubling."""
    rows: list[tuple[Point, ...]] = []
    base: Point = GENERATOR
    for _ in range(64):
        row: list[Point] = [base]
        current: _Jacobian = (base[0], base[1], 1)
        for _ in range(14):
            current = _add_affine(current, base)
            affine = _to_affine(current)
            assert affine is not None  # noqa: S101 - multiples below the order are never infinity
            row.append(affine)
        rows.append(tuple(row))
        following = _to_affine(_add_affine(current, base))
        assert following is not None  # noqa: S101
        base = following
    return tuple(rows)


def _multiply_generator(number: int) -> Point | None:
    total = _INFINITY
    for row in _generator_table():
        half_byte = number & 15
        number >>= 4
        if half_byte:
            total = _add_affine(total, row[half_byte - 1])
    return _to_affine(total)


def _hash_number(message: bytes) -> int:
    return int.from_bytes(streebog256(message), "little") % Q or 1


class GostPublicKey(msgspec.Struct, frozen=True):
    """A point of the curve; raises GostKeyError when it does not lie on it."""

    x: int
    y: int

    def __post_init__(self) -> None:
        in_field = 0 <= self.x < P and 0 <= self.y < P
        if not in_field or (self.y * self.y - self.x**3 - A * self.x - B) % P:
            raise GostKeyError(sentence("открытый ключ не лежит на кривой CryptoPro-A"))

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` (64 bytes, s then r) of `message` is by the owner of this key."""
        if len(signature) != SIGNATURE_BYTES:
            return False
        s = int.from_bytes(signature[:_HALF], "big")
        r = int.from_bytes(signature[_HALF:], "big")
        if not (0 < s < Q and 0 < r < Q):
            return False
        inverse = pow(_hash_number(message), -1, Q)
        point = _combine(s * inverse % Q, GENERATOR, -r * inverse % Q, (self.x, self.y))
        return point is not None and point[0] % Q == r


class GostPrivateKey(msgspec.Struct, frozen=True):
    """The secret number; raises GostKeyError when it is out of range. Never shown by repr."""

    secret: int

    def __post_init__(self) -> None:
        if not 0 < self.secret < Q:
            raise GostKeyError(sentence("закрытый ключ не подходит кривой CryptoPro-A"))

    def __repr__(self) -> str:
        return "GostPrivateKey(…)"

    def public_key(self) -> GostPublicKey:
        point = _multiply_generator(self.secret)
        assert point is not None  # noqa: S101 - the secret is below the order
        return GostPublicKey(*point)

    def sign(self, message: bytes) -> bytes:
        """A signature of 64 bytes, s then r, each big-endian; another one each time."""
        e = _hash_number(message)
        while True:
            k = secrets.randbelow(Q - 1) + 1
            point = _multiply_generator(k)
            if point is None:
                continue
            r = point[0] % Q
            s = (r * self.secret + k * e) % Q
            if r and s:
                return s.to_bytes(_HALF, "big") + r.to_bytes(_HALF, "big")

    def to_pem(self) -> str:
        """PKCS#8, unencrypted: write it only where nobody else can read."""
        body = der.encode(
            der.SEQUENCE,
            der.encode_integer(0),
            _algorithm(),
            der.encode(der.OCTET_STRING, der.encode(der.OCTET_STRING, self.secret.to_bytes(_HALF, "little"))),
        )
        return _to_pem("PRIVATE KEY", body)


def generate_key() -> GostPrivateKey:
    """A new random key."""
    return GostPrivateKey(secrets.randbelow(Q - 1) + 1)


class GostCertificate(msgspec.Struct, frozen=True):
    """A certificate with a GOST key of 256 bits; `der_bytes` is what is hashed."""

    der_bytes: bytes
    signed_part: bytes
    signature: bytes
    public_key: GostPublicKey

    @property
    def client_certificate_hash(self) -> str:
        """Streebog-256 of the DER certificate, 64 upper-case hex digits, as ESIA's requests carry it."""
        return streebog256(self.der_bytes).hex().upper()

    def to_pem(self) -> str:
        return _to_pem("CERTIFICATE", self.der_bytes)


def load_certificate(pem: str) -> GostCertificate:
    """Read a PEM certificate; raises GostKeyError when it is damaged or its key is not ours."""
    try:
        return read_certificate(_from_pem("CERTIFICATE", pem))
    except ValueError as problem:
        if isinstance(problem, GostKeyError):
            raise
        raise GostKeyError(sentence("сертификат повреждён")) from problem


def read_certificate(data: bytes) -> GostCertificate:
    """Read a DER certificate; raises GostKeyError when it is damaged or its key is not ours."""
    try:
        signed, _, signature = der.read_one(data).expect(der.SEQUENCE).children()
        fields = signed.expect(der.SEQUENCE).children()
        if fields[0].tag == der.CONTEXT_0:
            fields = fields[1:]
        # serial number, signature algorithm, issuer, validity, subject, then the key
        algorithm, bits = fields[5].expect(der.SEQUENCE).children()
        _check_algorithm(algorithm)
        key = der.read_one(bits.expect(der.BIT_STRING).content[1:]).expect(der.OCTET_STRING).content
        if len(key) != SIGNATURE_BYTES:
            raise GostKeyError(sentence("ключ сертификата не на 256 бит"))
        x, y = (int.from_bytes(part, "little") for part in (key[:_HALF], key[_HALF:]))
        return GostCertificate(data, signed.raw, signature.content[1:], GostPublicKey(x, y))
    except (ValueError, IndexError) as problem:
        if isinstance(problem, GostKeyError):
            raise
        raise GostKeyError(sentence("сертификат повреждён")) from problem


def load_private_key(pem: str) -> GostPrivateKey:
    """Read an unencrypted PKCS#8 PEM key as openssl writes it; raises GostKeyError."""
    try:
        fields = der.read_one(_from_pem("PRIVATE KEY", pem)).expect(der.SEQUENCE).children()
        _check_algorithm(fields[1])
        value = fields[2].expect(der.OCTET_STRING).content
        if len(value) != _HALF:
            # Older engines wrap the number as INTEGER (big-endian), newer ones as OCTET STRING.
            inner = der.read_one(value)
            if inner.tag == der.INTEGER:
                return GostPrivateKey(int.from_bytes(inner.content, "big"))
            value = inner.expect(der.OCTET_STRING).content
        return GostPrivateKey(int.from_bytes(value, "little"))
    except (ValueError, IndexError) as problem:
        if isinstance(problem, GostKeyError):
            raise
        raise GostKeyError(sentence("закрытый ключ повреждён или зашифрован")) from problem


def self_signed_certificate(
    key: GostPrivateKey, common_name: str, *, valid_from: datetime | None = None, days: int = 3650
) -> GostCertificate:
    """A certificate that the key issues to itself, for the stand and for trials."""
    start = (valid_from or datetime.now(UTC)).astimezone(UTC)
    public = key.public_key()
    name = der.encode(
        der.SEQUENCE,
        der.encode(
            der.SET,
            der.encode(
                der.SEQUENCE,
                der.encode_oid("2.5.4.3"),
                der.encode(der.UTF8_STRING, common_name.encode()),
            ),
        ),
    )
    point = public.x.to_bytes(_HALF, "little") + public.y.to_bytes(_HALF, "little")
    signature_algorithm = der.encode(der.SEQUENCE, der.encode_oid(OID_SIGNATURE))
    signed = der.encode(
        der.SEQUENCE,
        der.encode(der.CONTEXT_0, der.encode_integer(2)),
        der.encode_integer(secrets.randbits(152) | 1),
        signature_algorithm,
        name,
        der.encode(der.SEQUENCE, _time(start), _time(start + timedelta(days=days))),
        name,
        der.encode(
            der.SEQUENCE,
            _algorithm(),
            der.encode(der.BIT_STRING, b"\0", der.encode(der.OCTET_STRING, point)),
        ),
    )
    signature = key.sign(signed)
    whole = der.encode(
        der.SEQUENCE, signed, signature_algorithm, der.encode(der.BIT_STRING, b"\0", signature)
    )
    return GostCertificate(whole, signed, signature, public)


def _algorithm() -> bytes:
    parameters = der.encode(der.SEQUENCE, der.encode_oid(OID_CURVE), der.encode_oid(OID_DIGEST))
    return der.encode(der.SEQUENCE, der.encode_oid(OID_KEY), parameters)


def _check_algorithm(algorithm: der.Element) -> None:
    identifier, parameters = algorithm.expect(der.SEQUENCE).children()
    if identifier.raw != der.encode_oid(OID_KEY):
        raise GostKeyError(sentence("ключ не по ГОСТ Р 34.10-2012 на 256 бит"))
    curve = parameters.expect(der.SEQUENCE).children()[0].raw
    if curve not in [der.encode_oid(name) for name in CURVE_OIDS]:
        raise GostKeyError(sentence("ключ не на кривой CryptoPro-A: выпустите его с этим набором параметров"))


def _time(moment: datetime) -> bytes:
    return der.encode(der.UTC_TIME, moment.strftime("%y%m%d%H%M%SZ").encode())


def _to_pem(label: str, data: bytes) -> str:
    text = b64encode(data).decode()
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])


def _from_pem(label: str, pem: str) -> bytes:
    begin, end = f"-----BEGIN {label}-----", f"-----END {label}-----"
    if begin not in pem or end not in pem:
        raise GostKeyError(sentence("в файле нет блока «%(label)s» в PEM", label=label))
    body = pem.split(begin, 1)[1].split(end, 1)[0]
    return b64decode("".join(body.split()), validate=True)
