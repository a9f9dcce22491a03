"""What the hub's answer is in the words of a portal or signer."""

from __future__ import annotations

from typing import Any

from adapters import jsontext
from adapters.scan_oauth.papers import (
    ANSWERS,
    BODIES,
    JSON,
)
from adapters.situation import Situation, every, service_code, situation
from hub.ports import Answer, Incoming, WireReply

_WORDS = {
    "200": "ok",
    "4001": "client_id不存在或未授权",
    "4002": "签名错误",
    "4003": "请求时间超出范围",
    "4004": "随机数重复",
    "4010": "access_token无效或过期",
    "4101": "票据不存在",
    "4102": "票据已过期",
    "4401": "业务号重复,返回首次结果",
    "4402": "同一业务号内容不一致",
    "4501": "必填项为空",
    "4502": "字段格式错误",
    "4503": "代码不存在",
    "4504": "请求体不是合法JSON",
    "4505": "报文过大",
    "4506": "接口未开通",
    "5000": "内部错误",
    "5001": "系统繁忙",
}
_CODES = {
    Situation.ACCEPTED: "200",
    Situation.DUPLICATE: "4401",
    Situation.CONFLICT: "4402",
    Situation.AUTH: "4002",
    Situation.OFFLINE: "4001",
    Situation.REQUIRED: "4501",
    Situation.CODE: "4503",
    Situation.MALFORMED: "4504",
    Situation.TOO_LARGE: "4505",
    Situation.BUSY: "5001",
    Situation.UPSTREAM: "5001",
    Situation.INTERNAL: "5000",
}


def reply(answer: Answer, incoming: Incoming) -> WireReply:
    """HTTP 200 with a code of its own, but for a path that is none."""
    meaning = situation(answer, incoming)
    if meaning is Situation.NO_PATH:
        return WireReply(404)
    code = _code(meaning, answer, incoming)
    words, data = _WORDS.get(code, answer.message or code), None
    findings = every(answer, incoming)
    if code in ("4501", "4502", "4503") and findings:
        told = ((BODIES.name_of(incoming.message, found.at) or "报文", found.code) for found in findings)
        words = ";".join(f"{name}:{why}" for name, why in told)
    if code in ("200", "4401"):
        data = incoming.context.get("login") or _data(answer, incoming)
    body = {"code": jsontext.Number(code), "msg": words, "data": data}
    return WireReply(200, {"Content-Type": JSON}, jsontext.document(body))


def _code(meaning: Situation, answer: Answer, incoming: Incoming) -> str:
    if answer.code == "auth.nonce-reused":
        return "4004"
    if meaning in (Situation.BUSY, Situation.INTERNAL, Situation.TOO_LARGE):
        return _CODES[meaning]
    if meaning is Situation.AUTH:
        return str(incoming.context.get("auth") or _CODES[meaning])
    if incoming.context.get("login"):
        return "200"
    if incoming.context.get("closed"):
        return "4506"
    if meaning is Situation.ACCEPTED and incoming.context.get("callback") and answer.status == 200:
        return "4401"  # a callback is told, not asked: the first time it is answered 202
    return ANSWERS.spelling(service_code(answer, incoming)) or _CODES.get(meaning, "4502")


def _data(answer: Answer, incoming: Incoming) -> dict[str, Any]:
    """Thanks for a callback; the reply fields of a question."""
    if incoming.context.get("callback"):
        return {"received": True}
    return BODIES.write(incoming.message, "reply", answer.data, {})
