"""How the hub answers, on whichever of the three levels something was wrong."""

from __future__ import annotations

from typing import Any

from adapters import jsontext
from adapters.gateway_gm import sealing
from adapters.gateway_gm.papers import BODIES, JSON, WORDS, hand_of
from adapters.situation import Situation, every, situation
from adapters.times import moment_form
from hub.message import CST, wall
from hub.ports import Answer, Call, Incoming, WireReply

_STATUS = {"40305": 403, "40400": 404, "42900": 429, "50200": 502}
_UNPROVEN = 401
_OUTER = {
    Situation.NO_PATH: "gateway.40400",
    Situation.TOO_LARGE: "protocol.1006",
    Situation.MALFORMED: "protocol.1005",
    Situation.OFFLINE: "protocol.1003",
    Situation.AUTH: "gateway.40101",
}
_CODES = {
    Situation.ACCEPTED: "0000",
    Situation.DUPLICATE: "0001",
    Situation.CONFLICT: "2010",
    Situation.BUSY: "3001",
    Situation.UPSTREAM: "3001",
    Situation.INTERNAL: "9001",
}
_CODE = dict.fromkeys(("code.unknown", "code.region", "code.region-outside"), "2003")
_FINDINGS = {"field.required": "2001", **_CODE}
_HUBS = frozenset({Situation.BUSY, Situation.INTERNAL})
_MOMENT, _ = moment_form("yyyyMMddHHmmss", whole=True)


def reply(answer: Answer, incoming: Incoming, call: Call) -> WireReply:
    """Gateway and protocol in clear, everything about the record sealed and signed."""
    if answer.code == "auth.nonce-reused":
        return _outer("gateway.40104")
    meaning = situation(answer, incoming)
    fault = str(incoming.context.get("fault") or "")
    if fault and meaning not in _HUBS:
        return _outer(fault)
    if meaning in _OUTER:
        return _outer(_OUTER[meaning])
    msgid = str(incoming.key or incoming.context.get("msgid") or "")
    code, words, result = _business(meaning, answer, incoming, call, msgid)
    return _sealed({"bizCode": code, "bizMsg": words, "result": result}, msgid, call)


def _business(
    meaning: Situation, answer: Answer, incoming: Incoming, call: Call, msgid: str
) -> tuple[str, str, dict[str, Any]]:
    code = _CODES.get(meaning, "")
    if code in ("0000", "0001"):
        received = str(answer.data.get("receivedTime") or wall(call.now))
        number = str(answer.data.get("hubId", ""))
        return code, _words(code), {"msgid": msgid, "rcpt_no": number, "rcpt_time": _MOMENT(received, {})}
    if code:
        return code, _words(code), {"field": "", "msgid": msgid}
    found = [
        (_FINDINGS.get(one.code, "2002"), BODIES.name_of(incoming.stage, one.at))
        for one in every(answer, incoming)
    ] or [("2002", "")]
    told = dict.fromkeys(f"{_words(code)}:{name}" if name else _words(code) for code, name in found)
    return found[0][0], ";".join(told), {"field": found[0][1], "msgid": msgid}


def _words(code: str) -> str:
    return WORDS[f"business.{code}"]


def _sealed(payload: dict[str, Any], msgid: str, call: Call) -> WireReply:
    stamp = call.now.astimezone(CST).strftime("%Y%m%d%H%M%S")
    try:
        message = sealing.written(payload, msgid, stamp, call.credentials, hand_of(call.system))
    except (KeyError, ValueError):  # we have nothing to sign with
        return _outer("protocol.1999")
    body = jsontext.document({"code": 0, "message": "成功", **message})
    return WireReply(200, {"Content-Type": JSON}, body)


def _outer(fault: str) -> WireReply:
    level, _, code = fault.partition(".")
    words = WORDS[fault]
    if level == "gateway":
        body = jsontext.document({"errcode": code, "errmsg": words})
        return WireReply(_STATUS.get(code, _UNPROVEN), {"Content-Type": JSON}, body)
    body = jsontext.document({"code": jsontext.Number(code), "message": words, "data": None})
    return WireReply(200, {"Content-Type": JSON}, body)
