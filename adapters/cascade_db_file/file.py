"""A file as it is laid down, and the two rows about it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from adapters import laying
from adapters.cascade_db_file.papers import (
    FIELDS,
    HUB,
    KEEP_DAYS,
    KEY_SHAPE,
    LIMIT,
    MOMENT,
    SETS,
    SITES,
    TITLE,
    columns,
    direction,
    signature,
)
from adapters.paths import reach
from adapters.rows import Row, refuse
from hub.errors import SenderError
from hub.message import wall
from hub.ports import Call, Outgoing


@dataclass(frozen=True, slots=True)
class Laid:
    """The file and its rows, ready to be put."""

    path: str
    octets: bytes
    publish: Mapping[str, Any]
    describe: Mapping[str, Any]


def laid(outgoing: Outgoing, call: Call) -> Laid:
    """Raises SenderError naming every value that cannot be written."""
    site = SITES.get(call.system)
    if site is None:
        raise laying.unplaced(call.system)
    carried = laying.carried(outgoing)
    about = laying.about(outgoing, call, KEY_SHAPE)
    octets = laying.compact(_record(outgoing, carried, about)) + b"\n"
    if len(octets) > LIMIT:
        raise SenderError(f"{len(octets)} > {LIMIT}", code="mapping.too-large")
    set_ = SETS[carried]
    now = MOMENT.encode(wall(call.now), {})
    name = f"{set_.code}_{laying.stamp(outgoing.hub_id)}_{laying.serial(about)}.dat"
    number = _number(HUB, site.code, carried)
    publish = {
        "id": number, "name": f"{TITLE}{set_.title}", "source": HUB, "target": site.code, "type": "1",
        "field_schema": schema(carried), "biz_code": set_.code, "catalog_id": set_.catalogue, "status": "1",
        "create_time": now,
    }  # fmt: skip
    describe = {
        "id": _number(number, name), "mng_id": number, "file_name": name, "type": "1", "size": len(octets),
        "record_count": 1, "path": f"up/{name}", "signature": signature(octets, call.credentials["file_key"]),
        "compress": "0", "state": "0", "target": site.code, "create_time": now, "keep_days": KEEP_DAYS,
    }  # fmt: skip
    return Laid(f"up/{name}", octets, publish, describe)


@cache
def schema(carried: str) -> str:
    """What the publish row says the columns are."""
    said = [
        {"name": one.name, "type": one.type, "required": int(one.required), "comment": one.comment}
        for one in columns(carried)
    ]
    return laying.compact(said).decode()


def _number(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def _record(outgoing: Outgoing, carried: str, about: Mapping[str, str]) -> dict[str, Any]:
    fields = {} if about["@op"] == "delete" else outgoing.fields
    way = direction(carried, "out")
    try:
        values = FIELDS.abroad(carried, way, fields, about)
        lists = FIELDS.lists_abroad(carried, way, fields)
    except SenderError as error:
        refuse(laying.as_charset(error.findings))
        raise
    if way == "request":
        head = FIELDS.of("*", "out")
        values = [
            (row, row.form.encode(about[row.unified], {}) if about[row.unified] else None) for row in head
        ] + values
    texts = {row.foreign: _value(row, text) for row, text in values if text is not None}
    there = {
        foreign: lists[foreign]
        for unified, foreign in FIELDS.lists(carried, way)
        if isinstance(reach(fields, unified), list)
    }
    record: dict[str, Any] = {}
    for column in columns(carried):
        name = column.name.partition("[]")[0]
        if column.name in texts:
            _place(record, column.name, texts[column.name])
        elif name in there:
            record[name] = there[name]
    return record


def _value(row: Row, text: str) -> str | int:
    return int(text) if row.type == "number" else text


def _place(record: dict[str, Any], path: str, value: str | int) -> None:
    *above, last = path.split("/")
    for name in above:
        record = record.setdefault(name, {})
    record[last] = value
