"""Rows that a system reports: found by their flag, read, and told what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from adapters import laying
from adapters.front_db.papers import LISTS, TABLES, Site, column_text, fields_of
from adapters.front_db.row import direction, row_sm3
from adapters.mapping import FieldMap
from adapters.situation import bad
from hub.message import Finding, pointer, wall
from hub.ports import Answer, Incoming

_CODES = {
    "field.required": "E410",
    "code.unknown": "E412",
    "charset.replacement": "E415",
    "idempotency.conflict": "E420",
    "digest.mismatch": "E440",
    "system.suspended": "E401",
}
_WORDS = {
    "E401": "来源编码无写入权限",
    "E410": "必填项为空",
    "E411": "格式错误",
    "E412": "代码不存在",
    "E415": "字符无法入库",
    "E420": "同版本内容不一致",
    "E440": "行摘要不符",
}
_ROOM = 500  # characters of ERR_MSG


def looks(site: Site, reports: Sequence[str], limit: int) -> list[dict[str, Any]]:
    """One look for each of these tables of the system."""
    return [
        {
            "table": f"SB_{TABLES[carried]}",
            "where": {"SOURCE_CODE": site.code, "SYNC_FLAG": "0"},
            "columns": ["SEQ_ID", *_columns(fields_of(site), carried), "ROW_SM3"],
            "order": ["SEQ_ID"],
            "limit": limit,
        }
        for carried in reports
    ]


def _columns(fields: FieldMap, carried: str) -> list[str]:
    rows = (*fields.of("*", "in"), *fields.of(carried, direction(carried, "in")))
    return [row.foreign for row in rows]


def incoming(row: Mapping[str, Any], carried: str, site: Site) -> Incoming:
    """One row as a message; what cannot be read is said in its findings."""
    fields = fields_of(site)
    way = direction(carried, "in")
    texts = {name: column_text(value) for name, value in row.items()}
    own = [one.foreign for one in fields.of(carried, way)]
    envelope = fields.home(
        "", "in", {one.foreign: texts.get(one.foreign) for one in fields.of("*", "in")}
    ).about
    read = fields.home(carried, way, {name: texts.get(name) for name in own}).fields
    laying.as_lists(read, LISTS.get(carried, ()))
    findings = _damaged(fields, carried, way, texts)
    known = texts.get("ROW_SM3")
    if not findings and known:
        made = row_sm3(texts.get("CZLX"), texts.get("VERSION_NO"), ((name, texts.get(name)) for name in own))
        if made != known:
            findings.append(bad("digest.mismatch", "/body/fields/ROW_SM3", made, known))
    place = {
        "table": f"SB_{TABLES[carried]}",
        "SEQ_ID": row.get("SEQ_ID"),
        "VERSION_NO": row.get("VERSION_NO"),
    }
    return laying.message_of(fields, carried, envelope, read, findings, {"row": place})


def _damaged(fields: FieldMap, carried: str, way: str, texts: Mapping[str, str | None]) -> list[Finding]:
    """Texts that were replaced somewhere on their way: nobody may pass them on as what was meant."""
    return [
        bad("charset.replacement", f"/body/fields/{pointer(row.unified)}", "原字符", "U+FFFD")
        for row in (*fields.of("*", "in"), *fields.of(carried, way))
        if "\ufffd" in (texts.get(row.foreign) or "")
    ]


def verdict(site: Site, item: Incoming, answer: Answer, now: datetime) -> dict[str, Any]:
    """The flag of one row, written only over the row as it was read."""
    place = item.context["row"]
    taken = answer.status < 300
    form = next(row.form for row in fields_of(site).of("*", "in") if row.foreign == "SEND_TIME")
    row: dict[str, Any] = {
        "SYNC_FLAG": "1" if taken else "2",
        "SYNC_TIME": form.encode(wall(now), {}),
        "ERR_MSG": None if taken else _reasons(fields_of(site), item, answer),
    }
    if taken:
        row["HUB_NO"] = str(answer.data.get("hubId", ""))
    return {
        "table": place["table"],
        "key": {"SOURCE_CODE": site.code, "SEQ_ID": place["SEQ_ID"]},
        "row": row,
        "if": {"VERSION_NO": place["VERSION_NO"], "SYNC_FLAG": "0"},
    }


def _reasons(fields: FieldMap, item: Incoming, answer: Answer) -> str:
    """Code of the first reason, then all of them in words and columns; never a value."""
    first, findings = laying.foremost(answer, item)
    code = _CODES.get(first, "E411")
    told = [_reason(_CODES.get(one.code, "E411"), _column(fields, item, one)) for one in findings]
    if not told or code in ("E401", "E420"):
        told.insert(0, _WORDS[code])
    return f"{code}:{';'.join(dict.fromkeys(told))}"[:_ROOM]


def _reason(code: str, column: str) -> str:
    return f"{_WORDS[code]}:{column}" if column else _WORDS[code]


def _column(fields: FieldMap, item: Incoming, finding: Finding) -> str:
    """The column a finding is about; the row's key, operation and version have theirs as well."""
    name = finding.at.rpartition("/")[2]
    if name == "ROW_SM3":
        return name
    about = {"key": "ROW_ID", "op": "CZLX", "version": "VERSION_NO"}
    return fields.foreign_name(item.stage or item.message, finding.at) or about.get(name, "")
