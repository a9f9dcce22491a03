"""An OCSP answer as a frozen view (RFC 6960, GB/T 19713)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from certs.model.certificate import Algorithm, read_algorithm
from certs.model.der import ENUM, OCTETS, SEQUENCE, MalformedError, Part, Reader
from certs.model.extensions import Extensions, read_extensions
from certs.model.names import Name, read_name
from certs.model.times import read_time

LARGEST = 1 << 20
BASIC, NONCE = "1.3.6.1.5.5.7.48.1.1", "1.3.6.1.5.5.7.48.1.2"
GOOD, REVOKED, UNKNOWN = 0, 1, 2
_MOST_ANSWERS, _MOST_CERTIFICATES = 1000, 20


@dataclass(frozen=True, slots=True)
class Single:
    """What is said about one certificate."""

    hash_oid: str
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial: int
    status: int
    revoked_at: datetime | None
    reason: int
    this_update: datetime
    next_update: datetime | None
    extensions: Extensions


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """A successful response; `responder` is a name, or the hash of a key."""

    signed: bytes
    responder: Name | bytes
    produced_at: datetime
    singles: tuple[Single, ...]
    extensions: Extensions
    algorithm: Algorithm
    signature: bytes
    certificates: tuple[bytes, ...]
    notes: tuple[str, ...]


def read_answer(raw: bytes) -> tuple[int, Answer | None]:
    """Response status and, if it is 0, the answer; raises MalformedError and nothing else."""
    if len(raw) > LARGEST:
        raise MalformedError("larger than any answer")
    reader = Reader(raw)
    parts = reader.inside(reader.whole())
    if not 1 <= len(parts) <= 2:
        raise MalformedError("not an OCSP response")
    status = reader.natural(parts[0], ENUM)
    if status != 0:
        return status, None
    wrapped = reader.parts(parts[-1].start, parts[-1].end) if len(parts) == 2 and parts[1].tag == 0xA0 else []
    inner = reader.inside(wrapped[0]) if len(wrapped) == 1 else []
    if len(inner) != 2 or reader.oid(inner[0]) != BASIC:
        raise MalformedError("not a basic OCSP response")
    return status, _basic(Reader(reader.content(inner[1], OCTETS)))


def _basic(reader: Reader) -> Answer:
    parts = reader.inside(reader.whole())
    if not 3 <= len(parts) <= 4:
        raise MalformedError("not a basic OCSP response")
    fields = reader.inside(parts[0])
    if fields and fields[0].tag == 0xA0:
        fields = fields[1:]
    if not 3 <= len(fields) <= 4:
        raise MalformedError("not OCSP response data")
    rows = reader.inside(fields[2])
    if len(rows) > _MOST_ANSWERS:
        raise MalformedError("too many answers")
    return Answer(
        reader.raw(parts[0]),
        _responder(reader, fields[0]),
        read_time(reader, fields[1], generalized=True),
        tuple(_single(reader, row) for row in rows),
        _optional(reader, fields[3:], 0xA1),
        read_algorithm(reader, parts[1]),
        reader.octet_bits(parts[2]),
        _certificates(reader, parts[3:]),
        tuple(reader.notes),
    )


def _one(reader: Reader, part: Part, tag: int) -> Part:
    inner = reader.inside(part, tag)
    if len(inner) != 1:
        raise MalformedError("one element expected")
    return inner[0]


def _responder(reader: Reader, part: Part) -> Name | bytes:
    if part.tag == 0xA1:
        return read_name(reader, _one(reader, part, 0xA1))
    return reader.content(_one(reader, part, 0xA2), OCTETS)


def _single(reader: Reader, row: Part) -> Single:
    parts = reader.inside(row)
    ident = reader.inside(parts[0]) if len(parts) >= 3 else []
    if len(ident) != 4:
        raise MalformedError("not a single answer")
    status = parts[1].tag & 31
    if parts[1].tag not in (0x80, 0xA1, 0x82):
        raise MalformedError("unknown certificate status")
    revoked_at, reason = _revocation(reader, parts[1]) if status == REVOKED else (None, 0)
    rest = parts[3:]
    next_update = None
    if rest and rest[0].tag == 0xA0:
        next_update = read_time(reader, _one(reader, rest.pop(0), 0xA0), generalized=True)
    return Single(
        read_algorithm(reader, ident[0]).oid,
        reader.content(ident[1], OCTETS),
        reader.content(ident[2], OCTETS),
        reader.integer(ident[3]),
        status,
        revoked_at,
        reason,
        read_time(reader, parts[2], generalized=True),
        next_update,
        _optional(reader, rest, 0xA1),
    )


def _revocation(reader: Reader, part: Part) -> tuple[datetime, int]:
    parts = reader.inside(part, 0xA1)
    if not 1 <= len(parts) <= 2:
        raise MalformedError("not a revocation")
    reason = reader.natural(_one(reader, parts[1], 0xA0), ENUM) if len(parts) == 2 else 0
    return read_time(reader, parts[0], generalized=True), reason


def _optional(reader: Reader, parts: list[Part], tag: int) -> Extensions:
    if not parts:
        return Extensions()
    if len(parts) != 1:
        raise MalformedError("more than was expected")
    return read_extensions(reader, _one(reader, parts[0], tag))


def _certificates(reader: Reader, parts: list[Part]) -> tuple[bytes, ...]:
    if not parts:
        return ()
    found = reader.inside(_one(reader, parts[0], 0xA0), SEQUENCE)
    if len(found) > _MOST_CERTIFICATES:
        raise MalformedError("too many certificates")
    return tuple(reader.raw(part) for part in found)
