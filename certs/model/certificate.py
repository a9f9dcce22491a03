"""A certificate as a frozen view over its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from certs.model.der import SEQUENCE, MalformedError, Part, Reader
from certs.model.extensions import Extensions, read_extensions
from certs.model.names import Name, read_name
from certs.model.times import read_time

LARGEST = 1 << 18
_USUAL = 1 << 6  # an algorithm without parameters of its own
_KEPT = 1 << 13  # larger ones are read anew: strangers shall not fill our memory


@dataclass(frozen=True, slots=True)
class Algorithm:
    """An AlgorithmIdentifier; `parameters` are whole elements as bytes, None if absent."""

    oid: str
    parameters: bytes | None


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A SubjectPublicKeyInfo: algorithm and the key's bits."""

    algorithm: Algorithm
    bits: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """What stands in a certificate, and what had to be forgiven while reading (`notes`)."""

    raw: bytes
    signed: bytes
    version: int
    serial: int
    issuer: Name
    not_before: datetime
    not_after: datetime
    subject: Name
    key: PublicKey
    extensions: Extensions
    algorithm: Algorithm
    algorithm_agrees: bool
    signature: bytes
    notes: tuple[str, ...]

    @property
    def self_issued(self) -> bool:
        return self.issuer == self.subject

    @property
    def is_ca(self) -> bool:
        basic = self.extensions.basic
        return basic is not None and basic.ca

    def __str__(self) -> str:
        return f"{self.subject} #{self.serial:x}"


def read_certificate(raw: bytes) -> Certificate:
    """The view of these bytes; raises MalformedError and nothing else."""
    if len(raw) > LARGEST:
        raise MalformedError("larger than any certificate")
    return _kept(raw) if len(raw) <= _KEPT else _read(raw)


def _read(raw: bytes) -> Certificate:
    reader = Reader(raw)
    signed, algorithm, signature = signed_parts(reader)
    parts = reader.inside(signed)
    version = 1
    if parts and parts[0].tag == 0xA0:
        inner = reader.parts(parts[0].start, parts[0].end)
        if len(inner) != 1:
            raise MalformedError("a version is one number")
        version = reader.natural(inner[0]) + 1
        parts = parts[1:]
    if version > 3 or len(parts) < 6:
        raise MalformedError("not a certificate")
    serial = reader.integer(parts[0])
    if serial <= 0 or serial.bit_length() > 159:
        reader.note("serial-out-of-range")
    begin, end = _validity(reader, parts[3])
    return Certificate(
        raw,
        reader.raw(signed),
        version,
        serial,
        read_name(reader, parts[2]),
        begin,
        end,
        read_name(reader, parts[4]),
        read_key(reader, parts[5]),
        _extensions(reader, parts[6:], version),
        read_algorithm(reader, algorithm),
        reader.raw(parts[1]) == reader.raw(algorithm),
        reader.octet_bits(signature),
        tuple(reader.notes),
    )


_kept = lru_cache(2048)(_read)


def signed_parts(reader: Reader) -> tuple[Part, Part, Part]:
    """The three parts of anything signed: content, algorithm, signature."""
    parts = reader.inside(reader.whole(), most=3)
    if len(parts) != 3 or parts[0].tag != SEQUENCE:
        raise MalformedError("something signed has three parts")
    return parts[0], parts[1], parts[2]


def read_algorithm(reader: Reader, part: Part) -> Algorithm:
    raw = reader.raw(part)
    found, notes = (_kept_algorithm if len(raw) <= _USUAL else _algorithm)(raw)
    for note in notes:
        reader.note(note)
    return found


def _algorithm(raw: bytes) -> tuple[Algorithm, tuple[str, ...]]:
    reader = Reader(raw)
    parts = reader.inside(reader.whole())
    if not 1 <= len(parts) <= 2:
        raise MalformedError("not an algorithm identifier")
    made = Algorithm(reader.oid(parts[0]), reader.raw(parts[1]) if len(parts) == 2 else None)
    return made, tuple(reader.notes)


_kept_algorithm = lru_cache(256)(_algorithm)


def read_key(reader: Reader, part: Part) -> PublicKey:
    parts = reader.inside(part)
    if len(parts) != 2:
        raise MalformedError("not a public key")
    return PublicKey(read_algorithm(reader, parts[0]), reader.octet_bits(parts[1]))


def _validity(reader: Reader, part: Part) -> tuple[datetime, datetime]:
    parts = reader.inside(part)
    if len(parts) != 2:
        raise MalformedError("a validity is two times")
    return read_time(reader, parts[0]), read_time(reader, parts[1])


def _extensions(reader: Reader, parts: list[Part], version: int) -> Extensions:
    """What stands after the key: unique identifiers, which are read past, and extensions."""
    tags = [part.tag for part in parts]
    if [tag for tag in (0x81, 0x82, 0xA3) if tag in tags] != tags:
        raise MalformedError("unknown, repeated or misplaced element")
    if not tags or tags[-1] != 0xA3:
        return Extensions()
    if version != 3:
        raise MalformedError("extensions belong to version 3")
    inner = reader.parts(parts[-1].start, parts[-1].end)
    if len(inner) != 1:
        raise MalformedError("extensions are one sequence")
    return read_extensions(reader, inner[0])
