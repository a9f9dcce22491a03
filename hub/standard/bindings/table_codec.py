"""An envelope as rows and back, without loss: one row in its stage's table, one per attachment.

NULL in a column means that the member is absent. `null` and what a column cannot say stand in
FORM_MARK, as `{"null": [names], "kept": {name: value}}`; a mark that a column could have said itself
is refused, so that nobody can show one value in the column and sign another. A vendor with plain
values leaves FORM_MARK empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.message import Finding, canonical, check_shape, parse, pointer, shown
from hub.standard.bindings.record import Record, split, unwritable
from hub.standard.bindings.table_cells import UNFIT, Cell, Unfit, from_cell, to_cell
from hub.standard.bindings.table_identity import Registration, national
from hub.standard.bindings.table_layout import ATTACHMENT, ENVELOPE, Column, DataTable, Layout

CLAUSE = "EX-TBL-01"
OPS = {"insert": "1", "update": "2", "delete": "3"}
OPS_BACK = {number: op for op, number in OPS.items()}
HEAD = {"ver": "VER", "realm": "REALM", "from": "SENDER", "to": "RECEIVER", "msgId": "MSG_ID",
        "msgType": "MSG_TYPE", "corrId": "CORR_ID", "time": "DATA_TIMESTAMP", "nonce": "NONCE"}  # fmt: skip
SIGN = {"alg": "SIGN_ALG", "keyId": "CA_KEY", "value": "SIGN_VALUE"}
BODY = {"key": "REC_KEY", "version": "VERSION"}
FILE = {"name": "FILE_NAME", "digest": "DIGEST", "size": "FILE_SIZE", "media": "MEDIA", "role": "FILE_ROLE"}
_COLUMNS = {column.name: column for column in ENVELOPE}
_FILE_COLUMNS = {column.name: column for column in ATTACHMENT}
# Neither engine's text can hold these, and the envelope refuses them as well.
_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Rows:
    """What one message is in the tables: cells by column name; NULLs are left out."""

    table: DataTable
    row: Mapping[str, Cell]
    attachments: tuple[Mapping[str, Cell], ...]


def encode(
    plan: Layout, envelope: Any, registration: Registration | None = None, data_key: str = ""
) -> Rows | tuple[Finding, ...]:
    """The rows of a record message, or why it has none (no record, wrong shape, NUL in a text)."""
    if findings := check_shape(envelope, signed=False):
        return tuple(findings)
    record = split(envelope)
    if isinstance(record, tuple):
        return record
    table = plan.of_stage.get(record.stage)
    if table is None:
        return (
            _finding(
                "table.stage", "/head/stage", "有数据表的环节", shown(record.stage), "库表只承载环节记录"
            ),
        )
    if refused := tuple(unwritable(envelope, refused=_FORBIDDEN)):
        return refused
    row: dict[str, Cell] = {} if registration is None else dict(national(table, registration, data_key))
    misfits = _put(row, HEAD, record.head, "/head") + _put(row, BODY, record.body, "/body")
    misfits += _put(row, SIGN, record.sign or {}, "/head/sign")
    row["DATA_TYPE"] = OPS[record.body["op"]]
    if record.ext is not None:
        row["EXT"] = canonical(record.ext).decode()
    if record.files is not None:
        row["ATTACH_COUNT"] = len(record.files)
    row |= _fields(table, record.fields)
    attachments = []
    for position, file in enumerate(record.files or ()):
        cells: dict[str, Cell] = {"SENDER": row["SENDER"], "MSG_ID": row["MSG_ID"], "POS": position}
        misfits += _put(cells, FILE, file, f"/body/files/{position}", _FILE_COLUMNS)
        attachments.append(cells)
    return tuple(misfits) if misfits else Rows(table, row, tuple(attachments))


def decode(
    table: DataTable, row: Mapping[str, Cell], attachments: Sequence[Mapping[str, Cell]] = ()
) -> tuple[dict[str, Any] | None, tuple[Finding, ...]]:
    """The envelope of a row; None with findings when the columns contradict each other."""
    findings: list[Finding] = []
    head = {"stage": table.stage.id, **_take(row, HEAD, _COLUMNS, findings)}
    body = _take(row, BODY, _COLUMNS, findings)
    op = OPS_BACK.get(str(row.get("DATA_TYPE")))
    if op is None:
        findings.append(_finding("table.value", "DATA_TYPE", "1 | 2 | 3", shown(row.get("DATA_TYPE")), ""))
    sign = _take(row, SIGN, _COLUMNS, findings)
    fields = _unmark(table, row, findings)
    files = None
    if row.get("ATTACH_COUNT") is not None:
        files = tuple(_take(cells, FILE, _FILE_COLUMNS, findings) for cells in attachments)
    if len(attachments) != (row.get("ATTACH_COUNT") or 0):
        advice = "附件清单与 ATTACH_COUNT 应在同一事务中写入"
        found = str(len(attachments))
        findings.append(
            _finding("table.attachments", "ATTACH_COUNT", shown(row.get("ATTACH_COUNT")), found, advice)
        )
    ext = None
    if row.get("EXT") is not None:
        ext = _object(row, "EXT", findings)
    if findings:
        return None, tuple(findings)
    record = Record(head, sign or None, {"op": op, **body}, fields, ext, files)
    return record.envelope(), ()


def _fields(table: DataTable, fields: Mapping[str, Any]) -> dict[str, Cell]:
    columns = {column.name: column for column in table.fields}
    row: dict[str, Cell] = {}
    nulls, kept = [], {}
    for name, value in fields.items():
        cell = to_cell(columns[name], value) if name in columns else UNFIT
        if value is None:
            nulls.append(name)
        elif isinstance(cell, Unfit):
            kept[name] = value
        else:
            row[name] = cell
    mark = ({"null": sorted(nulls)} if nulls else {}) | ({"kept": kept} if kept else {})
    if mark:
        row["FORM_MARK"] = canonical(mark).decode()
    return row


def _unmark(table: DataTable, row: Mapping[str, Cell], findings: list[Finding]) -> dict[str, Any]:
    columns = {column.name: column for column in table.fields}
    fields = _take(row, {name: name for name in columns}, columns, findings)
    if row.get("FORM_MARK") is None:
        return fields
    mark = _object(row, "FORM_MARK", findings)
    nulls, kept = mark.get("null", []), mark.get("kept", {})
    if not set(mark) <= {"null", "kept"} or not isinstance(nulls, list) or not isinstance(kept, dict):
        findings.append(
            _finding("table.mark", "FORM_MARK", '{"null": [...], "kept": {...}}', "", "普通值请留空")
        )
        return fields
    for name, value in [*((name, None) for name in nulls), *kept.items()]:
        column = columns.get(name) if isinstance(name, str) else None
        plain = column is not None and value is not None and to_cell(column, value) is not UNFIT
        if not isinstance(name, str) or name in fields or plain or (value is None and name in kept):
            advice = "列能表达的值写在列里,不写在 FORM_MARK 里"
            findings.append(_finding("table.mark", "FORM_MARK", "列与标记不重复", shown(name), advice))
            continue
        fields[name] = value
    return fields


def _put(
    row: dict[str, Cell],
    names: Mapping[str, str],
    members: Mapping[str, Any],
    at: str,
    columns: Mapping[str, Column] = _COLUMNS,
) -> list[Finding]:
    misfits = []
    for member, name in names.items():
        if member not in members:
            continue
        cell = to_cell(columns[name], members[member])
        if isinstance(cell, Unfit):
            limit = f"{columns[name].kind}({columns[name].size})"
            misfits.append(
                _finding("table.value", f"{at}/{pointer(member)}", limit, shown(members[member]), "")
            )
        else:
            row[name] = cell
    return misfits


def _take(
    row: Mapping[str, Cell], names: Mapping[str, str], columns: Mapping[str, Column], findings: list[Finding]
) -> dict[str, Any]:
    found = {}
    for member, name in names.items():
        cell = row.get(name)
        if cell is None:
            continue
        try:
            found[member] = from_cell(columns[name], cell)
        except ValueError as error:
            # The column's value may be personal: the name says enough.
            findings.append(_finding("table.value", name, str(error), "", "按库表说明书写该列"))
    return found


def _object(row: Mapping[str, Cell], name: str, findings: list[Finding]) -> dict[str, Any]:
    parsed = parse(str(row[name]).encode("utf-8", "surrogatepass"))
    if isinstance(parsed.value, dict) and not parsed.findings:
        return parsed.value
    findings.append(_finding("table.json", name, "JSON 对象", "", "该列应为一个 JSON 对象"))
    return {}


def _finding(code: str, at: str, expected: str, observed: str, advice: str) -> Finding:
    return Finding(code, at, expected, observed, advice, CLAUSE)
