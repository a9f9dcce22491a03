"""统一接口(原生), where the hub delivers: signed envelopes in, receipts out, records back by key.

Written from `dialects/hub-unified-v1/rules.md`. T01, which must satisfy the conformance profile too, is
`simulators/systems/t01`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from hub.message import (
    CST,
    Finding,
    Key,
    check_shape,
    check_time,
    content_digest,
    parse,
    refusing,
    verify,
    verify_request,
    wall,
)
from hub.message.signing import HEADERS
from hub.standard import Standard, load
from simulators.desk import Desk
from simulators.nonces import NonceBook
from simulators.state import Push, Record
from simulators.wire import NO_SUCH_PATH, Reply, Request

NAME = "hub-unified-v1"
LIMIT = 4_194_304
PAGE = 200
TYPE = "application/json; charset=utf-8"
TITLES = {
    "message.malformed": "报文无法解析",
    "message.findings": "校验不通过",
    "message.too-large": "报文过大",
    "auth.key": "密钥无效",
    "auth.signature": "签名不符",
    "auth.time-window": "时间超出范围",
    "auth.nonce": "随机数已用",
    "idempotency.conflict": "同一业务键已有不同内容",
    "receiver.busy": "系统繁忙",
    "receiver.internal": "内部错误",
}
_MOODS = {
    "replay": (401, "auth.nonce"),
    "clock-skew": (401, "auth.time-window"),
    "bad-sign": (401, "auth.signature"),
    "schema-violation": (422, "message.findings"),
    "oversize": (413, "message.too-large"),
    "busy": (503, "receiver.busy"),
    "internal-error": (500, "receiver.internal"),
}


@cache
def _standard() -> Standard:
    return load()


class HubUnified:
    """`POST /uis/v1/messages`, `GET /uis/v1/records`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        desk.ledger.pattern = desk.id + "-{day}-{serial:06d}"
        given = desk.credentials
        self._key = Key(given["key_id"], "centre", given["alg"], given["secret"].encode("utf-8"))
        self._nonces = NonceBook()
        self._said: dict[str, tuple[bytes, dict[str, Any]]] = {}

    def answer(self, request: Request, now: datetime) -> Reply:
        place = (request.method, request.path)
        if place == ("POST", "/uis/v1/messages"):
            for mood, (status, code) in _MOODS.items():
                if self._desk.feels(mood):
                    return problem(status, code)
            return self._take(request.body, now)
        if place == ("GET", "/uis/v1/records"):
            return self._records(request, now)
        return NO_SUCH_PATH

    def _take(self, raw: bytes, now: datetime) -> Reply:
        if len(raw) > LIMIT:
            return problem(413, "message.too-large")
        parsed = parse(raw)
        if parsed.value is None or parsed.findings:
            return problem(400, "message.malformed", list(parsed.findings))
        envelope = parsed.value
        shape = refusing(check_shape(envelope))
        if not shape and "stage" not in envelope["head"]:
            shape = [Finding("envelope.required", "/head/stage", "环节编号", "", "本系统只收记录")]
        if any(f.at in ("", "/head") or f.at.startswith("/head/") for f in shape):
            return problem(422, "message.findings", shape)
        refused = self._proof(verify(envelope, self._key_of)) or self._fresh(envelope["head"], now)
        if refused is not None:
            return refused
        if findings := shape + self._findings(envelope):
            return problem(422, "message.findings", findings)
        return self._keep(envelope, now)

    def _key_of(self, key_id: str) -> Key | None:
        return self._key if key_id == self._key.key_id else None

    def _proof(self, findings: list[Finding]) -> Reply | None:
        if not findings:
            return None
        return problem(401, "auth.key" if findings[0].code == "auth.key" else "auth.signature")

    def _fresh(self, head: Mapping[str, Any], now: datetime) -> Reply | None:
        if check_time(head["time"], now, "/head/time"):
            return problem(401, "auth.time-window")
        return self._nonce(str(head["nonce"]), now)

    def _nonce(self, nonce: str, now: datetime) -> Reply | None:
        return None if self._nonces.fresh(nonce, now) else problem(401, "auth.nonce")

    def _findings(self, envelope: dict[str, Any]) -> list[Finding]:
        """All of them, but none for a field that the hub may not have been allowed to tell us."""
        stage = _standard().by_id.get(envelope["head"].get("stage", ""))
        if (
            stage is not None
        ):  # a record is judged by its stage, whichever message of the vocabulary carried it
            envelope = {**envelope, "head": {**envelope["head"], "msgType": "record.put"}}
        told = {f.name for f in stage.fields if f.policy.openness == "public"} if stage else set()
        return [
            finding
            for finding in refusing(_standard().check(envelope, signed=True))
            if finding.code != "field.required" or finding.at.rpartition("/")[2] in told
        ]

    def _keep(self, envelope: dict[str, Any], now: datetime) -> Reply:
        head, body = envelope["head"], envelope["body"]
        same = content_digest(envelope)
        if head["msgId"] in self._said:
            known, told = self._said[head["msgId"]]
            return _receipt(200, told) if known == same else problem(409, "idempotency.conflict")
        told_origin = body.get("ext", {}).get("origin")
        origin = str(told_origin.get("from") if isinstance(told_origin, dict) else head["from"])
        key, stage = str(head["msgId"]).rsplit(":", 2)[0], str(head.get("stage", ""))
        held = self._desk.ledger.find(stage, key)
        if held is not None and body["version"] <= held.version and body["fields"] != held.content:
            return problem(409, "idempotency.conflict")
        record = self._desk.ledger.append(
            Push(stage, key, body["version"], body["op"], dict(body["fields"]), dict(body["fields"])), now
        )
        record.extra = {
            "origin": origin,
            "key": body["key"],
            "msgType": head["msgType"],
            "envelope": envelope,
        }
        told = {"receiptId": record.receipt, "receivedTime": wall(now), "replyTo": head["msgId"]}
        self._said[head["msgId"]] = (same, told)
        return _receipt(200 if self._desk.feels("duplicate") else 202, told)

    def _records(self, request: Request, now: datetime) -> Reply:
        headers = {name: request.headers.get(name.lower(), "") for name in HEADERS}
        target = request.signed or request.target
        _, findings = verify_request("GET", target, headers, self._key_of)
        refused = self._proof(findings)
        if refused is None and check_time(headers[HEADERS[1]], now, ""):
            refused = problem(401, "auth.time-window")
        refused = refused or self._nonce(headers[HEADERS[2]], now)
        asked = request.asked()
        if refused is None and asked.get("since") and since(asked["since"]) is None:
            refused = problem(400, "message.malformed")
        return refused or self._page(asked)

    def _page(self, asked: Mapping[str, str]) -> Reply:
        rows = [record for record in self._desk.ledger if not record.deleted and _wanted(record, asked)]
        start = cursor(asked.get("cursor", ""))
        more = str(start + PAGE) if start + PAGE < len(rows) else None
        return _json(
            200, {"records": [_row(record) for record in rows[start : start + PAGE]], "cursor": more}
        )


def _wanted(record: Record, asked: Mapping[str, str]) -> bool:
    own = {"stage": record.message, "origin": record.extra["origin"], "key": record.extra["key"]}
    if any(asked.get(name) not in (None, "", value) for name, value in own.items()):
        return False
    after = since(asked.get("since", ""))
    return after is None or record.received >= after


def since(text: str) -> datetime | None:
    """A moment of a query, in Beijing time where it names no zone; None for what is none."""
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=CST)


def cursor(text: str) -> int:
    """A place in a list; anything odd is its beginning."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else 0


def _row(record: Record) -> dict[str, Any]:
    return {
        "stage": record.message,
        "origin": record.extra["origin"],
        "key": record.extra["key"],
        "version": record.version,
        "op": record.op,
        "msgType": record.extra["msgType"],
        "fields": record.fields,
        "receivedTime": wall(record.received),
        "receiptId": record.receipt,
    }


def problem(status: int, code: str, findings: list[Finding] | None = None) -> Reply:
    """RFC 9457 in the form of the papers."""
    told = {
        "type": f"urn:hutong:problem:{code}",
        "title": TITLES[code],
        "status": status,
        "code": code,
        "findings": [f.public() for f in findings or []],
    }
    reply = _json(status, told, "application/problem+json; charset=utf-8")
    return Reply(status, {**reply.headers, "Retry-After": "1"}, reply.body) if status == 503 else reply


def _receipt(status: int, told: Mapping[str, Any]) -> Reply:
    return _json(status, {"code": "0000", "msg": "已接收", "receipt": told})


def _json(status: int, told: Mapping[str, Any], kind: str = TYPE) -> Reply:
    return Reply.text(status, kind, json.dumps(told, ensure_ascii=False, separators=(",", ":")))
