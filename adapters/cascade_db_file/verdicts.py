"""What a platform reads in its description rows, once all of a file is decided."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from adapters import laying
from adapters.cascade_db_file.inward import CODES, WORDS
from adapters.cascade_db_file.papers import FIELDS, MOMENT
from hub.message import Finding, wall
from hub.ports import Answer, Incoming

Done = Sequence[tuple[Incoming, Answer]]
_CODES = {
    "field.required": "C10",
    "code.unknown": "C16",
    "idempotency.conflict": "C20",
    "system.suspended": "C01",
}
_REASONS = {
    "C01": "账号无此目录权限",
    "C10": "必填项为空",
    "C15": "格式错误",
    "C16": "代码不存在",
    "C20": "同版本内容不一致",
}
_ABOUT = {"/body/key": "row_id", "/body/op": "op_type", "/body/version": "data_version"}
_ROOM = 2000


def verdict(done: Done, now: datetime) -> dict[str, Any]:
    """The state of one file; what of it was taken is taken, whatever else is refused."""
    first = done[0][0]
    state, code, words = "1", None, None
    wrong = [(item, answer) for item, answer in done if answer.status >= 300]
    whole = str(first.context.get("code", ""))
    if wrong and whole and wrong[0][1].status not in (401, 403):
        state = "9" if whole == "file.expired" else "2"
        code, words = CODES[whole] or None, WORDS[whole]
    elif wrong:
        reasons = [_reasons(item, answer) for item, answer in wrong]
        state, code = "2", reasons[0][0]
        words = ";".join(text for _, texts in reasons for text in texts)[:_ROOM]
    row = {
        "state": state,
        "last_read_time": MOMENT.encode(wall(now), {}),
        "err_code": code,
        "err_msg": words,
    }
    key = {"id": str(first.context["row"])}
    return {"table": "data_desc_down", "key": key, "row": row, "if": {"state": "0"}}


def _reasons(item: Incoming, answer: Answer) -> tuple[str, list[str]]:
    first, findings = laying.foremost(answer, item)
    code = _CODES.get(first, "C15")
    told = [_reason(item, one) for one in findings]
    if not told or code in ("C01", "C20"):
        told.insert(0, f"{item.key}:{_REASONS[code]}")
    return code, list(dict.fromkeys(told))


def _reason(item: Incoming, finding: Finding) -> str:
    words = _REASONS[_CODES.get(finding.code, "C15")]
    column = FIELDS.foreign_name(item.stage or item.message, finding.at) or _ABOUT.get(finding.at, "")
    return ":".join(part for part in (item.key, words, column) if part)
