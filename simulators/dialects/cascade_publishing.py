"""What the exchange platform publishes: publish row, file, description row, and the slips it can make.

Written from `dialects/cascade-db-file/rules.md` 1, 3, 8 and 9.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.catalogue.papers import Papers
from hub.message import CST
from simulators.dialects.cascade_files import NAME, field_schema, line, short_id, signature

Row = dict[str, Any]


@dataclass(slots=True)
class Telling:
    """One record for the hub; `described` is the id of the description row of its file once it is laid."""

    stage: str
    key: str
    version: int
    op: str
    fields: Mapping[str, Any]
    described: str = ""
    settled: Mapping[str, Any] | None = None

    def line(self, source: str) -> str:
        op = Papers.load(NAME).codes["op"][self.op]
        head = {"row_id": self.key, "op_type": op, "data_version": self.version, "from_sys": source}
        return line(head, self.stage, {} if self.op == "delete" else self.fields)


@dataclass(frozen=True, slots=True)
class Publication:
    """Rows and files of one set, in the two portions in which they are laid down."""

    rows: tuple[tuple[str, Row], ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    late_rows: tuple[tuple[str, Row], ...] = ()
    late_files: tuple[tuple[str, str], ...] = ()


def when(at: datetime) -> str:
    return f"{at.astimezone(CST):%Y-%m-%d %H:%M:%S}"


def publication(
    code: str, key: str, stage: str, name: str, lines: Sequence[str], now: datetime, flaw: str
) -> Publication:
    """One file of records (or a folder), as the platform describes it."""
    described = _described(code, key, stage, name, lines, now, flaw)
    rows = (("mng_data_down", _published(code, stage, now, flaw)), ("data_desc_down", described))
    whole = _files(described, lines)
    if flaw == "row-before-file":
        return Publication(rows, late_files=whole)
    if flaw == "file-before-row":
        return Publication(files=whole, late_rows=rows)
    if flaw == "expired-file":
        return Publication(rows)
    if flaw == "partial-upload":
        ((path, text),) = whole
        half = base64.b64decode(text)
        return Publication(rows, ((path, _b64(half[: len(half) // 2])),), late_files=whole)
    if flaw == "size-mismatch":
        described["size"] -= 1
    return Publication(rows, whole)


def _published(code: str, stage: str, now: datetime, flaw: str) -> Row:
    facts = Papers.load(NAME).facts
    schema = field_schema(stage)
    if flaw == "schema-drift":
        schema = schema[:-1] + ',{"name":"extra_column","type":"string","required":1,"comment":"新增列"}]'
    return {
        "id": short_id(f"{code}|HUB|{stage}|{'drift' if flaw == 'schema-drift' else ''}"),
        "name": facts["titles"]["prefix"] + facts["titles"][stage],
        "source": code,
        "target": "HUB",
        "type": "1",
        "field_schema": schema,
        "biz_code": facts["biz_codes"][stage],
        "catalog_id": facts["catalogues"][stage],
        "status": "1",
        "create_time": when(now),
    }


def _described(
    code: str, key: str, stage: str, name: str, lines: Sequence[str], now: datetime, flaw: str
) -> Row:
    octets = "".join(lines).encode("utf-8")
    folder = flaw == "folder-without-signature"
    mng = _published(code, stage, now, flaw)["id"]
    old = now - timedelta(days=31) if flaw == "expired-file" else now
    signed = signature(key, octets if flaw != "bad-signature" else octets + b" ")
    return {
        "id": short_id(f"{mng}|{name}"),
        "mng_id": mng,
        "file_name": name.removesuffix(".dat") if folder else name,
        "type": "4" if folder else "1",
        "size": len(octets),
        "record_count": len(lines),
        "path": "down/" + (name.removesuffix(".dat") if folder else name),
        "signature": None if folder else signed,
        "compress": "0",
        "state": "0",
        "target": "HUB",
        "create_time": when(old),
        "keep_days": 30,
    }


def _files(described: Row, lines: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """A file of all lines; a folder has a file for each."""
    path = str(described["path"])
    if described["type"] != "4":
        return ((path, _b64("".join(lines).encode("utf-8"))),)
    return tuple((f"{path}/{n:04d}.dat", _b64(text.encode("utf-8"))) for n, text in enumerate(lines, 1))


def _b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")
