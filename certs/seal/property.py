"""The inner parts of a seal: what it is, who may use it and until when, its picture, its extensions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from certs.model.der import BOOLEAN, INTEGER, OCTETS, SEQUENCE, UTC_TIME, MalformedError, Part, Reader
from certs.model.names import read_text
from certs.model.times import read_time
from certs.seal.elements import UTF8, string
from certs.seal.structure import CERTIFICATES, DIGESTS, Listed, Picture

MOST_LISTED = 1_000


@dataclass(frozen=True, slots=True)
class Property:
    """`typed` says whether the list of signers is preceded by its type, as from version 4 on."""

    kind: int
    name: str
    typed: bool
    listed: Listed
    made: datetime
    begin: datetime
    end: datetime


def read_property(reader: Reader, part: Part) -> Property:
    parts = reader.inside(part)
    if len(parts) not in (6, 7):
        raise MalformedError("the properties of a seal have six or seven parts")
    typed = len(parts) == 7
    kind = reader.natural(parts[2]) if typed else CERTIFICATES
    times = parts[-3:]
    if typed and any(one.tag == UTC_TIME for one in times):
        reader.note("utc-time")
    made, begin, end = (read_time(reader, one, generalized=True) for one in times)
    return Property(
        reader.natural(parts[0]),
        string(reader, parts[1], UTF8),
        typed,
        _listed(reader, parts[-4], kind),
        made,
        begin,
        end,
    )


def _listed(reader: Reader, part: Part, kind: int) -> Listed:
    """Certificates are octet strings, digests pairs; a list that is not what it says is kept, and said."""
    certificates, digests = [], []
    parts = reader.inside(part)
    if len(parts) == 1 and parts[0].tag == SEQUENCE and _nested(reader, parts[0]):
        reader.note("list-nested")
        parts = reader.inside(parts[0])
    if len(parts) > MOST_LISTED:
        raise MalformedError("too many signers")
    for one in parts:
        if one.tag == OCTETS:
            certificates.append(reader.content(one))
            continue
        pair = reader.inside(one)
        if len(pair) != 2:
            raise MalformedError("a digest of a certificate is a name and a value")
        name = reader.oid(pair[0]) if pair[0].tag == 0x06 else read_text(reader, pair[0]) or ""
        digests.append((name, reader.content(pair[1], OCTETS)))
    fits = (kind == CERTIFICATES and not digests) or (kind == DIGESTS and not certificates)
    return Listed(kind, tuple(certificates), tuple(digests), fits)


def _nested(reader: Reader, part: Part) -> bool:
    """One sequence too many around the list."""
    inner = reader.inside(part)
    return bool(inner) and all(one.tag in (OCTETS, SEQUENCE) for one in inner)


def read_picture(reader: Reader, part: Part) -> Picture:
    parts = reader.inside(part)
    if len(parts) != 4:
        raise MalformedError("a picture has four parts")
    kind = read_text(reader, parts[0])
    if kind is None:
        raise MalformedError("the kind of a picture is text")
    return Picture(
        kind,
        reader.content(parts[1], OCTETS),
        reader.natural(parts[2], INTEGER),
        reader.natural(parts[3], INTEGER),
    )


def read_extensions(reader: Reader, parts: list[Part]) -> tuple[tuple[str, bool, bytes], ...]:
    """(identifier, critical, value), with or without the tag [0] around the list."""
    if not parts:
        return ()
    if len(parts) != 1:
        raise MalformedError("extensions are one element")
    rows = reader.inside(parts[0], parts[0].tag if parts[0].tag in (SEQUENCE, 0xA0) else SEQUENCE)
    if parts[0].tag == 0xA0 and len(rows) == 1 and rows[0].tag == SEQUENCE:
        inner = reader.inside(rows[0])
        rows = inner if not inner or inner[0].tag == SEQUENCE else rows
    return tuple(_extension(reader, row) for row in rows)


def _extension(reader: Reader, part: Part) -> tuple[str, bool, bytes]:
    parts = reader.inside(part)
    if not 2 <= len(parts) <= 3:
        raise MalformedError("an extension has two or three parts")
    critical = len(parts) == 3 and reader.boolean(parts[1], BOOLEAN)
    return reader.oid(parts[0]), critical, reader.content(parts[-1], OCTETS)
