"""Reading seals and seal signatures, of every generation, within bounds; MalformedError and nothing else.

Vendors differ in string types, in tags around optional parts, and put octet strings where bit strings
belong. None of it changes what is signed, so it is forgiven and noted.
"""

from __future__ import annotations

from datetime import datetime

from certs.model.der import BITS, OCTETS, SEQUENCE, MalformedError, Part, Reader
from certs.model.names import read_text
from certs.model.times import read_time
from certs.model.write import sequence
from certs.seal.property import read_extensions, read_picture, read_property
from certs.seal.structure import FIFTH, FIRST, NATIONAL, Seal, SealSignature

LARGEST = 1 << 23
_IA5 = 0x16


def read_seal(raw: bytes) -> Seal:
    """The view of an SESeal."""
    reader = _reader(raw)
    return _seal(reader, reader.whole())


def read_signature(raw: bytes) -> SealSignature:
    """The view of an SES_Signature: two elements in the first generation, four or five later."""
    reader = _reader(raw)
    parts = reader.inside(reader.whole())
    if len(parts) not in (2, 4, 5):
        raise MalformedError("a seal signature has two, four or five parts")
    signed = reader.inside(parts[0])
    if len(signed) < 5:
        raise MalformedError("what is sealed has at least five parts")
    seal = _seal(reader, signed[1])
    if len(parts) == 2:
        if len(signed) != 7:
            raise MalformedError("what is sealed has seven parts in the first generation")
        certificate, algorithm, value = signed[5], signed[6], parts[1]
    else:
        certificate, algorithm, value = parts[1:4]
    extensions = read_extensions(reader, signed[5:]) if len(parts) > 2 else ()
    time, token = _time(reader, signed[2])
    return SealSignature(
        raw,
        reader.natural(signed[0]),
        seal,
        time,
        token,
        _bytes(reader, signed[3]),
        string(reader, signed[4], _IA5),
        extensions,
        reader.content(certificate, OCTETS),
        reader.oid(algorithm),
        reader.raw(parts[0]),
        _bytes(reader, value),
        _stamp(reader, parts[4:]),
        tuple(reader.notes),
    )


def _reader(raw: bytes) -> Reader:
    if len(raw) > LARGEST:
        raise MalformedError("larger than any seal")
    return Reader(raw, 20_000)


def _seal(reader: Reader, part: Part) -> Seal:
    parts = reader.inside(part)
    if len(parts) == 2:
        certificate, algorithm, value = _three(reader, parts[1])
        # The maker signs these three as one sequence, which stands nowhere as such.
        signed = sequence(reader.raw(parts[0]), reader.raw(certificate), reader.raw(algorithm))
    elif len(parts) in (4, 5):
        certificate, algorithm, value = parts[1:4]
        signed = reader.raw(parts[0])
    else:
        raise MalformedError("a seal has two, four or five parts")
    info = reader.inside(parts[0])
    if not 4 <= len(info) <= 5:
        raise MalformedError("the info of a seal has four or five parts")
    mark, version, vendor = _header(reader, info[0])
    found = read_property(reader, info[2])
    generation = FIRST if len(parts) == 2 else FIFTH if version >= 5 or len(parts) == 5 else NATIONAL
    return Seal(
        reader.raw(part),
        generation,
        version,
        vendor,
        string(reader, info[1], _IA5),
        found.kind,
        found.name,
        found.listed,
        found.made,
        found.begin,
        found.end,
        read_picture(reader, info[3]),
        read_extensions(reader, info[4:]),
        reader.content(certificate, OCTETS),
        reader.oid(algorithm),
        signed,
        _bytes(reader, value),
        _stamp(reader, parts[4:]),
        tuple(_faults(mark, version, generation, found.typed)),
        tuple(reader.notes),
    )


def _faults(mark: str, version: int, generation: int, typed: bool) -> list[str]:
    """Where the structure and the version it states go different ways."""
    out = []
    if mark != "ES":
        out.append(f"header {mark[:8]!r}, not 'ES'")
    expected = {FIRST: range(1, 4), NATIONAL: range(4, 5), FIFTH: range(5, 6)}[generation]
    if version not in expected:
        out.append(f"version {version} in a structure of version {generation}")
    if typed == (generation == FIRST):
        out.append("the list of signers is of another version")
    return out


def _header(reader: Reader, part: Part) -> tuple[str, int, str]:
    parts = reader.inside(part)
    if len(parts) != 3:
        raise MalformedError("the header of a seal has three parts")
    return (
        string(reader, parts[0], _IA5),
        reader.natural(parts[1]),
        string(reader, parts[2], _IA5),
    )


def _three(reader: Reader, part: Part) -> tuple[Part, Part, Part]:
    parts = reader.inside(part)
    if len(parts) != 3:
        raise MalformedError("the maker's part has three elements")
    return parts[0], parts[1], parts[2]


def string(reader: Reader, part: Part, usual: int) -> str:
    """A text; another string type than usual is noted."""
    found = read_text(reader, part)
    if found is None:
        raise MalformedError(f"element at {part.head} is no text")
    if part.tag != usual:
        reader.note("string-type")
    return found


def _bytes(reader: Reader, part: Part) -> bytes:
    """A bit string that holds bytes; octet strings are met too."""
    if part.tag == OCTETS:
        reader.note("octets-for-bits")
        return reader.content(part)
    return reader.octet_bits(part)


def _stamp(reader: Reader, parts: list[Part]) -> bytes | None:
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
    return _bytes(reader, inner[0])


def _time(reader: Reader, part: Part) -> tuple[datetime | None, bytes | None]:
    """When, as the signer says: a time, or (first generation) bits that hold a time or a token."""
    if part.tag not in (BITS, OCTETS):
        return read_time(reader, part, generalized=True), None
    content = _bytes(reader, part)
    if content[:1] == b"\x30":
        return None, content
    if content[:1] not in (b"\x17", b"\x18"):  # the digits without their header
        reader.note("time-without-header")
        tag = 0x17 if len(content) == 13 else 0x18
        content = bytes((tag, len(content))) + content if len(content) < 32 else b""
    inner = Reader(content, 4)
    return read_time(inner, inner.whole(content[0] if content else 0x18), generalized=True), None
