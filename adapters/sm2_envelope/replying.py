"""What the hub's answer is in the words of a bank or CA: signed and enciphered, where it is known."""

from __future__ import annotations

from typing import Any

from adapters import jsontext
from adapters.situation import Situation, every, service_code, situation
from adapters.sm2_envelope import sealing
from adapters.sm2_envelope.amounts import to_fen
from adapters.sm2_envelope.outward import STAMP
from adapters.sm2_envelope.papers import (
    ANSWERS,
    BODIES,
    CLEAR,
    NUMBERS,
    TYPE,
)
from hub.message import wall
from hub.ports import Answer, Call, Incoming, WireReply

_WORDS = {
    "000000": "交易成功",
    "200001": "流水号重复,返回首次结果",
    "200002": "流水号已被另一笔业务使用",
    "300001": "必填项为空",
    "300002": "字段格式错误",
    "300003": "代码不存在",
    "400001": "系统繁忙",
    "400002": "报文过大",
    "500003": "无法取得撤销状态",
    "500005": "无法确定证书主体代码",
    "900001": "应用号不存在",
    "900002": "验签失败",
    "900003": "解密失败",
    "900004": "报文不是合法JSON",
    "900005": "交易码不存在",
    "900006": "交易时间超出范围",
    "900007": "交易码未授权",
    "999999": "系统异常",
}
_CODES = {
    Situation.ACCEPTED: "000000",
    Situation.DUPLICATE: "200001",
    Situation.CONFLICT: "200002",
    Situation.AUTH: "900001",
    Situation.OFFLINE: "900007",
    Situation.REQUIRED: "300001",
    Situation.CODE: "300003",
    Situation.MALFORMED: "900004",
    Situation.TOO_LARGE: "400002",
    Situation.NO_PATH: "900005",
    Situation.BUSY: "400001",
    Situation.UPSTREAM: "400001",
    Situation.INTERNAL: "999999",
}
_IN_CLEAR = ("400002", "900001", "900002", "900003")


def reply(answer: Answer, incoming: Incoming, call: Call) -> WireReply:
    """Signed and enciphered, but for a caller that could not be known."""
    meaning = situation(answer, incoming)
    known = dict(incoming.context.get("head") or {})
    if meaning is Situation.NO_PATH and not known:
        return WireReply(404)
    code = str(incoming.context.get("auth") or "") if meaning is Situation.AUTH else ""
    code = code or _CODES.get(meaning, "300002")
    again = meaning is Situation.ACCEPTED and incoming.message in NUMBERS and answer.status == 200
    if again and not incoming.stage:
        code = "200001"  # a callback told again: what is told, not asked, is answered 202 the first time
    code = ANSWERS.spelling(service_code(answer, incoming)) or code
    words = _WORDS.get(code, answer.message)
    body: dict[str, Any] = {}
    findings = every(answer, incoming)
    if code in ("000000", "200001"):
        body = _result(answer, incoming, call)
    elif code in ("300001", "300002", "300003") and findings:
        carried = incoming.stage or incoming.message
        words = ";".join(f"{BODIES.name_of(carried, f.at) or f.at or '报文'}:{f.code}" for f in findings)
        body = {"field": next((n for f in findings if (n := BODIES.name_of(carried, f.at))), "")}
    head = {**known, "tranTime": STAMP(wall(call.now), {}), "respCode": code, "respMsg": words}
    plain = jsontext.document({"head": head, "body": body})
    if code in _IN_CLEAR:
        return WireReply(200, {"Content-Type": CLEAR}, plain)
    sealed = sealing.seal(plain, call.credentials, call.nonce)
    headers = {"Content-Type": TYPE, "x-app-id": call.credentials["app_id"], "x-sign": sealed.sign}
    return WireReply(200, headers, sealed.body)


def _result(answer: Answer, incoming: Incoming, call: Call) -> dict[str, Any]:
    """The receipt of a record, or the reply fields of a service."""
    if incoming.stage:
        received = str(answer.data.get("receivedTime") or wall(call.now))
        return {"receiptNo": str(answer.data.get("hubId", "")), "receiptTime": STAMP(received, {})}
    data = dict(answer.data)
    if incoming.message == "guarantee.issue" and "guaranteeFile" in incoming.fields:
        data.setdefault("cipherHeld", True)  # it was accepted, so it is kept
    return to_fen(call.system, incoming.message, "reply", BODIES.write(incoming.message, "reply", data, {}))
