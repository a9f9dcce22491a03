"""A certificate as it was written: tags, lengths and repetitions that the tolerant view looks past."""

from __future__ import annotations

from dataclasses import dataclass

from certs.model.certificate import LARGEST, Certificate, read_certificate, signed_parts
from certs.model.der import SET, MalformedError, Part, Reader


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a name: kind, string type, bytes."""

    oid: str
    tag: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Stated:
    """One extension."""

    oid: str
    critical: bool
    value: bytes


@dataclass(frozen=True, slots=True)
class Sheet:
    """`view` is the tolerant reading; without one (`fault` says why) rules that need it say nothing."""

    version: int
    serial: int
    inner: bytes
    outer: bytes
    issuer: tuple[Attribute, ...]
    subject: tuple[Attribute, ...]
    times: tuple[tuple[int, bytes], ...]
    unique_ids: bool
    extensions: tuple[Stated, ...]
    signature: bytes
    notes: tuple[str, ...]
    view: Certificate | None
    fault: str

    @property
    def is_ca(self) -> bool:
        return self.view is not None and self.view.is_ca

    def stated(self, oid: str) -> Stated | None:
        return next((one for one in self.extensions if one.oid == oid), None)


def read_sheet(raw: bytes) -> Sheet:
    """Raises MalformedError where even this cannot be read."""
    if len(raw) > LARGEST:
        raise MalformedError("larger than any certificate")
    reader = Reader(raw)
    signed, outer, signature = signed_parts(reader)
    parts = reader.inside(signed)
    version = 1
    if parts and parts[0].tag == 0xA0:
        version = reader.natural(reader.parts(parts[0].start, parts[0].end)[0]) + 1
        parts = parts[1:]
    if len(parts) < 6:
        raise MalformedError("not a certificate")
    times = tuple((one.tag, reader.content(one)) for one in reader.inside(parts[3]))
    rest = parts[6:]
    view, fault = _view(raw)
    return Sheet(
        version, reader.integer(parts[0]), reader.raw(parts[1]), reader.raw(outer),
        _attributes(reader, parts[2]), _attributes(reader, parts[4]), times,
        any(part.tag in (0x81, 0x82) for part in rest),
        tuple(one for part in rest if part.tag == 0xA3 for one in _extensions(reader, part)),
        reader.octet_bits(signature), tuple(reader.notes), view, fault,
    )  # fmt: skip


def _view(raw: bytes) -> tuple[Certificate | None, str]:
    try:
        return read_certificate(raw), ""
    except MalformedError as error:
        return None, str(error)


def _attributes(reader: Reader, name: Part) -> tuple[Attribute, ...]:
    out = []
    for rdn in reader.inside(name):
        for pair in reader.inside(rdn, SET):
            parts = reader.inside(pair)
            if len(parts) != 2:
                raise MalformedError("an attribute is a kind and a value")
            out.append(Attribute(reader.oid(parts[0]), parts[1].tag, reader.content(parts[1])))
    return tuple(out)


def _extensions(reader: Reader, part: Part) -> list[Stated]:
    out = []
    for whole in reader.parts(part.start, part.end):
        for one in reader.inside(whole):
            parts = reader.inside(one)
            if not 2 <= len(parts) <= 3:
                raise MalformedError("not an extension")
            critical = len(parts) == 3 and reader.boolean(parts[1])
            out.append(Stated(reader.oid(parts[0]), critical, reader.content(parts[-1])))
    return out
