"""Writing DER: one function per kind of element, bytes in, bytes out.

The counterpart of `der.Reader`, for what we make ourselves: signed data, envelopes, time stamps, seals and
the certificates of a sandbox. Nothing is checked that a caller may want to get wrong on purpose.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

NULL = b"\x05\x00"


def element(tag: int, *contents: bytes) -> bytes:
    """Any element: identifier octet, definite length, contents."""
    content = b"".join(contents)
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def sequence(*parts: bytes) -> bytes:
    return element(0x30, *parts)


def set_of(*parts: bytes) -> bytes:
    """A SET OF, in the order that DER wants."""
    return element(0x31, *sorted(parts))


def explicit(number: int, *parts: bytes) -> bytes:
    return element(0xA0 | number, *parts)


def implicit(number: int, part: bytes) -> bytes:
    """The same element under a context tag; what was constructed stays so."""
    return bytes((0x80 | part[0] & 0x20 | number,)) + part[1:]


def integer(value: int, tag: int = 0x02) -> bytes:
    size = (value if value >= 0 else ~value).bit_length() // 8 + 1
    return element(tag, value.to_bytes(size, "big", signed=True))


def enumerated(value: int) -> bytes:
    return integer(value, 0x0A)


def boolean(value: bool) -> bytes:
    return b"\x01\x01\xff" if value else b"\x01\x01\x00"


def octets(value: bytes) -> bytes:
    return element(0x04, value)


def bits(value: bytes, unused: int = 0) -> bytes:
    return element(0x03, bytes((unused,)), value)


def flags(*numbers: int) -> bytes:
    """A named bit list: trailing zero bits are not written."""
    if not numbers:
        return bits(b"")
    size = max(numbers) + 1
    value = sum(1 << (-size % 8) + size - 1 - number for number in set(numbers))
    return bits(value.to_bytes((size + 7) // 8, "big"), -size % 8)


@lru_cache(1024)
def oid(dotted: str) -> bytes:
    first, second, *rest = (int(part) for part in dotted.split("."))
    return element(0x06, b"".join(_base128(number) for number in (40 * first + second, *rest)))


def _base128(number: int) -> bytes:
    out = [number & 127]
    while number := number >> 7:
        out.append(number & 127 | 128)
    return bytes(reversed(out))


def utf8(text: str) -> bytes:
    return element(0x0C, text.encode())


def printable(text: str) -> bytes:
    return element(0x13, text.encode("ascii"))


def ia5(text: str) -> bytes:
    return element(0x16, text.encode("ascii"))


def utc_time(moment: datetime) -> bytes:
    return element(0x17, f"{moment.astimezone(UTC):%y%m%d%H%M%SZ}".encode())


def generalized_time(moment: datetime) -> bytes:
    moment = moment.astimezone(UTC)
    return element(0x18, f"{moment.year:04}{moment:%m%d%H%M%SZ}".encode())


def time(moment: datetime) -> bytes:
    """UTCTime until 2049, GeneralizedTime from then on (RFC 5280, 4.1.2.5)."""
    return utc_time(moment) if 1950 <= moment.astimezone(UTC).year < 2050 else generalized_time(moment)


def algorithm(dotted: str, parameters: bytes = b"") -> bytes:
    """An AlgorithmIdentifier; `parameters` are a whole element, or nothing."""
    return sequence(oid(dotted), parameters)
