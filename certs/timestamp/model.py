"""What a stamp says: TSTInfo as a frozen view (RFC 3161, 2.4.2).

A token is signed over its bytes, so a clumsy encoding in it is forgiven and noted; what a stamp says
(which data, when, how exactly) is read strictly, because two readers must not see two different moments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from certs.algorithms.digest import UnknownAlgorithmError
from certs.algorithms.identifiers import DIGESTS
from certs.cms.schemes import content_digest
from certs.model.der import GENERALIZED_TIME, OCTETS, SEQUENCE, MalformedError, Part, Reader
from certs.model.general_names import GeneralName, read_general_name
from certs.model.times import read_time

TST_INFO = "1.2.840.113549.1.9.16.1.4"
LARGEST = 1 << 20
SIZES = {"md5": 16, "sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64, "sha3-224": 28,
         "sha3-256": 32, "sha3-384": 48, "sha3-512": 64, "sm3": 32}  # fmt: skip
_LONGEST_SERIAL = 20  # octets: RFC 3161 asks for 160 bits
_FRACTION = re.compile(rb"\d{14}(?:\.(\d{1,9}))?Z")


@dataclass(frozen=True, slots=True)
class Digest:
    """The digest of some data, under a name of `certs.algorithms.identifiers.DIGESTS`."""

    algorithm: str
    value: bytes

    @classmethod
    def of(cls, data: bytes, algorithm: str) -> Digest:
        """ValueError for a digest that is not in `SIZES`."""
        if algorithm not in SIZES:
            raise UnknownAlgorithmError(algorithm, SIZES)
        return cls(algorithm, content_digest(algorithm, data))


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How far the clock may be off, either way."""

    seconds: int = 0
    millis: int = 0
    micros: int = 0

    @property
    def span(self) -> timedelta:
        return timedelta(seconds=self.seconds, milliseconds=self.millis, microseconds=self.micros)

    def __str__(self) -> str:
        return f"{self.seconds + self.millis / 1000 + self.micros / 1_000_000:g} s"


@dataclass(frozen=True, slots=True)
class Info:
    """TSTInfo: what was seen, and when. `accuracy` None: not stated. `tsa` as it names itself."""

    policy: str
    imprint: Digest
    serial: int
    at: datetime
    accuracy: Accuracy | None
    ordering: bool
    nonce: int | None
    tsa: GeneralName | None
    critical: tuple[str, ...]
    notes: tuple[str, ...] = ()


def opened(raw: bytes) -> Reader:
    if len(raw) > LARGEST:
        raise MalformedError("larger than any time stamp")
    return Reader(raw, 20_000)


def read_imprint(reader: Reader, part: Part) -> tuple[str, bytes]:
    """The digest's object identifier and value."""
    parts = reader.inside(part)
    kind = reader.inside(parts[0]) if len(parts) == 2 else []
    if not 1 <= len(kind) <= 2:
        raise MalformedError("an imprint is an algorithm and a digest")
    if len(kind) == 2 and reader.raw(kind[1]) != b"\x05\x00":
        raise MalformedError("a digest has no parameters")
    return reader.oid(kind[0]), reader.content(parts[1], OCTETS)


def read_info(raw: bytes) -> Info:
    """TSTInfo; raises MalformedError and nothing else."""
    reader = opened(raw)
    parts = reader.inside(reader.whole())
    if len(parts) < 5 or reader.integer(parts[0]) != 1:
        raise MalformedError("not version 1 of a TSTInfo")
    oid, value = read_imprint(reader, parts[2])
    name = DIGESTS.get(oid, oid)
    if SIZES.get(name, len(value)) != len(value) or not value:
        raise MalformedError("a digest of the wrong length")
    serial = reader.integer(parts[3])
    if serial < 0 or parts[3].end - parts[3].start > _LONGEST_SERIAL + 1:
        reader.note("serial-out-of-range")
    found = options(parts[5:], (SEQUENCE, 0x01, 0x02, 0xA0, 0xA1))
    return Info(
        reader.oid(parts[1]),
        Digest(name, value),
        serial,
        gen_time(reader, parts[4]),
        _accuracy(reader, found[SEQUENCE]) if SEQUENCE in found else None,
        reader.boolean(found[0x01]) if 0x01 in found else False,
        reader.integer(found[0x02]) if 0x02 in found else None,
        _name(reader, found[0xA0]) if 0xA0 in found else None,
        extensions(reader, found[0xA1], critical=True) if 0xA1 in found else (),
        tuple(reader.notes),
    )


def options(parts: list[Part], order: tuple[int, ...]) -> dict[int, Part]:
    tags = [part.tag for part in parts]
    if [tag for tag in order if tag in tags] != tags:
        raise MalformedError("unknown, repeated or misplaced element")
    return {part.tag: part for part in parts}


def gen_time(reader: Reader, part: Part) -> datetime:
    """GeneralizedTime in UTC with seconds and at most a fraction (RFC 3161, 2.4.2); kept to microseconds."""
    content = reader.content(part, GENERALIZED_TIME)
    form = _FRACTION.fullmatch(content)
    if form is None:
        raise MalformedError(f"not the time of a stamp: {content[:32]!r}")
    whole = Part(part.tag, 0, part.start - part.head, part.end - part.head)
    moment = read_time(Reader(reader.raw(part)), whole, generalized=True)  # fmt: skip
    if form[1] is None:
        return moment
    if form[1].endswith(b"0"):
        reader.note("time-not-der")
    return moment + timedelta(microseconds=int(form[1][:6].ljust(6, b"0")))


def _accuracy(reader: Reader, part: Part) -> Accuracy:
    found = options(reader.inside(part), (0x02, 0x80, 0x81))
    seconds = reader.integer(found[0x02]) if 0x02 in found else 0
    small = [reader.integer(found[tag], tag) if tag in found else 0 for tag in (0x80, 0x81)]
    if not 0 <= seconds <= 10**9 or any(tag in found and not 1 <= reader.integer(found[tag], tag) <= 999
                                        for tag in (0x80, 0x81)):  # fmt: skip
        raise MalformedError("an accuracy out of its range")
    return Accuracy(seconds, *small)


def _name(reader: Reader, part: Part) -> GeneralName:
    inner = reader.parts(part.start, part.end)
    if len(inner) != 1:
        raise MalformedError("one name of the authority")
    return read_general_name(reader, inner[0])


def extensions(reader: Reader, part: Part, *, critical: bool) -> tuple[str, ...]:
    """The identifiers of all extensions, or of the critical ones."""
    out = []
    for one in reader.inside(part, part.tag):
        parts = reader.inside(one)
        if not 2 <= len(parts) <= 3:
            raise MalformedError("not an extension")
        reader.content(parts[-1], OCTETS)
        if not critical or (len(parts) == 3 and reader.boolean(parts[1])):
            out.append(reader.oid(parts[0]))
    return tuple(out)
