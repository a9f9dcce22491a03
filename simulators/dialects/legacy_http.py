"""旧平台 HTTP 接口: one table, two shells (`session-rcode` with a login, `appkey-md5` with a signed form).

Written from `dialects/legacy-http/rules.md`; the shells are in `legacy_shells.py`, here is what they share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.catalogue.papers import Papers
from simulators.desk import Desk
from simulators.dialects import jsonread
from simulators.sheet import op_of, sheet
from simulators.state import Push, Record, Verdict

NAME = "legacy-http"
NOT_CONTENT = frozenset({"fs_sj", "hub_no", "czlx"})


@dataclass(frozen=True, slots=True)
class Said:
    """An outcome before it is put in a shell: r_code, its text, how many, what."""

    code: str
    text: str
    count: int = 0
    data: Any = None


CODES = {
    "200": ("", "操作成功"),
    "201": ("E2010", "重复报送"),
    "401": ("E1001", "签名错误"),
    "405": ("E1002", "会话无效或超时"),
    "403": ("E1003", "appKey不存在"),
    "406": ("E1004", "接口不存在"),
    "409": ("E1005", "data不是合法JSON"),
    "410": ("E2001", "必填项为空"),
    "411": ("E2002", "字段格式错误"),
    "412": ("E2003", "代码不存在"),
    "420": ("E2020", "同版本内容不一致"),
    "421": ("E2021", "版本过旧"),
    "422": ("E2022", "要修改或删除的记录不存在"),
    "423": ("E2023", "项目或标段不存在"),
    "430": ("E3001", "系统繁忙"),
    "413": ("E3002", "数据过大"),
    "500": ("E9999", "系统异常"),
}
STACK = (
    "java.lang.NullPointerException\n\tat com.vendor.ggzy.SaveAction.save(SaveAction.java:118)"
    "\n\tat org.apache.coyote.Worker.run(Worker.java:52)"
)
_KINDS = {"required": "410", "format": "411", "code": "412"}
_REFUSED = {Verdict.CONFLICT: "420", Verdict.OLDER: "421", Verdict.UNKNOWN_ROW: "422"}


def say(code: str, *, field: str = "", data: Any = None, count: int = 0) -> Said:
    """The papers' text for a code, with the foreign field name where one is to blame."""
    text = CODES[code][1]
    return Said(code, f"{text}:{field}" if field else text, count, data)


class Desktop:
    """save and query over the tables; the shells bring the module, the verb and the text of `data`."""

    def __init__(self, desk: Desk) -> None:
        facts = Papers.load(NAME).facts
        self._desk = desk
        desk.ledger.pattern = "JT{day}{serial:06d}"
        self._stages = {module: stage for stage, module in facts["modules"].items()}
        self.limit = int(facts["limits"]["max_body_bytes"])

    def serve(self, module: str, verb: str, data: str, now: datetime) -> Said:
        if module not in self._stages or verb not in ("save", "query"):
            return say("406")
        for mood, code in (("busy", "430"), ("internal-error", "500"), ("parent-unknown", "423")):
            if self._desk.feels(mood):
                return say(code)
        if self._desk.feels("stacktrace-in-answer"):
            return Said("500", STACK)
        asked = jsonread.read(data)
        if not isinstance(asked, dict):
            return say("409")
        stage = self._stages[module]
        return self._query(stage, asked) if verb == "query" else self._save(stage, asked, now)

    def _query(self, stage: str, asked: Mapping[str, Any]) -> Said:
        held = self._desk.ledger.find(stage, str(asked.get("sn") or ""))
        if held is None or held.deleted:
            return Said("200", "无数据")
        return say("200", data={"record": held.fields, **_receipt(held)}, count=1)

    def _save(self, stage: str, asked: dict[str, Any], now: datetime) -> Said:
        form = sheet(NAME, stage)
        if wrong := form.missing(asked) or form.wrong(asked):
            return say(_KINDS[wrong[0].kind], field=wrong[0].field)
        content = {name: value for name, value in asked.items() if name not in NOT_CONTENT}
        op = op_of(NAME, asked["czlx"])
        verdict, held = self._desk.ledger.put(
            Push(stage, str(asked["sn"]), int(asked["bbh"]), op, asked, content), now
        )
        if held is not None and verdict is Verdict.TAKEN:
            return say("200", data=_receipt(held), count=1)
        if held is not None and verdict is Verdict.DUPLICATE:
            return say("201", data=_receipt(held))
        return say(_REFUSED[verdict])


def _receipt(held: Record) -> dict[str, str]:
    return {"sn": held.key, "receipt_no": held.receipt, "receipt_sj": f"{held.received:%Y-%m-%d %H:%M:%S}"}
