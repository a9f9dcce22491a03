"""A signed thing together with all that made it believed at the time: version 1 of our own container.

    Kept ::= SEQUENCE {
        format        UTF8String ("hutong-proof"),   version INTEGER (1),   kind UTF8String,
        thing         OCTET STRING,                  -- as it came
        content   [0] OCTET STRING OPTIONAL,         -- what a detached one is about
        value     [1] SEQUENCE { algorithm UTF8String, value OCTET STRING, certificate Certificate } OPTIONAL,
        certificates [2] SET OF, crls [3] SET OF, ocsp [4] SET OF,          -- IMPLICIT, absent if empty
        moment    [5] SEQUENCE { at GeneralizedTime, source UTF8String },   -- when believed, and how known
        verdict   [6] SEQUENCE { zh UTF8String, en UTF8String, report UTF8String } }   -- JSON, members sorted

There is one encoding of each container: whatever is not written as we would write it is refused, as are a
version or kind not known here. What version 1 means never changes; a change is version 2. The verdict kept
is for people; it is never believed, the thing is judged anew from the data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from certs.model import write as w
from certs.model.der import GENERALIZED_TIME, OCTETS, MalformedError, Part, Reader
from certs.model.times import read_time
from certs.proof.complete import Data

FORMAT, VERSION = "hutong-proof", 1
KINDS = ("cms", "seal", "timestamp", "message")
LARGEST = 1 << 27
_UTF8 = 0x0C
_ORDER = (0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6)


@dataclass(frozen=True, slots=True)
class Value:
    """A signature beside its message: algorithm by name, value, the signer's certificate."""

    algorithm: str
    value: bytes = field(repr=False)
    certificate: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """`kind` is one of `KINDS`; `content` None: the thing holds what it is about."""

    kind: str
    thing: bytes = field(repr=False)
    content: bytes | None = field(repr=False)
    value: Value | None
    data: Data
    at: datetime
    source: str
    zh: str
    en: str
    report: str = field(repr=False)

    @property
    def raw(self) -> bytes:
        return w.sequence(
            w.utf8(FORMAT),
            w.integer(VERSION),
            w.utf8(self.kind),
            w.octets(self.thing),
            w.explicit(0, w.octets(self.content)) if self.content is not None else b"",
            _value(self.value) if self.value is not None else b"",
            *(_set(2 + at, parts) for at, parts in enumerate(_parts(self.data))),
            w.explicit(5, w.sequence(w.generalized_time(self.at), w.utf8(self.source))),
            w.explicit(6, w.sequence(w.utf8(self.zh), w.utf8(self.en), w.utf8(self.report))),
        )


def _parts(data: Data) -> tuple[tuple[bytes, ...], ...]:
    return data.certificates, data.crls, data.ocsp


def _set(number: int, parts: tuple[bytes, ...]) -> bytes:
    return w.implicit(number, w.set_of(*set(parts))) if parts else b""


def _value(value: Value) -> bytes:
    return w.explicit(1, w.sequence(w.utf8(value.algorithm), w.octets(value.value), value.certificate))


def read_kept(raw: bytes) -> Kept:
    """The container; raises MalformedError and nothing else."""
    if len(raw) > LARGEST:
        raise MalformedError("larger than any container")
    reader = Reader(raw, 10_000)
    parts = reader.inside(reader.whole())
    if len(parts) < 6 or _text(reader, parts[0]) != FORMAT or reader.integer(parts[1]) != VERSION:
        raise MalformedError("not a container of a version known here")
    kind, found = _text(reader, parts[2]), {part.tag: part for part in parts[4:]}
    if kind not in KINDS or [tag for tag in _ORDER if tag in found] != [part.tag for part in parts[4:]]:
        raise MalformedError("unknown kind, or an unknown, repeated or misplaced element")
    if not {0xA5, 0xA6} <= set(found):
        raise MalformedError("a container says when and how it was judged")
    sets = [
        tuple(map(reader.raw, reader.inside(found[tag], tag))) if tag in found else () for tag in _ORDER[2:5]
    ]
    moment, words = _sequence(reader, found[0xA5], 2), _sequence(reader, found[0xA6], 3)
    content = reader.parts(found[0xA0].start, found[0xA0].end) if 0xA0 in found else []
    kept = Kept(
        kind,
        reader.content(parts[3], OCTETS),
        reader.content(content[0], OCTETS) if content else None,
        _read_value(reader, found[0xA1]) if 0xA1 in found else None,
        Data(*sets),
        _time(reader, moment[0]),
        _text(reader, moment[1]),
        *(_text(reader, one) for one in words),
    )
    if kept.raw != raw or (kind == "message") != (kept.value is not None):
        raise MalformedError("a container written in another way than there is")
    return kept


def _sequence(reader: Reader, part: Part, count: int) -> list[Part]:
    inner = reader.parts(part.start, part.end)
    parts = reader.inside(inner[0]) if len(inner) == 1 else []
    if len(parts) != count:
        raise MalformedError("another number of parts than there should be")
    return parts


def _read_value(reader: Reader, part: Part) -> Value:
    name, value, certificate = _sequence(reader, part, 3)
    return Value(_text(reader, name), reader.content(value, OCTETS), reader.raw(certificate))


def _time(reader: Reader, part: Part) -> datetime:
    reader.content(part, GENERALIZED_TIME)
    return read_time(reader, part, generalized=True).astimezone(UTC)


def _text(reader: Reader, part: Part) -> str:
    try:
        return reader.content(part, _UTF8).decode()
    except UnicodeDecodeError as error:
        raise MalformedError("not text") from error
