"""The small elements of a seal, in all the ways they are written."""

from __future__ import annotations

from datetime import datetime

from certs.model.der import BITS, OCTETS, SEQUENCE, MalformedError, Part, Reader
from certs.model.names import read_text
from certs.model.times import read_time

IA5, UTF8 = 0x16, 0x0C


def string(reader: Reader, part: Part, usual: int) -> str:
    """A text; another string type than usual is noted."""
    found = read_text(reader, part)
    if found is None:
        raise MalformedError(f"element at {part.head} is no text")
    if part.tag != usual:
        reader.note("string-type")
    return found


def octets(reader: Reader, part: Part) -> bytes:
    """A bit string that holds bytes; octet strings are met too."""
    if part.tag == OCTETS:
        reader.note("octets-for-bits")
        return reader.content(part)
    return reader.octet_bits(part)


def stamp(reader: Reader, parts: list[Part]) -> bytes | None:
    """The time stamp under [0]: a bit string inside the tag, or the tag in its place."""
    if not parts:
        return None
    if parts[0].tag == 0x80:
        reader.note("stamp-tag")
        return reader.bits(parts[0], 0x80)[1]
    inner = reader.inside(parts[0], 0xA0)
    if len(inner) != 1:
        raise MalformedError("a time stamp is one element")
    if inner[0].tag == SEQUENCE:  # the token itself, without the bit string around it
        reader.note("stamp-bare")
        return reader.raw(inner[0])
    return octets(reader, inner[0])


def time(reader: Reader, part: Part) -> tuple[datetime | None, bytes | None]:
    """When, as the signer says: a time, or (first generation) bits that hold a time or a token."""
    if part.tag not in (BITS, OCTETS):
        return read_time(reader, part, generalized=True), None
    content = octets(reader, part)
    if content[:1] == b"\x30":
        return None, content
    if content[:1] not in (b"\x17", b"\x18"):  # the digits without their header
        reader.note("time-without-header")
        tag = 0x17 if len(content) == 13 else 0x18
        content = bytes((tag, len(content))) + content if len(content) < 32 else b""
    inner = Reader(content, 4)
    return read_time(inner, inner.whole(content[0] if content else 0x18), generalized=True), None
