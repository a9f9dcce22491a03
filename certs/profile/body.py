"""Rules about version, serial number, algorithm, signature and validity."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from certs.algorithms import identifiers as ids
from certs.model.certificate import Algorithm, read_algorithm
from certs.model.der import MalformedError, Reader
from certs.profile.sheet import Sheet
from certs.profile.wish import Look, Profile, Sighting

_NULL = b"\x05\x00"
_UTC, _GENERALIZED = re.compile(rb"\d{12}Z"), re.compile(rb"\d{14}Z")


def _version(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    if sheet.version != 3:
        yield "version", f"v{sheet.version}"


def _serial_positive(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    if sheet.serial <= 0:
        yield "serialNumber", str(sheet.serial)[:40]


def _serial_size(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    if sheet.serial.bit_length() > 159:
        yield "serialNumber", f"{sheet.serial.bit_length() // 8 + 1} octets"


def _serial_chance(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    if 0 < sheet.serial < 1 << 60:
        yield "serialNumber", f"{sheet.serial.bit_length()} bits"


def _outer(sheet: Sheet) -> Algorithm:
    reader = Reader(sheet.outer)
    return read_algorithm(reader, reader.whole())


def _admitted(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    if _outer(sheet).oid not in profile.algorithms:
        yield "signatureAlgorithm", _outer(sheet).oid


def _agrees(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    if sheet.inner != sheet.outer:
        yield "signatureAlgorithm", f"{sheet.inner.hex()} | {sheet.outer.hex()}"


def _parameters(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    """RSA wants NULL, the curves want nothing; PSS has real parameters."""
    algorithm = _outer(sheet)
    scheme = ids.SCHEMES.get(algorithm.oid)
    wanted = {ids.RSA: _NULL, ids.SM2: None, ids.EC: None}
    if scheme is not None and scheme.family in wanted and algorithm.parameters != wanted[scheme.family]:
        seen = "nothing" if algorithm.parameters is None else algorithm.parameters[:20].hex()
        yield "signatureAlgorithm", f"{scheme.family}: {seen}"


def _signature_form(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    scheme = ids.SCHEMES.get(_outer(sheet).oid)
    if scheme is None or scheme.family not in (ids.SM2, ids.EC):
        return
    reader = Reader(sheet.signature, 10)
    try:
        two = [reader.integer(part) for part in reader.inside(reader.whole())]
    except MalformedError:
        two = []
    if len(two) != 2 or reader.notes:
        yield "signatureValue", f"{len(sheet.signature)} octets"


def _unique_ids(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    if sheet.unique_ids:
        yield "issuerUniqueID, subjectUniqueID", "present"


def _order(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    if sheet.view is not None and sheet.view.not_after <= sheet.view.not_before:
        yield "validity", f"{sheet.view.not_before:%Y-%m-%d} .. {sheet.view.not_after:%Y-%m-%d}"


def _length(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    if sheet.view is None:
        return
    years = profile.ca_years if sheet.is_ca else profile.years
    if sheet.view.not_after - sheet.view.not_before > timedelta(days=366 * years):
        yield "validity", f"{(sheet.view.not_after - sheet.view.not_before).days} days, {years} years allowed"


def _time_form(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    for tag, content in sheet.times:
        late = tag == 0x18 and content[:4] >= b"2050"
        if not (_UTC.fullmatch(content) if tag == 0x17 else late and _GENERALIZED.fullmatch(content)):
            yield "validity", content[:20].decode("latin-1")


LOOKS: dict[str, Look] = {
    "version": _version,
    "serial-positive": _serial_positive,
    "serial-size": _serial_size,
    "serial-chance": _serial_chance,
    "algorithm-admitted": _admitted,
    "algorithm-agrees": _agrees,
    "algorithm-parameters": _parameters,
    "signature-form": _signature_form,
    "unique-ids": _unique_ids,
    "validity-order": _order,
    "validity-length": _length,
    "time-form": _time_form,
}
