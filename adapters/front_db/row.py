"""A row as it is laid down: columns, what its database can keep, and the digest by which it is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters import laying
from adapters.front_db.papers import AREA, KEY_SHAPE, ROOMS, SITES, TABLES, Site, fields_of, number
from adapters.paths import reach, text_of
from adapters.rows import Row, refuse
from adapters.rows import finding as _finding
from certs.algorithms.digest import digest
from hub.message import Finding, pointer
from hub.ports import Call, Outgoing

_REQUESTS = ("entry.accept", "witness.exception", "venue.query", "seat.query")


@dataclass(frozen=True, slots=True)
class Laid:
    """One row for one table."""

    table: str
    site: Site
    key: Mapping[str, Any]
    row: Mapping[str, Any]

    @property
    def sm3(self) -> str:
        return str(self.row["ROW_SM3"])


def direction(carried: str, way: str) -> str:
    """`request` for messages that are no records, else the way a record goes."""
    return "request" if carried in _REQUESTS else way


def laid(outgoing: Outgoing, call: Call) -> Laid:
    """Raises SenderError naming every value that the receiver's database cannot keep."""
    site = SITES.get(call.system)
    carried = laying.carried(outgoing)
    if site is None:
        raise laying.unplaced(call.system)
    fields = fields_of(site)
    about = laying.about(outgoing, call, KEY_SHAPE)
    record = {} if about["@op"] == "delete" else laying.without_lists(outgoing.fields)
    problems: list[Finding] = []
    rows = fields.of(carried, direction(carried, "out"))
    _judge_characters(rows, record, site, problems)
    head = fields.of("*", "out")
    made = laying.collect(problems, lambda: fields.abroad(carried, direction(carried, "out"), record, about))
    named = {problem.at for problem in problems if problem.code == "mapping.charset"}
    problems = [one for one in problems if one.code == "mapping.charset" or one.at not in named]
    values = made or []
    if carried not in _REQUESTS:
        values = values[len(head) :]
    _judge_room(values, site, problems)
    _judge_area(record, site, problems)
    refuse(problems)
    envelope = [(row, row.form.encode(text, {}) if (text := about[row.unified]) else None) for row in head]
    return _assembled(carried, site, envelope, values)


def _assembled(
    carried: str, site: Site, envelope: list[tuple[Row, str | None]], values: list[tuple[Row, str | None]]
) -> Laid:
    before = {"SOURCE_CODE": site.code, **_columns(envelope)}
    columns = _columns(values)
    row = {
        **before,
        **columns,
        "ROW_SM3": row_sm3(before["CZLX"], before["VERSION_NO"], columns.items()),
        "IN_TIME": before["SEND_TIME"],
        "SYNC_FLAG": "0",
    }
    key = {name: before[name] for name in ("SOURCE_CODE", "ROW_ID", "VERSION_NO")}
    return Laid(f"XF_{TABLES[carried]}", site, key, row)


def _columns(values: list[tuple[Row, str | None]]) -> dict[str, Any]:
    return {row.foreign: int(text) if number(row.type) else text for row, text in values if text is not None}


def row_sm3(operation: object, version: object, columns: Iterable[tuple[str, Any]]) -> str:
    """The digest over what the row says, without the circumstances of its writing."""
    lines = [f"CZLX={operation}", f"VERSION_NO={version}"]
    lines += [f"{name}={value}" for name, value in columns if value is not None]
    return digest("\n".join(lines).encode("utf-8", "backslashreplace")).hex()


def _judge_characters(
    rows: Iterable[Row], record: Mapping[str, Any], site: Site, problems: list[Finding]
) -> None:
    """Every field with a character that would have to be replaced."""
    charset = "gbk" if site.gbk else "utf-8"
    texts = [(row, text_of(reach(record, row.unified))) for row in rows if not row.unified.startswith("@")]
    whole = "".join([text for _, text in texts])
    try:
        whole.encode(charset)
    except UnicodeEncodeError:
        pass
    else:
        if "\x00" not in whole:
            return
    for row, text in texts:
        bad = list(dict.fromkeys(sign for sign in text if not writable(sign, charset)))
        if bad:
            signs = " ".join(f"U+{ord(sign):04X}" for sign in bad)
            at = f"/body/fields/{pointer(row.unified)}"
            problems.append(_finding("mapping.charset", at, f"{row.foreign}: {charset.upper()}", signs))


def writable(sign: str, charset: str) -> bool:
    """Has the charset this character? NUL has a place in it, but in no column."""
    try:
        sign.encode(charset)
    except UnicodeEncodeError:
        return False
    return sign != "\x00"


def _judge_room(values: Iterable[tuple[Row, str | None]], site: Site, problems: list[Finding]) -> None:
    rooms = ROOMS[site.gbk]
    for row, text in values:
        room = rooms[row.type] if text else None
        wanted = room(text) if room is not None and text else ""
        if wanted:
            at = f"/body/fields/{pointer(row.unified)}"
            problems.append(
                _finding("mapping.too-large", at, f"{row.foreign}: {wanted}", str(len(text or "")))
            )


def _judge_area(record: Mapping[str, Any], site: Site, problems: list[Finding]) -> None:
    """No area is rounded: who measured it says what it is."""
    if site.area_decimals is None:
        return
    text = text_of(record.get(AREA))
    if len(text.partition(".")[2].rstrip("0")) > site.area_decimals:
        wanted = f"至多 {site.area_decimals} 位小数"
        problems.append(_finding("mapping.value", f"/body/fields/{AREA}", wanted, text))
