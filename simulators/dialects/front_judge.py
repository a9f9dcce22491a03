"""What a front-end system says to a row: the verdict on one of the hub's, its own before it is laid down.

Written from `dialects/front-db/rules.md` 7 and 10, with the slips of its faults.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.catalogue.papers import Papers
from simulators.desk import Desk
from simulators.dialects.front_questions import answer_rows
from simulators.dialects.front_rows import NAME, Layout, row_sm3, stage_of, stage_rows
from simulators.sheet import Wrong
from simulators.state import Push, Verdict
from simulators.wire import Reply, Request

TEXTS = {
    "E201": "重复报送",
    "E401": "来源编码无写入权限",
    "E410": "必填项为空",
    "E411": "格式错误",
    "E412": "代码不存在",
    "E413": "内容过长",
    "E415": "字符无法入库",
    "E420": "同版本内容不一致",
    "E421": "版本过旧",
    "E422": "要修改或删除的记录不存在",
    "E423": "项目或标段不存在",
    "E430": "系统繁忙",
    "E500": "入库异常",
}
RETRIABLE = frozenset({"E422", "E423", "E430", "E500"})
_KINDS = {"required": "E410", "format": "E411", "code": "E412", "length": "E413", "charset": "E415"}
_VERDICTS = {Verdict.CONFLICT: "E420", Verdict.OLDER: "E421", Verdict.UNKNOWN_ROW: "E422"}
_BEFORE = {"busy": "E430", "not-allowed": "E401"}
_AFTER = {
    "clob-too-long": "E413",
    "gbk-unmappable-char": "E415",
    "parent-unknown": "E423",
    "internal-error": "E500",
}
_OPS = {"I": "insert", "U": "update", "D": "delete"}


class FrontJudge:
    """The half of a front-end system that answers; its rounds are in `front_db.py`."""

    def __init__(self, desk: Desk, layout: Layout) -> None:
        self._desk, self.layout = desk, layout
        self._answers: Mapping[str, str] = Papers.load(NAME).facts["answers"]

    def answer(self, request: Request, now: datetime) -> Reply:
        """ROWS: the verdict on a row that the hub laid down; LAY: a row of our own before it is laid."""
        table, row = request.path.lstrip("/"), json.loads(request.body)
        said = self._laid(table, row) if request.method == "LAY" else self._judge(table, row, now)
        return Reply(200, {}, json.dumps(said, ensure_ascii=False).encode("utf-8"))

    def _judge(self, table: str, row: dict[str, Any], now: datetime) -> dict[str, Any]:
        stage = stage_of(table)
        push = self._push(stage, row)
        if self.layout.views:
            self._desk.ledger.put(push, now)
            return {}
        code, columns = self._first(stage, row)
        if not code:
            verdict, _ = self._desk.ledger.put(push, now)
            if verdict is Verdict.TAKEN or verdict is Verdict.DUPLICATE:
                return self._taken(stage, row, verdict is Verdict.DUPLICATE, now)
            code = _VERDICTS[verdict]
        return self._flagged("2", _message(code, columns), now) | ({"again": 1} if code in RETRIABLE else {})

    def _first(self, stage: str, row: dict[str, Any]) -> tuple[str, list[str]]:
        """The first thing wrong with a row, in the order of rules.md 7."""
        code = next((code for mood, code in _BEFORE.items() if self._desk.feels(mood)), "")
        if code or row["SOURCE_CODE"] != self.layout.code:
            return code or "E401", []
        op = _OPS.get(row["CZLX"], "")
        form = self.layout.sheet(stage, op)
        wrong = form.missing(row) or form.wrong(row) or self._area(row)
        if not wrong and op != "delete" and (odd := self.layout.unkeepable(stage, row)):
            wrong = [odd]
        if wrong:
            kind = min((each.kind for each in wrong), key=list(_KINDS).index)
            return _KINDS[kind], [each.field for each in wrong if each.kind == kind]
        return next((code for mood, code in _AFTER.items() if self._desk.feels(mood)), ""), []

    def _area(self, row: Mapping[str, Any]) -> list[Wrong]:
        most = self.layout.area_decimals
        decimals = str(row.get("MJ_MU") or "").partition(".")[2].rstrip("0")
        return [Wrong("format", "MJ_MU")] if most is not None and len(decimals) > most else []

    def _push(self, stage: str, row: dict[str, Any]) -> Push:
        content = {each.foreign: row.get(each.foreign) for each in stage_rows(stage)}
        op = _OPS.get(row["CZLX"], "insert")
        return Push(stage, row["ROW_ID"], int(row["VERSION_NO"]), op, row, content)

    def _taken(self, stage: str, row: dict[str, Any], again: bool, now: datetime) -> dict[str, Any]:
        if self._desk.feels("flag-never-written-back"):
            return {"forget": True}
        if self._desk.feels("deleted-row"):
            return {"drop": True}
        said = self._flagged("1", "E201:" + TEXTS["E201"] if again else None, now)
        if stage in self._answers:
            more, rows = answer_rows(self._desk, self.layout, stage, row, now)
            if rows is None:
                return self._flagged("2", _message(str(more), []), now)
            said["set"] |= more
            said["answers"] = rows
        return said

    def _flagged(self, flag: str, message: str | None, now: datetime) -> dict[str, Any]:
        return {"set": {"SYNC_FLAG": flag, "SYNC_TIME": self.layout.now(now), "ERR_MSG": message}}

    # -- what we lay down ---------------------------------------------------------------------------

    def _laid(self, table: str, row: dict[str, Any]) -> dict[str, Any]:
        """Our own row as this system really writes it: in place or new, with the slip in force."""
        said: dict[str, Any] = {"row": row, "in-place": self.layout.in_place and int(row["VERSION_NO"]) > 1}
        stage = stage_of(table)
        texts = [
            e.foreign for e in stage_rows(stage) if e.form == "text" and isinstance(row.get(e.foreign), str)
        ]
        if self._desk.feels("gbk-unmappable-char") and texts:
            row[texts[-1]] = "�" + row[texts[-1]][1:]
            row["ROW_SM3"] = row_sm3(stage, row)
        if self._desk.feels("clock-behind-high-watermark"):
            for name in ("SEND_TIME", "IN_TIME"):
                row[name] = f"{int(row[name][:4]) - 1}{row[name][4:]}"
        if self._desk.feels("row-updated-in-place"):
            row["VERSION_NO"] = int(row["VERSION_NO"]) - 1
            row["ROW_SM3"] = row_sm3(stage, row)
            said["in-place"] = True
        return said


def _message(code: str, columns: list[str]) -> str:
    """`code:text[:column][;more]`, as much as ERR_MSG holds."""
    parts = [f"{code}:{TEXTS[code]}:{column}" for column in columns] or [f"{code}:{TEXTS[code]}"]
    return ";".join(parts)[:500]
