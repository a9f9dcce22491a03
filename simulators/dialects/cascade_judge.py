"""What the exchange platform says to a described file, and how it describes its own.

Written from `dialects/cascade-db-file/rules.md` 7 and 8, with the slips of its faults.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from hub.catalogue.papers import Papers
from hub.message import CST
from simulators.desk import Desk
from simulators.dialects.cascade_files import NAME, Unfit, fits, form, records
from simulators.dialects.cascade_publishing import Publication, Telling, publication, when
from simulators.dialects.drop_books import first_kind
from simulators.state import Push, Verdict
from simulators.wire import Reply, Request

TEXTS = {
    "C01": "账号无此目录权限",
    "C02": "重复数据",
    "C04": "目录编号不存在",
    "C06": "字段模式不一致",
    "C10": "必填项为空",
    "C11": "文件不存在",
    "C12": "大小不符",
    "C13": "签名不符",
    "C14": "文件不完整",
    "C15": "格式错误",
    "C16": "代码不存在",
    "C20": "同版本内容不一致",
    "C21": "版本过旧",
    "C22": "要修改或删除的记录不存在",
    "C23": "项目或标段不存在",
    "C30": "系统繁忙",
    "C99": "处理异常",
}
RETRIABLE = frozenset({"C04", "C11", "C12", "C14", "C22", "C23", "C30", "C99"})
_TORN = frozenset({"C12", "C14"})
_KINDS = {"required": "C10", "format": "C15", "code": "C16"}
_VERDICTS = {Verdict.CONFLICT: "C20", Verdict.OLDER: "C21", Verdict.UNKNOWN_ROW: "C22"}
_MOODS = {
    "not-allowed": "C01",
    "schema-drift": "C06",
    "row-before-file": "C11",
    "size-mismatch": "C12",
    "bad-signature": "C13",
    "partial-upload": "C14",
    "parent-unknown": "C23",
    "busy": "C30",
    "internal-error": "C99",
}
_FLAWS = (
    "row-before-file", "file-before-row", "partial-upload", "size-mismatch", "bad-signature", "schema-drift",
    "folder-without-signature", "expired-file",
)  # fmt: skip


@dataclass(slots=True)
class Platform:
    """What the platform has in hand: rows to judge again, its own publications, when it cleared last."""

    again: dict[str, datetime] = field(default_factory=dict)
    tellings: list[Telling] = field(default_factory=list)
    unfinished: list[Publication] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    cleared: datetime | None = None
    founded: bool = False


class CascadeJudge:
    """The half of the platform that answers; its rounds are in `cascade_db_file.py`."""

    def __init__(self, desk: Desk, platform: Platform, quirks: frozenset[str]) -> None:
        facts = Papers.load(NAME).facts
        self._desk, self.platform, self._quirks = desk, platform, quirks
        self._code = str(facts["systems"][desk.id]["code"])
        self._stages = {biz: stage for stage, biz in facts["biz_codes"].items()}

    def answer(self, request: Request, now: datetime) -> Reply:
        """STEPS: a description row with what belongs to it; LAY: lines of our own before they are laid."""
        inside = json.loads(request.body)
        if request.method == "LAY":
            said = asdict(self._laid(request.path.lstrip("/"), inside, now))
        else:
            said = self._judge(inside, now)
        return Reply(200, {}, json.dumps(said, ensure_ascii=False).encode("utf-8"))

    def _judge(self, inside: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        row = inside["row"]
        if self._desk.feels("expired-file"):
            return {"set": {"state": "9"}, "drop": [row["path"]]}
        if self._desk.feels("state-before-reading"):
            return {"set": {"state": "1"}, "again": True}
        try:
            stage, found = self._readable(inside)
        except Unfit as unfit:
            torn = {"drop": [row["path"]]} if unfit.code in _TORN else {}
            return self._state("2", unfit.code, TEXTS[unfit.code], now) | torn
        verdicts = [self._record(stage, each, now) for each in found]
        refused = [(code, text) for code, text in verdicts if code not in ("", "C02")]
        if refused:
            return self._state("2", refused[0][0], ";".join(text for _, text in refused)[:2000], now)
        if all(code == "C02" for code, _ in verdicts):
            return self._state("1", "C02", TEXTS["C02"], now)
        return self._state("1", None, None, now)

    def _readable(self, inside: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """The order of rules.md 7; raises Unfit."""
        row, published = inside["row"], inside["published"] or {}
        mood = next((code for mood, code in _MOODS.items() if self._desk.feels(mood)), "")
        first = "catalogue-first" in self._quirks
        if first and published.get("catalog_id") not in inside["catalogue"]:
            raise Unfit("C04")
        stage = self._stages.get(str(published.get("biz_code")), "")
        if mood:
            raise Unfit(mood)
        if not stage or not fits(str(published["field_schema"]), stage):
            raise Unfit("C06")
        files = [base64.b64decode(text) for _, text in sorted(inside["files"].items())]
        return stage, records(row, files, self._desk.credentials["file_key"])

    def _record(self, stage: str, fields: dict[str, Any], now: datetime) -> tuple[str, str]:
        """ "" for taken, or a code with its sentence."""
        op = str(fields.get("op_type", ""))
        wrong = form("" if op == "delete" else stage).wrong(fields)
        if wrong:
            found = first_kind(wrong)
            code = _KINDS[found[0].kind]
            return code, ";".join(f"{TEXTS[code]}:{each.field}" for each in found)
        content = {n: v for n, v in fields.items() if n not in ("hub_no", "from_sys")}
        push = Push(stage, fields["row_id"], fields["data_version"], op, fields, content)
        verdict, _ = self._desk.ledger.put(push, now)
        if verdict is Verdict.TAKEN:
            return "", ""
        code = "C02" if verdict is Verdict.DUPLICATE else _VERDICTS[verdict]
        return code, TEXTS[code]

    def _state(self, state: str, code: str | None, message: str | None, now: datetime) -> dict[str, Any]:
        """What is written beside the row; who gives only states gives no reasons."""
        row: dict[str, Any] = {"state": state, "last_read_time": when(now)}
        if "state-only" not in self._quirks:
            row |= {"err_code": code, "err_msg": message}
        return {"set": row} | ({"again": True} if code in RETRIABLE else {})

    # -- what we lay down ---------------------------------------------------------------------------

    def _laid(self, stage: str, lines: list[str], now: datetime) -> Publication:
        biz = next(biz for biz, each in self._stages.items() if each == stage)
        number = self.platform.numbers[stage] = self.platform.numbers.get(stage, 0) + 1
        name = f"{biz}_{now.astimezone(CST):%Y%m%d%H%M%S}_{number:04d}.dat"
        flaw = next((flaw for flaw in _FLAWS if self._desk.feels(flaw)), "")
        key = self._desk.credentials["file_key"]
        return publication(self._code, key, stage, name, lines, now, flaw)
