"""Files that a platform describes for us: judged by their rows first, then by size, signature and content."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from adapters import jsontext, laying
from adapters.cascade_db_file.papers import (
    CARRIED,
    FIELDS,
    LIMIT,
    MOMENT,
    UNPACKED,
    Site,
    columns,
    direction,
    signature,
)
from adapters.proof import same
from adapters.situation import bad
from hub.message import Finding
from hub.ports import Incoming

FOLDER = "4"
# stable code -> what the platform reads; the first two say nothing over there and are looked at again
CODES = {
    "file.missing": "",
    "file.partial": "",
    "file.expired": "",
    "file.mode": "C05",
    "schema.drift": "C06",
    "file.size": "C12",
    "file.signature": "C13",
    "file.malformed": "C15",
}
AGAIN = ("file.missing", "file.partial")
WORDS = {
    "file.expired": "文件已过保存期",
    "file.mode": "方式未约定",
    "schema.drift": "字段模式不一致",
    "file.size": "大小不符",
    "file.signature": "签名不符",
    "file.malformed": "文件内容有误",
}


class FileError(Exception):
    """Why a file as a whole is not taken."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Described:
    """One description row, with what its publish row promises."""

    row: Mapping[str, Any]
    carried: str

    @property
    def folder(self) -> bool:
        return bool(self.row.get("type") == FOLDER)

    @property
    def wanted(self) -> str:
        """What is to be fetched."""
        path = str(self.row.get("path"))
        return f"{path}/*.dat" if self.folder else path


def described(row: Mapping[str, Any], published: Mapping[str, Mapping[str, Any]], site: Site) -> Described:
    """Judge the rows alone; raises FileError."""
    publish = published.get(str(row.get("mng_id")))
    carried = CARRIED.get(str(publish.get("biz_code")), "") if publish is not None else ""
    if publish is None or carried not in site.publishes or not _fits(publish.get("field_schema"), carried):
        raise FileError("schema.drift")
    if row.get("type") not in ("1", FOLDER):
        raise FileError("file.mode")
    path = str(row.get("path") or "")
    if not path.startswith("down/") or ".." in path or set(path) & set("*?[\\"):
        raise FileError("file.malformed")
    size = row.get("size")
    if not isinstance(size, int) or size > LIMIT:
        raise FileError("file.size")
    return Described(row, carried)


def _fits(schema: object, carried: str) -> bool:
    """Does the platform promise the columns that must be there, and none that nobody knows?"""
    try:
        said = {one["name"] for one in json.loads(str(schema))}
    except (ValueError, RecursionError, TypeError, KeyError):
        return False
    known = columns(carried)
    return said <= {one.name for one in known} and {one.name for one in known if one.required} <= said


def taken(it: Described, got: Mapping[str, bytes], key: str, now: datetime) -> tuple[Incoming, ...]:
    """The messages of one file or folder; raises FileError."""
    row = it.row
    if not got:
        raise FileError("file.expired" if _expired(row, now) else "file.missing")
    contents = [got[path] for path in sorted(got)]
    size = sum(len(octets) for octets in contents)
    if size < int(row["size"]):
        raise FileError("file.partial")
    if size > int(row["size"]):
        raise FileError("file.size")
    if not it.folder and not same(str(row.get("signature") or ""), signature(contents[0], key)):
        raise FileError("file.signature")
    if row.get("compress") == "1":
        contents = [_unpacked(octets) for octets in contents]
    records = [record for octets in contents for record in _records(octets)]
    if len(records) != row.get("record_count"):
        short = it.folder and len(records) < int(row.get("record_count") or 0)
        raise FileError("file.partial" if short else "file.malformed")
    if not records:
        raise FileError("file.malformed")  # nothing could ever be decided of it
    context = {"row": str(row["id"])}
    return tuple(_message(record, it.carried, context) for record in records)


def _expired(row: Mapping[str, Any], now: datetime) -> bool:
    text = MOMENT.decode(str(row.get("create_time") or ""))
    days = row.get("keep_days")
    if not str(text).endswith("+08:00") or not isinstance(days, int) or not 0 <= days < 100_000:
        return False
    return now > datetime.fromisoformat(text) + timedelta(days=days)


def _unpacked(octets: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        made = unpacker.decompress(octets, UNPACKED + 1)
    except zlib.error:
        raise FileError("file.malformed") from None
    if len(made) > UNPACKED or not unpacker.eof or unpacker.unused_data:
        raise FileError("file.malformed")
    return made


def _records(octets: bytes) -> list[dict[str, Any]]:
    lines = octets.removesuffix(b"\n").split(b"\n") if octets else []
    records = [jsontext.read(line) for line in lines]
    found = [record for record in records if isinstance(record, dict)]
    if len(found) != len(records) or octets.startswith(b"\xef\xbb\xbf"):
        raise FileError("file.malformed")
    return found


def _message(record: Mapping[str, Any], carried: str, context: Mapping[str, Any]) -> Incoming:
    way = direction(carried, "in")
    texts: dict[str, str | None] = {}
    lists = {foreign: unified for unified, foreign in FIELDS.lists(carried, way)}
    findings: list[Finding] = []
    for name, value in record.items():
        if name in lists and isinstance(value, list):
            continue
        inner = value if isinstance(value, dict) else {"": value}
        for last, text in inner.items():
            path = f"{name}/{last}" if last else name
            if isinstance(text, dict | list):
                findings.append(bad("field.format", f"/body/fields/{name}", "文本或整数", "对象或数组"))
            else:
                texts[path] = jsontext.scalar(text)
    head = {row.foreign: texts.get(row.foreign) for row in FIELDS.of("*", "in")}
    reading = FIELDS.home(carried, way, texts)
    there = {name: _items(record[name]) for name in lists if isinstance(record.get(name), list)}
    made = FIELDS.lists_home(carried, way, there)
    reading.fields.update({lists[name]: made[lists[name]] for name in there})
    ext = {name: text for name, text in reading.ext.items() if "/" not in name}
    about = FIELDS.home("", "in", head).about
    return laying.message_of(FIELDS, carried, about, reading.fields, findings, context, ext)


def _items(values: list[Any]) -> list[Any]:
    return [
        {name: jsontext.scalar(value) for name, value in one.items() if not isinstance(value, dict | list)}
        if isinstance(one, dict)
        else jsontext.scalar(one)
        for one in values
    ]


def refused(row: Mapping[str, Any], carried: str, code: str) -> Incoming:
    """One message for a file that is refused as a whole."""
    number, name = str(row.get("id")), str(row.get("file_name"))
    return Incoming(
        FIELDS.messages.get(carried, ""),
        "" if "." in carried else carried,
        "insert",
        number,
        1,
        f"{number}:{code}",
        {},
        findings=(bad(code, "", WORDS[code], name[:80]),),
        authenticated=True,
        context={"row": number, "code": code},
    )
