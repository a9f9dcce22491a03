"""市县平台 JSON 接口: one static token in the body, HTTP 200 for everything, an error that means success.

Written from `hub/catalogue/data/dialects/static-token-rest/rules.md`; section numbers in comments are its.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.catalogue.papers import Papers
from simulators.desk import Desk
from simulators.dialects import jsonread
from simulators.sheet import Wrong, op_of, sheet
from simulators.state import Push, Verdict
from simulators.wire import NO_SUCH_PATH, Reply, Request

NAME = "static-token-rest"
TEXTS = {
    "E001": "令牌无效",
    "E002": "必填项为空",
    "E003": "字段格式错误",
    "E004": "该记录已存在",
    "E005": "同版本内容不一致",
    "E006": "所属项目或标段不存在",
    "E007": "系统繁忙,请稍后再试",
    "E008": "代码不在字典内",
    "E009": "分页参数错误",
    "E010": "版本低于现有版本",
    "E011": "JSON解析失败",
    "E012": "要修改或删除的记录不存在",
    "E413": "报文过大",
    "E500": "内部错误",
}
NOT_CONTENT = frozenset({"sendtime", "hubno", "opertype"})
_KINDS = {"required": "E002", "format": "E003", "code": "E008"}
_REFUSED = {Verdict.CONFLICT: "E005", Verdict.OLDER: "E010", Verdict.UNKNOWN_ROW: "E012"}


class StaticTokenRest:
    """Push, get and list over the tables of the papers."""

    def __init__(self, desk: Desk) -> None:
        papers = Papers.load(NAME)
        self._desk = desk
        self._stages = {table: stage for stage, table in papers.facts["tables"].items()}
        self._limit = int(papers.facts["limits"]["max_body_bytes"])
        own = papers.facts.get("systems", {}).get(desk.id, {})
        self._ok: int = int(own.get("ok_code", 1))
        self._first_page: int = int(own.get("first_page", 0))
        variant = papers.facts["variant"].get(desk.variant) or papers.facts["variant"]["plain"]
        self._answer_type = str(variant["answer_content_type"])

    def answer(self, request: Request, now: datetime) -> Reply:
        if not self.serves(request):
            return NO_SUCH_PATH
        parts = request.path.strip("/").split("/")
        if len(request.body) > self._limit:
            return self._no("E413")
        call = _read(request.body)
        if call is None:
            return self._no("E011")
        if not self._knows(call["token"]):
            return self._no("E001")
        for mood, errorno in (("busy", "E007"), ("internal-error", "E500"), ("parent-unknown", "E006")):
            if self._desk.feels(mood):
                return self._no(errorno)
        stage, params = self._stages[parts[1]], call["params"]
        if parts[2] == "get":
            return self._get(stage, params)
        if parts[2] == "list":
            return self._list(stage, params)
        return self._push(stage, params, now)

    def serves(self, request: Request) -> bool:
        """Is there such a path?"""
        parts = request.path.strip("/").split("/")
        known = len(parts) == 3 and parts[0] == "rest" and parts[1] in self._stages
        return known and request.method == "POST" and parts[2] in ("push", "get", "list")

    def _knows(self, token: object) -> bool:
        expected = self._desk.credentials["token"].encode("utf-8")
        return isinstance(token, str) and hmac.compare_digest(token.encode("utf-8"), expected)

    def _push(self, stage: str, params: dict[str, Any], now: datetime) -> Reply:
        form, key = sheet(NAME, stage), str(params.get("rowguid") or "")
        wrong = form.missing(params) or form.wrong(params)
        if wrong:
            return self._wrong(wrong[0], key)
        if self._desk.switches.get("parent-check") and not self._has_parent(stage, params):
            return self._no("E006", key)
        content = {name: value for name, value in params.items() if name not in NOT_CONTENT}
        op = op_of(NAME, str(params["opertype"]))
        push = Push(stage, key, int(params["version"]), op, params, content)
        verdict, held = self._desk.ledger.put(push, now)
        if verdict is Verdict.TAKEN and held is not None:
            return self._yes({"rowguid": key, **_receipt(held.receipt, held.received)})
        if verdict is Verdict.DUPLICATE and held is not None:
            return self._no("E004", key, _receipt(held.receipt, held.received))
        return self._no(_REFUSED[verdict], key)

    def _has_parent(self, stage: str, params: Mapping[str, Any]) -> bool:
        """Section 9: the project registration must have come first (only where switched on)."""
        if stage == "eng-project":
            return True
        tender = str(params.get("zbxmbh") or "")
        return any(
            record.message in ("eng-project", "eng-tender-project")
            and str(record.fields.get("zbxmbh") or record.fields.get("xmbh") or "-") == tender
            for record in self._desk.ledger
        )

    def _get(self, stage: str, params: Mapping[str, Any]) -> Reply:
        held = self._desk.ledger.find(stage, str(params.get("rowguid") or ""))
        if held is None or held.deleted:
            return self._yes({"record": None})
        return self._yes({"record": held.fields, **_receipt(held.receipt, held.received)})

    def _list(self, stage: str, params: Mapping[str, Any]) -> Reply:
        first, size = params.get("pageindex", self._first_page), params.get("pagesize", 20)
        if not (_whole(first) and _whole(size)) or not 1 <= int(size) <= 100 or int(first) < 0:
            return self._no("E009")
        where = params.get("where") or {}
        if not isinstance(where, dict):
            return self._no("E009")
        rows = [
            record.fields
            for record in self._desk.ledger
            if record.message == stage
            and not record.deleted
            and all(record.fields.get(name) == value for name, value in where.items())
        ]
        base = 1 if self._desk.feels("page-index-from-0-or-1") else self._first_page
        start = (int(first) - base) * int(size)
        page = rows[start : start + int(size)] if start >= 0 else []
        return self._yes({"total": len(rows), "records": page})

    def _wrong(self, wrong: Wrong, key: str) -> Reply:
        return self._no(_KINDS[wrong.kind], key, {"field": wrong.field})

    def _yes(self, custom: dict[str, Any]) -> Reply:
        code: int | str = 200 if self._desk.feels("status-code-1-vs-200") else self._ok
        return self._say(str(code) if self._desk.feels("number-as-string") else code, "操作成功", custom)

    def _no(self, errorno: str, key: str = "", more: Mapping[str, Any] | None = None) -> Reply:
        custom = {"errorno": errorno, "field": "", "rowguid": key, **(more or {})}
        code: int | str = "0" if self._desk.feels("number-as-string") else 0
        return self._say(code, TEXTS[errorno], custom)

    def _say(self, code: int | str, text: str, custom: dict[str, Any]) -> Reply:
        told = {"status": {"code": code, "text": text}, "custom": custom}
        kind = "text/plain;charset=UTF-8" if self._desk.feels("json-under-form-ct") else self._answer_type
        return Reply.text(200, kind, json.dumps(told, ensure_ascii=False, separators=(",", ":")))


def _read(body: bytes) -> dict[str, Any] | None:
    """`{"token", "params"}`; None for anything else (section 2)."""
    call = jsonread.read(body)
    if not isinstance(call, dict) or not isinstance(call.get("params"), dict) or "token" not in call:
        return None
    return call


def _receipt(number: str, at: datetime) -> dict[str, str]:
    return {"receiptno": number, "receipttime": f"{at:%Y-%m-%d %H:%M:%S}"}


def _whole(value: object) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool) and str(value).lstrip("-").isdigit()
