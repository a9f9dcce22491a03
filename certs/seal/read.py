"""Reading seals and seal signatures, of every generation, within bounds; MalformedError and nothing else.

Vendors differ in string types, in tags around optional parts, and put octet strings where bit strings
belong. None of it changes what is signed, so it is forgiven and noted.
"""

from __future__ import annotations

from certs.model.der import OCTETS, MalformedError, Part, Reader
from certs.model.write import sequence
from certs.seal.elements import IA5, octets, stamp, string, time
from certs.seal.property import read_extensions, read_picture, read_property
from certs.seal.structure import FIFTH, FIRST, NATIONAL, Seal, SealSignature

LARGEST = 1 << 23


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
    claimed, token = time(reader, signed[2])
    return SealSignature(
        raw,
        reader.natural(signed[0]),
        seal,
        claimed,
        token,
        octets(reader, signed[3]),
        string(reader, signed[4], IA5),
        extensions,
        reader.content(certificate, OCTETS),
        reader.oid(algorithm),
        reader.raw(parts[0]),
        octets(reader, value),
        stamp(reader, parts[4:]),
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
        string(reader, info[1], IA5),
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
        octets(reader, value),
        stamp(reader, parts[4:]),
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
        string(reader, parts[0], IA5),
        reader.natural(parts[1]),
        string(reader, parts[2], IA5),
    )


def _three(reader: Reader, part: Part) -> tuple[Part, Part, Part]:
    parts = reader.inside(part)
    if len(parts) != 3:
        raise MalformedError("the maker's part has three elements")
    return parts[0], parts[1], parts[2]
