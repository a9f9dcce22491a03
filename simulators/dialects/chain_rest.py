"""区块链存证接口: evidence by hash, confirmed a moment later, 20 calls a second, members by certificate.

Written from `dialects/chain-rest/rules.md`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import deque
from datetime import datetime, timedelta
from typing import Any

from hub.catalogue.papers import Papers
from simulators.desk import Desk
from simulators.dialects import jsonread
from simulators.sheet import moment
from simulators.state import Push, Record
from simulators.wire import NO_SUCH_PATH, Reply, Request

NAME = "chain-rest"
PREFIX = "/chain/v1/evidence/"
LIMIT = 16384
SECOND = timedelta(seconds=1)
DIGITS = {0: 64, 1: 64, 2: 96}
ERRORS = {
    "BAD_PARAM": (400, "参数缺失或格式错误"),
    "BAD_HASH": (400, "摘要长度与算法不符"),
    "HASH_TYPE": (400, "不支持的摘要算法"),
    "NO_APP": (401, "应用标识不存在"),
    "MEMBER_CERT": (403, "链成员证书无效或过期"),
    "NOT_FOUND": (404, "未查到存证"),
    "DUPLICATE_BUSINESS_ID": (409, "业务标识已存证且摘要不同"),
    "ALG_DIFFERS": (409, "摘要算法与存证不一致"),
    "TOO_LARGE": (413, "请求过大"),
    "THROTTLED": (429, "超过每秒20次"),
    "INTERNAL": (500, "内部错误"),
    "CHAIN_DOWN": (503, "链服务暂不可用"),
}
_MOODS = {
    "member-cert-expired": "MEMBER_CERT",
    "throttled-20rps": "THROTTLED",
    "duplicate-business-id": "DUPLICATE_BUSINESS_ID",
    "busy": "CHAIN_DOWN",
    "internal-error": "INTERNAL",
}
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HEX = re.compile(r"[0-9a-f]+")


class ChainRest:
    """put, query and verify over a chain of one node that never forgets."""

    def __init__(self, desk: Desk) -> None:
        facts = Papers.load(NAME).facts
        self._desk = desk
        desk.ledger.pattern = "EV{day}{serial:08d}"
        self._types = set(facts.get("systems", {}).get(desk.id, {}).get("hash_types", DIGITS))
        self._rate = int(facts["rate_per_second"])
        self._calls: deque[datetime] = deque()
        self._height = 1023

    def answer(self, request: Request, now: datetime) -> Reply:
        verb = request.path.removeprefix(PREFIX)
        if (
            not request.path.startswith(PREFIX)
            or verb not in ("put", "query", "verify")
            or request.method != "POST"
        ):
            return NO_SUCH_PATH
        if len(request.body) > LIMIT:
            return no("TOO_LARGE")
        if request.headers.get("x-app-id") != self._desk.credentials["app_id"]:
            return no("NO_APP")
        if request.base.startswith("https") and not request.member:
            return no("MEMBER_CERT")
        for mood, code in _MOODS.items():
            if self._desk.feels(mood):
                return no(code)
        if self._throttled(now):
            return no("THROTTLED")
        asked = _read(request.body)
        if asked is None:
            return no("BAD_PARAM")
        return {"put": self._put, "query": self._query, "verify": self._verify}[verb](asked, now)

    def _throttled(self, now: datetime) -> bool:
        while self._calls and now - self._calls[0] >= SECOND:
            self._calls.popleft()
        if len(self._calls) >= self._rate:
            return True
        self._calls.append(now)
        return False

    def _put(self, asked: dict[str, Any], now: datetime) -> Reply:
        ident, kind, text = asked.get("businessId"), asked.get("hashType", 0), asked.get("hash")
        if self._desk.feels("hash-type-default"):
            kind = 0
        if not isinstance(ident, str) or not _ID.fullmatch(ident) or not _optional(asked):
            return no("BAD_PARAM")
        if wrong := self._bad_hash(kind, text):
            return no(wrong)
        content = {"hash": text, "hashType": kind}
        held = self._desk.ledger.find("chain.put", ident)
        if held is not None:
            return self._told(held, True) if held.content == content else no("DUPLICATE_BUSINESS_ID")
        fields = {**{n: asked[n] for n in _PUT if n in asked}, "hashType": kind}
        held = self._desk.ledger.append(Push("chain.put", ident, 1, "insert", fields, content), now)
        reply = self._told(held, False)
        if not self._desk.feels("pending-tx"):
            self._confirm(held)
        return reply

    def _bad_hash(self, kind: Any, text: Any) -> str:
        if not isinstance(kind, int) or isinstance(kind, bool) or not isinstance(text, str) or not text:
            return "BAD_PARAM"
        if kind not in self._types:
            return "HASH_TYPE"
        return "" if _HEX.fullmatch(text) and len(text) == DIGITS[kind] else "BAD_HASH"

    def _confirm(self, held: Record) -> None:
        """The transaction is in a block from now on; the caller learns it when it asks again."""
        self._height += 1
        held.extra = {
            "txHash": "0x" + hashlib.sha256(held.receipt.encode()).hexdigest(),
            "height": self._height,
        }

    def _chain(self, held: Record) -> dict[str, Any]:
        done = held.extra if not self._desk.feels("pending-tx") else {}
        height = done.get("height")
        if self._desk.feels("height-goes-back") and height is not None:
            height -= 7
        return {
            "evidenceId": held.receipt,
            "evidenceTime": f"{held.received:%Y-%m-%d %H:%M:%S}",
            "txHash": done.get("txHash", ""),
            "height": height,
            "state": "CONFIRMED" if done else "PENDING",
        }

    def _told(self, held: Record, repeat: bool) -> Reply:
        return yes({**self._chain(held), "repeat": repeat})

    def _query(self, asked: dict[str, Any], _now: datetime) -> Reply:
        held = self._desk.ledger.find("chain.put", str(asked.get("businessId", "")))
        return no("NOT_FOUND") if held is None else yes({**held.fields, **self._chain(held)})

    def _verify(self, asked: dict[str, Any], _now: datetime) -> Reply:
        given = next((n for n in ("evidenceId", "txHash", "businessId") if asked.get(n)), "")
        if not given or not isinstance(asked.get("hash"), str):
            return no("BAD_PARAM")
        held = next((r for r in self._desk.ledger if self._names(r, given) == asked[given]), None)
        if held is None:
            return no("NOT_FOUND")
        if asked.get("hashType", 0) != held.content["hashType"]:
            return no("ALG_DIFFERS")
        return yes({"result": asked["hash"] == held.content["hash"], **self._chain(held)})

    def _names(self, held: Record, member: str) -> Any:
        return {"evidenceId": held.receipt, "txHash": held.extra.get("txHash"), "businessId": held.key}[
            member
        ]


_PUT = ("businessId", "hash", "hashType", "linkNo", "info", "submitTime")


def _optional(asked: dict[str, Any]) -> bool:
    link, info, at = asked.get("linkNo"), asked.get("info", ""), asked.get("submitTime")
    return (
        (link is None or (isinstance(link, int) and not isinstance(link, bool)))
        and isinstance(info, str)
        and len(info) <= 256
        and isinstance(at, str)
        and moment("yyyy-MM-dd HH:mm:ss", at) is not None
    )


def _read(raw: bytes) -> dict[str, Any] | None:
    asked = jsonread.read(raw)
    return asked if isinstance(asked, dict) else None


def yes(told: dict[str, Any]) -> Reply:
    return Reply.text(200, "application/json", json.dumps(told, ensure_ascii=False, separators=(",", ":")))


def no(code: str) -> Reply:
    """An error of the papers; 429 says when to come back."""
    status, text = ERRORS[code]
    told = json.dumps({"errorCode": code, "errorMsg": text}, ensure_ascii=False, separators=(",", ":"))
    reply = Reply.text(status, "application/json", told)
    return Reply(status, {**reply.headers, "Retry-After": "1"}, reply.body) if status == 429 else reply
