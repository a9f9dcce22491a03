"""Validation data kept in a signer's attributes: by CAdES (RFC 5126, 6.3) beside the signature, by PDF
programs inside it. Like all that comes along they only help, and are checked as if they came from anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from certs.cms import oids
from certs.cms.signed import Attributes, SignedData
from certs.model import write as w
from certs.model.der import MalformedError, Part, Reader
from certs.model.ocsp import BASIC

_MOST = 200


@dataclass(frozen=True, slots=True)
class Kept:
    """What was found with all signers, DER; `broken` if some could not be read, or was too much."""

    certificates: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    ocsp: tuple[bytes, ...]
    broken: bool


def kept(signed: SignedData) -> Kept:
    """Everything that came along: in the message's own fields and with its signers."""
    found: dict[int, dict[bytes, None]] = {0: {}, 1: {}, 2: {}}
    broken = False
    for signer in signed.signers:
        try:
            for kind, raw in _values(signer.attributes, signer.unsigned_attributes):
                found[kind][raw] = None
        except MalformedError:
            broken = True
    if sum(map(len, found.values())) > _MOST:
        broken, found = True, {kind: {} for kind in found}
    certificates, crls, ocsp = (tuple(one) for one in found.values())
    return Kept((*signed.certificates, *certificates), (*signed.crls, *crls), (*signed.ocsp, *ocsp), broken)


def _values(inside: Attributes, beside: Attributes) -> Iterator[tuple[int, bytes]]:
    """Kind (0 certificate, 1 list, 2 answer) and DER."""
    for raw in beside.get(oids.CERTIFICATE_VALUES, ()):
        reader = Reader(raw, _MOST + 1)
        yield from ((0, reader.raw(part)) for part in reader.inside(reader.whole()))
    for raw in beside.get(oids.REVOCATION_VALUES, ()):
        for kind, value in _revocation(raw):
            yield kind, _answer(value) if kind == 2 else value
    for raw in inside.get(oids.PDF_REVOCATION, ()):
        yield from _revocation(raw)


def _revocation(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Lists under [0], answers under [1]; anything else is read past."""
    reader = Reader(raw, 2 * _MOST)
    for part in reader.inside(reader.whole()):
        if part.tag in (0xA0, 0xA1):
            yield from ((part.tag - 0x9F, reader.raw(one)) for one in _rows(reader, part))


def _rows(reader: Reader, part: Part) -> list[Part]:
    inner = reader.parts(part.start, part.end)
    return [one for row in inner for one in reader.inside(row)]


def _answer(basic: bytes) -> bytes:
    """CAdES keeps only the inner part of an answer."""
    return w.sequence(w.enumerated(0), w.explicit(0, w.sequence(w.oid(BASIC), w.octets(basic))))
