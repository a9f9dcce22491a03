"""A package: two entries, packed so that the same record is the same octets whenever it is packed."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from adapters import laying, xmltext
from adapters.paths import reach
from adapters.rows import refuse
from adapters.xml_drop import documents
from adapters.xml_drop.papers import (
    CATEGORIES,
    FIELDS,
    HUB,
    KEY_SHAPE,
    LIMIT,
    SITES,
    UNPACKED,
    Site,
    direction,
)
from hub.errors import SenderError
from hub.ports import Call, Outgoing

_BEGINNING = (1980, 1, 1, 0, 0, 0)
_MODE = 0x01800000  # a file of its owner, 0600


@dataclass(frozen=True, slots=True)
class Package:
    """One package of ours, with what its receipt will call it."""

    name: str
    octets: bytes
    site: Site
    item: str

    @property
    def digest(self) -> str:
        return self.site.digest(self.octets)


def packed(outgoing: Outgoing, call: Call) -> Package:
    """Raises SenderError naming every value that cannot be written."""
    site = SITES.get(call.system)
    if site is None:
        raise laying.unplaced(call.system)
    carried = laying.carried(outgoing)
    about = laying.about(outgoing, call, KEY_SHAPE)
    inner = _record(outgoing, carried, about)
    category = CATEGORIES[carried]
    stamp = laying.stamp(outgoing.hub_id)
    name = f"{HUB}_{category}_{stamp}_{laying.serial(about).upper()}"
    text = documents.tag("record", (), inner)
    data = (documents.HEAD + documents.tag("records", [("category", category)], text)).encode()
    entry = f"{category}_0001.xml"
    manifest = _manifest(name, call.system, category, stamp, site, entry, data)
    octets = _zipped(("manifest.xml", manifest), (entry, data))
    if len(octets) > LIMIT:
        raise SenderError(f"{len(octets)} > {LIMIT}", code="mapping.too-large")
    return Package(name, octets, site, f"{stamp}-0001" if site.batch_serial else about["@key"])


def _record(outgoing: Outgoing, carried: str, about: dict[str, str]) -> str:
    fields = {} if about["@op"] == "delete" else outgoing.fields
    way = direction(carried, "out")
    try:
        values = FIELDS.abroad(carried, way, fields, about)
        if way == "request":
            head = [(row, row.form.encode(text, {}) if (text := about[row.unified]) else None)
                    for row in FIELDS.of("*", "out")]  # fmt: skip
            values = head + values
        xmltext.check_encodable(
            [*((row.unified, text) for row, text in values), *_items(carried, way, fields)]
        )
        return documents.record(FIELDS, carried, way, values, fields)
    except SenderError as error:
        refuse(laying.as_charset(error.findings))
        raise


def _items(carried: str, way: str, fields: object) -> Iterable[tuple[str, str | None]]:
    """Every text inside the arrays, with the name of its array."""
    source = fields if isinstance(fields, dict) else {}
    for unified, _ in FIELDS.lists(carried, way):
        values = reach(source, unified)
        for item in values if isinstance(values, list) else ():
            for value in item.values() if isinstance(item, dict) else (item,):
                yield unified, value if isinstance(value, str) else None


def _manifest(
    name: str, receiver: str, category: str, stamp: str, site: Site, entry: str, data: bytes
) -> bytes:
    file = documents.tag(
        "file",
        [("name", entry), ("count", "1"), ("size", str(len(data))), ("digest", site.digest(data))],
    )
    attributes = [
        ("package", name), ("sender", HUB), ("receiver", receiver), ("category", category),
        ("version", stamp), ("count", "1"), ("algorithm", site.algorithm),
    ]  # fmt: skip
    return (documents.HEAD + documents.tag("manifest", attributes, file)).encode()


def _zipped(*entries: tuple[str, bytes]) -> bytes:
    made = BytesIO()
    with ZipFile(made, "w", ZIP_STORED) as package:
        for name, octets in entries:
            entry = ZipInfo(name, _BEGINNING)
            entry.create_system, entry.create_version, entry.extract_version = 3, 20, 20
            entry.external_attr = _MODE
            package.writestr(entry, octets)
    return made.getvalue()


class CutError(Exception):
    """No readable package."""


class HugeError(Exception):
    """More than may be unpacked."""


def unzipped(octets: bytes) -> list[tuple[str, bytes]]:
    """The entries as they come. Raises CutError, HugeError; never unpacks more than the papers allow."""
    found: list[tuple[str, bytes]] = []
    left = UNPACKED
    try:
        with ZipFile(BytesIO(octets)) as package:
            for entry in package.infolist():
                with package.open(entry) as stream:
                    content = stream.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise HugeError
                found.append((entry.filename, content))
    except (
        BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise CutError from error
    return found
