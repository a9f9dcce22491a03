"""The hub's answer: signed where it is yes, a fault with a business code where it is no."""

from __future__ import annotations

from adapters import xmltext
from adapters.parts import said, writable
from adapters.situation import Situation, every, names, service_code, situation
from adapters.soap12_x509 import envelope, security
from adapters.soap12_x509.papers import ANSWERS, FIELDS, NAMESPACE, TYPE, WORDS, shaped
from adapters.xmlparts import elements
from hub.errors import SenderError
from hub.message import wall
from hub.ports import Answer, Call, Incoming, WireReply

_CODES = {
    Situation.MALFORMED: "S200",
    Situation.AUTH: "S102",
    Situation.OFFLINE: "S105",
    Situation.REQUIRED: "S301",
    Situation.FORMAT: "S302",
    Situation.CODE: "S303",
    Situation.CONFLICT: "S320",
    Situation.UPSTREAM: "S590",
    Situation.BUSY: "S700",
    Situation.TOO_LARGE: "S701",
    Situation.INTERNAL: "S900",
}
_AUTH = {
    "auth.malformed": "S101",
    "auth.cert-revoked": "S103",
    "auth.expired": "S104",
}
_TOLD = (Situation.REQUIRED, Situation.FORMAT, Situation.CODE)
_RECEIVER = frozenset({"S590", "S700", "S900"})
_SUBCODES = {
    "S101": "wsse:InvalidSecurity",
    "S102": "wsse:FailedCheck",
    "S103": "wsse:FailedAuthentication",
    "S104": "wsu:MessageExpired",
    "S201": "wsa:ActionMismatch",
    "S202": "wsa:MessageAddressingHeaderRequired",
}


def reply(answer: Answer, incoming: Incoming, call: Call) -> WireReply:
    """Accepted and known already are results, all else are faults."""
    meaning = situation(answer, incoming)
    if meaning is Situation.NO_PATH:
        return WireReply(404)
    if meaning not in (Situation.ACCEPTED, Situation.DUPLICATE) or not incoming.message:
        return _fault(*_refused(meaning, answer, incoming))
    try:
        inner, operation = _result(meaning, answer, incoming, call)
    except SenderError:
        return _fault("S900", WORDS["S900"], [])
    head, body = security.secured(inner, call)
    about = xmltext.element("wsa:RelatesTo", str(incoming.context.get("messageId", "")))
    head = (
        f'<wsa:Action env:mustUnderstand="true">{NAMESPACE}/{operation}Response</wsa:Action>'
        f"<wsa:MessageID>urn:uuid:{shaped(security.fresh_id(call.nonce))}</wsa:MessageID>{about}{head}"
    )
    return WireReply(200, {"Content-Type": TYPE}, envelope.written(head, body))


def _result(meaning: Situation, answer: Answer, incoming: Incoming, call: Call) -> tuple[str, str]:
    operation = str(incoming.context.get("operation") or "Push")
    duplicate = meaning is Situation.DUPLICATE
    code, words = ("S010", "重复报送,返回首次回执") if duplicate else ("S000", "成功")
    status = f"<t:Status><t:Code>{code}</t:Code><t:Message>{words}</t:Message></t:Status>"
    if incoming.stage:
        received = str(answer.data.get("receivedTime") or wall(call.now))
        receipt = (
            ("BusinessKey", incoming.key),
            ("ReceiptNo", str(answer.data.get("hubId", ""))),
            ("ReceiptTime", received),
        )
        inner = "".join(xmltext.element(f"t:{name}", text) for name, text in receipt)
        inner = (
            f'<t:PushResponse xmlns:t="{NAMESPACE}">{status}<t:Receipt>{inner}</t:Receipt></t:PushResponse>'
        )
        return inner, operation
    parts = said(FIELDS, incoming.message, "reply", answer.data, {})
    writable(parts, "utf-8")
    root = f"t:{operation}Response"
    result = f"<t:Result>{elements(parts, 't:')}</t:Result>"
    return f'<{root} xmlns:t="{NAMESPACE}">{status}{result}</{root}>', operation


def _refused(meaning: Situation, answer: Answer, incoming: Incoming) -> tuple[str, str, list[str]]:
    """Business code, words, and the caller's own names of the fields."""
    code = _CODES.get(meaning, "S900")
    fault = str(incoming.context.get("fault", ""))
    if meaning is Situation.MALFORMED:
        code = fault or code
        return code, WORDS[code], []
    if meaning is Situation.AUTH:
        codes = [answer.code, *(finding.code for finding in incoming.findings)]
        code = fault or next((_AUTH[one] for one in codes if one in _AUTH), code)
        return code, WORDS[code], []
    refused = service_code(answer, incoming)
    own = ANSWERS.spelling(refused) if refused else ""
    if own:
        return own, answer.message or WORDS.get(own, refused), []
    findings = every(answer, incoming)
    carried = incoming.stage or incoming.message
    if meaning in _TOLD and (findings or not refused):
        found = names(findings, FIELDS, carried)
        told = ";".join(
            _finding(one.code, FIELDS.foreign_name(carried, one.at) or one.at) for one in findings
        )
        return code, told or WORDS[code], found
    return ("S900" if meaning in _TOLD else code), WORDS["S900" if meaning in _TOLD else code], []


def _finding(code: str, name: str) -> str:
    number = {"field.required": "S301", "code.unknown": "S303"}.get(code, "S302")
    return f"{WORDS[number]}:{name}"


def _fault(code: str, words: str, fields: list[str]) -> WireReply:
    """Never signed; the status follows whose fault it is."""
    whose = "Receiver" if code in _RECEIVER else "Sender"
    subcode = _SUBCODES.get(code, "t:Business")
    named = "".join(xmltext.element("t:field", name) for name in fields)
    text = xmltext.escape(words)
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<env:Envelope {envelope.NAMESPACES} xmlns:t="{NAMESPACE}">'
        f"<env:Header><wsa:Action>{NAMESPACE}/Fault</wsa:Action></env:Header><env:Body><env:Fault>"
        f"<env:Code><env:Value>env:{whose}</env:Value><env:Subcode><env:Value>{subcode}</env:Value>"
        f'</env:Subcode></env:Code><env:Reason><env:Text xml:lang="zh">{text}</env:Text></env:Reason>'
        f"<env:Detail><t:BusinessFault><t:businessCode>{code}</t:businessCode><t:message>{text}</t:message>"
        f"{named}</t:BusinessFault></env:Detail></env:Fault></env:Body></env:Envelope>"
    )
    status = 413 if code == "S701" else 500 if code in _RECEIVER else 400
    return WireReply(status, {"Content-Type": TYPE}, body.encode("utf-8", "replace"))
