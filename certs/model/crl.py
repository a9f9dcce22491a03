"""A revocation list as a frozen view; its entries are a table, built once, looked up in no time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from certs.model.certificate import Algorithm, read_algorithm, signed_parts
from certs.model.der import ENUM, INTEGER, OCTETS, SEQUENCE, MalformedError, Part, Reader
from certs.model.extensions import Extensions, read_extensions
from certs.model.general_names import DIRECTORY, read_general_names
from certs.model.kept import Kept
from certs.model.names import Name, read_name
from certs.model.times import read_time

LARGEST = 1 << 26
_SHORTEST_ROW = 12  # a number and a date: a list of shorter ones is none, and would only cost time
_HALF = 32  # where a row begins stands above, where it ends below
_MOST_KEPT = 1 << 25  # bytes of lists; their tables take some five times as much
_USUAL = 1 << 9  # what an entry says of itself is short and mostly the same
HOLD, REMOVED = 6, 8
_REASON, _INVALIDITY, _ISSUER, _HOLD_HINT = "2.5.29.21", "2.5.29.24", "2.5.29.29", "2.5.29.23"
_ENTRY_KNOWN = frozenset((_REASON, _INVALIDITY, _ISSUER, _HOLD_HINT))
_Rdns = tuple[frozenset[tuple[str, str | bytes]], ...]


class Entry(NamedTuple):
    """Where the date stands, and the reason (0 if none is given)."""

    date: Part
    reason: int


@dataclass(frozen=True, slots=True, eq=False)
class Crl:
    """`entries` are of the CRL's own issuer, `foreign` of others (indirect CRLs); a number says where one
    stands, for a hundred thousand of anything else weigh on whoever keeps them."""

    raw: bytes
    signed: bytes
    algorithm: Algorithm
    algorithm_agrees: bool
    signature: bytes
    issuer: Name
    this_update: datetime
    next_update: datetime | None
    extensions: Extensions
    entries: dict[bytes, int]
    foreign: dict[tuple[_Rdns, bytes], int]
    unknown_entry_extension: bool
    notes: tuple[str, ...]

    def find(self, issuer: Name, serial: int) -> Entry | None:
        key = serial_key(serial)
        place = self.entries.get(key) if issuer == self.issuer else None
        if place is None and self.foreign:
            place = self.foreign.get((issuer.rdns, key))
        return None if place is None else self._entry(place)

    def _entry(self, place: int) -> Entry:
        reader = Reader(self.raw, 100)
        parts = reader.parts(place >> _HALF, place & ((1 << _HALF) - 1))
        return Entry(parts[1], _about(reader, reader.raw(parts[2]))[0] if len(parts) == 3 else 0)

    def revoked_at(self, entry: Entry) -> datetime:
        return read_time(Reader(self.raw), entry.date)

    def __str__(self) -> str:
        return f"CRL {self.issuer} {self.this_update:%Y-%m-%dT%H:%M:%SZ}"


def serial_key(serial: int) -> bytes:
    return serial.to_bytes(serial.bit_length() // 8 + 1, "big", signed=True)


def _read(raw: bytes) -> Crl:
    if len(raw) > LARGEST:
        raise MalformedError("larger than any revocation list")
    reader = Reader(raw, len(raw) // _SHORTEST_ROW + 1_000)
    signed, algorithm, signature = signed_parts(reader)
    parts = reader.inside(signed, most=8)
    version = reader.natural(parts.pop(0)) + 1 if parts and parts[0].tag == INTEGER else 1
    if version > 2 or len(parts) < 3:
        raise MalformedError("not a revocation list")
    inner, issuer, this_update = parts[0], read_name(reader, parts[1]), read_time(reader, parts[2])
    rest = parts[3:]
    next_update = read_time(reader, rest.pop(0)) if rest and rest[0].tag in (0x17, 0x18) else None
    rows = reader.inside(rest.pop(0)) if rest and rest[0].tag == SEQUENCE else []
    extensions = _extensions(reader, rest, version)
    own, foreign, unknown = _entries(reader, rows, issuer, extensions)
    return Crl(
        raw,
        reader.raw(signed),
        read_algorithm(reader, algorithm),
        reader.raw(inner) == reader.raw(algorithm),
        reader.octet_bits(signature),
        issuer,
        this_update,
        next_update,
        extensions,
        own,
        foreign,
        unknown,
        tuple(reader.notes),
    )


_kept = Kept(_read, len, _MOST_KEPT)


def read_crl(raw: bytes) -> Crl:
    """The view of these bytes; raises MalformedError and nothing else."""
    return _kept(raw)


def _extensions(reader: Reader, rest: list[Part], version: int) -> Extensions:
    if not rest:
        return Extensions()
    inner = reader.parts(rest[0].start, rest[0].end)
    if len(rest) != 1 or rest[0].tag != 0xA0 or len(inner) != 1 or version != 2:
        raise MalformedError("not the extensions of a revocation list")
    return read_extensions(reader, inner[0])


def _entries(
    reader: Reader, rows: list[Part], issuer: Name, extensions: Extensions
) -> tuple[dict[bytes, int], dict[tuple[_Rdns, bytes], int], bool]:
    """The table. An entry's issuer holds for the entries after it, until another is named (5.3.3)."""
    own: dict[bytes, int] = {}
    foreign: dict[tuple[_Rdns, bytes], int] = {}
    unknown, current = False, issuer
    indirect = extensions.issuing_point is not None and extensions.issuing_point.indirect
    for row in rows:
        serial, said = _usual_row(reader.buf, row) or _row(reader, row)
        if said:
            _, named, strange = _about(reader, said)
            unknown = unknown or strange
            if named is not None:
                if not indirect:
                    unknown = True
                current = named
        place = row.start << _HALF | row.end
        if current is issuer or current == issuer:
            own[serial] = place
        else:
            foreign[current.rdns, serial] = place
    return own, foreign, unknown


def _row(reader: Reader, row: Part) -> tuple[bytes, bytes]:
    """Serial number and what the entry says of itself."""
    parts = reader.parts(row.start, row.end)
    if row.tag != SEQUENCE or not 2 <= len(parts) <= 3 or parts[0].tag != INTEGER:
        raise MalformedError("not an entry")
    serial = reader.content(parts[0])
    if len(serial) > 1 and (serial[0], serial[1] >> 7) in ((0, 0), (255, 1)):
        serial = serial_key(reader.integer(parts[0]))
    return serial, reader.raw(parts[2]) if len(parts) == 3 else b""


def _usual_row(buf: bytes, row: Part) -> tuple[bytes, bytes] | None:
    """The same in one go for a row as nearly all are, short and as it should be; lists are long."""
    start, end = row.start, row.end
    if row.tag != SEQUENCE or end - start < 6 or buf[start] != INTEGER or not 0 < buf[start + 1] < 128:
        return None
    date = start + 2 + buf[start + 1]
    if date + 2 > end or buf[date] not in (0x17, 0x18) or buf[date + 1] > 127:
        return None
    if buf[start + 1] > 1 and (buf[start + 2], buf[start + 3] >> 7) in ((0, 0), (255, 1)):
        return None
    rest = date + 2 + buf[date + 1]
    if rest != end and (rest + 2 > end or buf[rest] != SEQUENCE or rest + 2 + buf[rest + 1] != end):
        return None
    return buf[start + 2 : date], buf[rest:end]


def _about_raw(raw: bytes) -> tuple[int, Name | None, bool, tuple[str, ...]]:
    reader = Reader(raw, 10_000)
    reason, named, strange = 0, None, False
    for one in reader.inside(reader.whole()):
        parts = reader.inside(one)
        if not 2 <= len(parts) <= 3:
            raise MalformedError("not an extension")
        oid, value = reader.oid(parts[0]), Reader(reader.content(parts[-1], OCTETS), 1_000)
        if len(parts) == 3 and reader.boolean(parts[1]) and oid not in _ENTRY_KNOWN:
            strange = True
        if oid == _REASON:
            reason = value.natural(value.whole(ENUM), ENUM)
        elif oid == _ISSUER:
            names = [n.value for n in read_general_names(value, value.whole()) if n.kind == DIRECTORY]
            if len(names) != 1 or not isinstance(names[0], Name):
                raise MalformedError("an entry's issuer is one directory name")
            named = names[0]
    return reason, named, strange, tuple(reader.notes)


_kept_about = lru_cache(256)(_about_raw)


def _about(reader: Reader, raw: bytes) -> tuple[int, Name | None, bool]:
    """Reason, issuer, and whether something critical is not understood; most entries say the same."""
    reason, named, strange, notes = (_kept_about if len(raw) <= _USUAL else _about_raw)(raw)
    for note in notes:
        reader.note(note)
    return reason, named, strange
