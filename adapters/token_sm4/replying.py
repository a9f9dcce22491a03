"""How the hub answers: HTTP 200, a code, and the field it is about."""

from __future__ import annotations

from typing import Any

from adapters import jsontext
from adapters.bodies import Bodies
from adapters.situation import Situation, every, service_code, situation
from adapters.times import moment_form
from adapters.token_sm4.papers import ANSWERS, BODIES, JSON, WORDS
from adapters.token_sm4.tokens import LIFE
from hub.errors import SenderError
from hub.message import Finding, wall
from hub.ports import Answer, Call, Incoming, WireReply

_CODES = {
    Situation.ACCEPTED: "200",
    Situation.DUPLICATE: "20010",
    Situation.CONFLICT: "10012",
    Situation.OFFLINE: "10060",
    Situation.MALFORMED: "10080",
    Situation.NO_PATH: "10080",
    Situation.TOO_LARGE: "10093",
    Situation.BUSY: "50012",
    Situation.UPSTREAM: "50013",
    Situation.INTERNAL: "50011",
}
_FINDINGS = {
    "field.required": "10020",
    "code.unknown": "10080",
    "code.region": "10080",
    "code.region-outside": "10080",
    "file.type": "10090",
    "file.digest": "10091",
    "file.metadata": "10092",
}
_SILENT = frozenset({"10060", "50011", "50012", "50013", "10093"})
_MOMENT, _ = moment_form("yyyy-MM-dd HH:mm:ss", whole=True)


def reply(answer: Answer, incoming: Incoming, call: Call) -> WireReply:
    """A token, a receipt, the reply of a service, or a code with all that was found."""
    token = incoming.context.get("token")
    if token:
        return _said("200", {"token": token, "expireSeconds": LIFE})
    if answer.code == "auth.nonce-reused":
        return _said("10051", _about("", incoming))
    meaning = situation(answer, incoming)
    if meaning is Situation.AUTH:
        code = str(incoming.context.get("auth") or "10060")
        return _said(code, None if code == "10060" else _about("", incoming))
    if meaning in (Situation.ACCEPTED, Situation.DUPLICATE):
        return _done(meaning, answer, incoming, call)
    own = ANSWERS.spelling(service_code(answer, incoming))
    if own:
        return _said(own, None)
    code = _CODES.get(meaning, "")
    if code:
        silent = code in _SILENT or meaning in (Situation.MALFORMED, Situation.NO_PATH)
        status = 404 if meaning is Situation.NO_PATH else 200
        return _said(code, None if silent else _about("", incoming), status=status)
    return _found(every(answer, incoming), incoming)


def _done(meaning: Situation, answer: Answer, incoming: Incoming, call: Call) -> WireReply:
    if not incoming.stage:
        try:
            return _said("200", BODIES.write(incoming.message, "reply", answer.data, {}))
        except SenderError:
            return _said("50011", None)
    received = str(answer.data.get("receivedTime") or wall(call.now))
    data = {
        "dataKey": incoming.key,
        "receiptNo": str(answer.data.get("hubId", "")),
        "receiveTime": _MOMENT(received, {}),
    }
    if incoming.context.get("fileUid"):
        data["fileUid"] = str(incoming.context["fileUid"])
    return _said(_CODES[meaning], data)


def _about(field: str, incoming: Incoming) -> dict[str, str]:
    return {"field": field, "dataKey": str(incoming.key or incoming.context.get("dataKey") or "")}


def _found(findings: list[Finding], incoming: Incoming) -> WireReply:
    """The code and field of the first finding, the words of all."""
    carried = incoming.stage or incoming.message
    told = [(_FINDINGS.get(one.code, "10040"), _name(BODIES, carried, one)) for one in findings]
    told = told or [("10040", "")]
    code, field = told[0]
    words = ";".join(dict.fromkeys(f"{_words(code)}:{name}" if name else _words(code) for code, name in told))
    return _said(code, _about(field, incoming), words)


def _words(code: str) -> str:
    return WORDS["10080-*" if code == "10080" else code]


def _name(bodies: Bodies, carried: str, one: Finding) -> str:
    return one.at.removeprefix("/") if one.code == "file.metadata" else bodies.name_of(carried, one.at)


def _said(code: str, data: Any, words: str = "", status: int = 200) -> WireReply:
    answer = {"code": jsontext.Number(code), "msg": words or WORDS[code], "data": data}
    return WireReply(status, {"Content-Type": JSON}, jsontext.document(answer))
