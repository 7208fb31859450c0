"""The little of ASN.1 DER that GOST keys and certificates need.

`cryptography` reads the frame of a GOST certificate (names, dates) but knows neither the key inside nor
how to sign one, so these two things are done here.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

INTEGER, BIT_STRING, OCTET_STRING, OID, UTF8_STRING, UTC_TIME = 0x02, 0x03, 0x04, 0x06, 0x0C, 0x17
SEQUENCE, SET, CONTEXT_0 = 0x30, 0x31, 0xA0


class DerError(ValueError):
    """The bytes are not the DER structure that was expected."""


class Element(msgspec.Struct, frozen=True):
    """One tag-length-value; `raw` is all of it, `content` the value only."""

    tag: int
    content: bytes
    raw: bytes

    def expect(self, tag: int) -> Element:
        """The element itself when it has this tag; raises DerError otherwise."""
        if self.tag != tag:
            raise DerError(f"DER tag {tag:#x} was expected, {self.tag:#x} found")
        return self

    def children(self) -> list[Element]:
        """The elements that the content of a constructed element consists of."""
        return list(read_all(self.content))


def read_all(data: bytes) -> Iterator[Element]:
    """The elements that stand one after another in `data`; raises DerError when they don't fill it."""
    position = 0
    while position < len(data):
        start = position
        if position + 2 > len(data):
            raise DerError("truncated DER header")
        tag, length = data[position], data[position + 1]
        position += 2
        if length & 0x80:
            size = length & 0x7F
            if not 1 <= size <= 4 or position + size > len(data):
                raise DerError("unsupported DER length")
            length = int.from_bytes(data[position : position + size], "big")
            position += size
        end = position + length
        if end > len(data):
            raise DerError("truncated DER content")
        yield Element(tag, data[position:end], data[start:end])
        position = end


def read_one(data: bytes) -> Element:
    """The single element of `data`; raises DerError when there is another number of them."""
    elements = list(read_all(data))
    if len(elements) != 1:
        raise DerError(f"one DER element was expected, {len(elements)} found")
    return elements[0]


def encode(tag: int, *parts: bytes) -> bytes:
    """An element of `tag` around the joined parts."""
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


def encode_integer(value: int) -> bytes:
    """A non-negative INTEGER."""
    return encode(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def encode_oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER from its dotted form."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    content = bytearray()
    for arc in (first * 40 + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(0x80 | arc & 0x7F)
        content.extend(reversed(septets))
    return encode(OID, bytes(content))
