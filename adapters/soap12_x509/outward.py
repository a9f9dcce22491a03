"""We push a record or ask a CA, signed; a good answer counts only if it is signed and is to this message."""

from __future__ import annotations

from typing import Any

from adapters import soap, xmltext
from adapters.answers import HTML, HTTP_5XX, by_status, opening, told
from adapters.origin import circumstances
from adapters.parts import said, too_large, writable
from adapters.soap12_x509 import envelope, security
from adapters.soap12_x509.inward import plain_moments
from adapters.soap12_x509.papers import (
    ANSWERS,
    FIELDS,
    KEY_SHAPE,
    LIMIT,
    NAMESPACE,
    OPERATIONS,
    PATH,
    SERVICES,
    TYPE,
    message_id,
)
from adapters.xmlparts import elements, service
from hub.ports import Blame, Call, Kind, Outcome, Outgoing, WireReply, WireRequest

_UNSIGNED = Outcome(Kind.UNKNOWN, "receiver.answer-unsigned", Blame.RECEIVER)
_FORGED = Outcome(Kind.UNKNOWN, "receiver.answer-forged", Blame.RECEIVER)
_ELSEWHERE = Outcome(Kind.UNKNOWN, "receiver.answer-elsewhere", Blame.RECEIVER)
_TOLD = {"BusinessKey": "businessId", "ReceiptNo": "receiptno", "ReceiptTime": "receipttime"}
_PAGES = ("<!doctype html", "<html")


def encode(outgoing: Outgoing, call: Call) -> WireRequest:
    """Absent fields are left out; a delete is its header alone."""
    if outgoing.stage:
        about = circumstances(outgoing, call, KEY_SHAPE)
        gone = outgoing.op == "delete"
        parts = said(FIELDS, outgoing.stage, "out", {} if gone else outgoing.fields, about)
        head = elements([part for part in parts if part.row.stage == "*"], "t:")
        record = elements([part for part in parts if part.row.stage != "*"], "t:")
        inner = f"<t:Header>{head}</t:Header>{'' if gone else f'<t:Record>{record}</t:Record>'}"
    else:
        parts = said(FIELDS, outgoing.message, "request", outgoing.fields, {})
        inner = elements(parts, "t:")
    writable(parts, "utf-8")
    operation = OPERATIONS[outgoing.stage or outgoing.message]
    body = f'<t:{operation}Request xmlns:t="{NAMESPACE}">{inner}</t:{operation}Request>'
    security_header, body = security.secured(body, call)
    head = (
        f'<wsa:Action env:mustUnderstand="true">{NAMESPACE}/{operation}</wsa:Action>'
        f"<wsa:MessageID>{message_id(outgoing, call)}</wsa:MessageID>"
        f"{xmltext.element('wsa:To', f'urn:ggzy:{call.system}')}"
        f"<wsa:ReplyTo><wsa:Address>{envelope.ANONYMOUS}</wsa:Address></wsa:ReplyTo>{security_header}"
    )
    raw = envelope.written(head, body)
    too_large(len(raw), LIMIT)
    return WireRequest("POST", PATH, {"Content-Type": f'{TYPE}; action="{NAMESPACE}/{operation}"'}, raw)


def decode(reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
    """A fault speaks whatever the status; anything else must be signed by whom we asked."""
    found = _opened(reply)
    if isinstance(found, Outcome):
        return found
    if found.inner.tag == f"{{{envelope.ENV}}}Fault":
        return _fault(found)
    status = xmltext.leaves(xmltext.child(found.inner, "Status"))
    code, words = status.get("Code", "").strip(), status.get("Message", "")
    if not code or not found.operation:
        return soap.missing(reply)
    wrong = security.fault_of(found, call)
    if wrong:
        return told(_UNSIGNED if wrong == security.UNSIGNED else _FORGED, f"{code} {words}")
    relates = found.addressed("RelatesTo")
    if relates and relates != message_id(outgoing, call):
        return told(_FORGED, f"RelatesTo {relates}")
    return ANSWERS.of(code, words, _told_us(found, outgoing))


def _told_us(found: envelope.Envelope, outgoing: Outgoing) -> dict[str, Any]:
    if outgoing.stage or outgoing.message not in SERVICES:
        leaves = xmltext.leaves(xmltext.child(found.inner, "Receipt"))
        return {ours: leaves[theirs] for theirs, ours in _TOLD.items() if leaves.get(theirs)}
    result = next((one for one in xmltext.children(found.inner) if xmltext.name_of(one) == "Result"), None)
    plain_moments(result, outgoing.message)
    return service(FIELDS, outgoing.message, "reply", result) if result is not None else {}


def _fault(found: envelope.Envelope) -> Outcome:
    """By the business code; without one by whose fault it is said to be."""
    own = xmltext.leaves(xmltext.child(found.inner, "Detail", "BusinessFault"))
    code, words = own.get("businessCode", "").strip(), own.get("message", "")
    if code:
        return ANSWERS.of(code, words)
    value = xmltext.content(xmltext.child(found.inner, "Code", "Value")).strip().rpartition(":")[2]
    return ANSWERS.of(f"Fault {value}", xmltext.content(xmltext.child(found.inner, "Reason", "Text")))


def _opened(reply: WireReply) -> envelope.Envelope | Outcome:
    if reply.status == 202 and not reply.body.strip():
        return told(_ELSEWHERE, "HTTP 202")
    decided = by_status(reply, LIMIT)
    if decided is not None:
        return decided
    start = reply.body[:256].removeprefix(b"\xef\xbb\xbf").lstrip().lower().decode("utf-8", "replace")
    if "text/html" in reply.headers.get("content-type", "").lower() or start.startswith(_PAGES):
        words = f"HTTP {reply.status} {opening(reply.body)}"
        return told(HTTP_5XX if reply.status >= 500 else HTML, words)
    found = envelope.read(reply.body, reply.headers)
    return soap.missing(reply) if found is None else found
