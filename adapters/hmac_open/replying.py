"""How the hub answers both variants: a code, the words, and the field or the receipt."""

from __future__ import annotations

from typing import Any

from adapters import jsontext
from adapters.hmac_open.papers import ANSWERS, BODIES, JSON, WORDS
from adapters.situation import Situation, every, service_code, situation
from adapters.times import moment_form
from hub.errors import SenderError
from hub.message import Finding, wall
from hub.ports import Answer, Call, Incoming, WireReply

_CODES = {
    Situation.ACCEPTED: "0",
    Situation.DUPLICATE: "2010",
    Situation.OFFLINE: "1001",
    Situation.MALFORMED: "2005",
    Situation.TOO_LARGE: "3002",
    Situation.NO_PATH: "1006",
    Situation.BUSY: "3001",
    Situation.UPSTREAM: "4301",
    Situation.INTERNAL: "9999",
}
_CODE = dict.fromkeys(("code.unknown", "code.region", "code.region-outside"), "2003")
_FINDINGS = {"field.required": "2001", "field.time-zone": "2004", **_CODE}
_STATUS = {Situation.NO_PATH: 404, Situation.BUSY: 429}
_OTHER = "4999"
_MOMENT, _ = moment_form("with-zone", whole=True)


def reply(answer: Answer, incoming: Incoming, call: Call) -> WireReply:
    """The first thing that is wrong gives the code; of findings, all are told."""
    if answer.code == "auth.nonce-reused":
        return _said("1005", None)
    meaning = situation(answer, incoming)
    fault = str(incoming.context.get("auth") or "")
    if meaning is Situation.AUTH or (fault and meaning not in _STATUS):
        return _said(fault or "1001", None)
    if meaning in (Situation.ACCEPTED, Situation.DUPLICATE):
        return _done(meaning, answer, incoming, call)
    refused = service_code(answer, incoming)
    if ANSWERS.spelling(refused):
        return _said(ANSWERS.spelling(refused), None)
    if meaning in _CODES:
        return _said(_CODES[meaning], None, status=_STATUS.get(meaning, 200), wait=_wait(meaning, answer))
    if meaning is Situation.CONFLICT:
        return _said("2011", {"field": None})
    if refused and refused not in _FINDINGS and not refused.startswith("field."):
        return _said(_OTHER, {"reason": refused}, answer.message or "请求被拒绝")
    return _found(every(answer, incoming), incoming)


def _wait(meaning: Situation, answer: Answer) -> str:
    return str(answer.retry_after or 1) if meaning is Situation.BUSY else ""


def _done(meaning: Situation, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
    if not incoming.stage:
        try:
            return _said("0", BODIES.write(incoming.message, "reply", answer.data, {}))
        except SenderError:  # what a provider told has no place in this dialect
            return _said("9999", None)
    received = str(answer.data.get("receivedTime") or wall(call.now))
    data = {
        "requestId": incoming.key,
        "receiptNo": str(answer.data.get("hubId", "")),
        "receivedTime": _MOMENT(received, {}),
    }
    return _said(_CODES[meaning], data)


def _found(findings: list[Finding], incoming: Incoming) -> WireReply:
    carried = incoming.stage or incoming.message
    told = [(_FINDINGS.get(one.code, "2002"), _name(carried, one)) for one in findings] or [("2002", "")]
    words = dict.fromkeys(f"{WORDS[code]}:{name}" if name else WORDS[code] for code, name in told)
    return _said(told[0][0], {"field": told[0][1] or None}, ";".join(words))


def _name(carried: str, one: Finding) -> str:
    return one.at.removeprefix("/") if one.code == "field.time-zone" else BODIES.name_of(carried, one.at)


def _said(code: str, data: Any, words: str = "", *, status: int = 200, wait: str = "") -> WireReply:
    headers = {"Content-Type": JSON, **({"Retry-After": wait} if wait else {})}
    body = jsontext.document({"code": code, "msg": words or WORDS[code], "data": data})
    return WireReply(status, headers, body)
