"""We call a method of an old platform and read the string it answers with."""

from __future__ import annotations

from adapters import soap, xmltext
from adapters.answers import DELIVERED, told
from adapters.asmx_parasxml import inner
from adapters.asmx_parasxml.papers import (
    ANSWERS,
    FIELDS,
    KEY_SHAPE,
    LIMIT,
    METHODS,
    NAMESPACE,
    PARTS,
    PATH,
    TYPE,
)
from adapters.origin import circumstances
from hub.errors import SenderError
from hub.ports import Blame, Call, Kind, Outcome, Outgoing, WireReply, WireRequest

_TOLD = {"ReceiptNo": "receiptno", "ReceiveTime": "receipttime", "ErrorField": "field"}
_IP = Outcome(Kind.REFUSED, "auth.ip", Blame.HUB)
_AGAIN = Outcome(Kind.DUPLICATE, "receiver.duplicate")


def encode(outgoing: Outgoing, call: Call) -> WireRequest:
    """Every element of the table is written, in its order; an absent value is an empty element."""
    carried = outgoing.stage or outgoing.message
    direction = "request" if carried in PARTS else "out"
    about = circumstances(outgoing, call, KEY_SHAPE)
    values = FIELDS.abroad(carried, direction, outgoing.fields, about)
    xmltext.check_encodable((row.unified, text) for row, text in values)
    method = METHODS[carried]
    paras = inner.document("paras", inner.elements((row.foreign, text) for row, text in values))
    body = inner.call_body(method, call.credentials["token"], paras)
    if len(body) > LIMIT:
        raise SenderError(f"{len(body)} > {LIMIT}", code="mapping.too-large")
    return WireRequest("POST", PATH, {"Content-Type": TYPE, "SOAPAction": f'"{NAMESPACE}{method}"'}, body)


def decode(reply: WireReply, outgoing: Outgoing) -> Outcome:
    """Page, fault, string, document: in this order, and only the last says what happened."""
    if reply.status == 403:
        return told(_IP, "HTTP 403")
    found = soap.opened(reply, LIMIT)
    if isinstance(found, Outcome):
        return found
    fault = soap.fault(found)
    if fault is not None:
        return ANSWERS.of(f"Fault {fault.code}", fault.words)
    results = [node for node in xmltext.children(found.body) if xmltext.name_of(node).endswith("Result")]
    text = xmltext.content(results[0]) if results else ""
    root = inner.read_answer(text) if text.strip() else None
    code = xmltext.content(xmltext.child(root, "ReturnInfo", "Code")).strip()
    if not code:
        return soap.missing(reply)
    words = xmltext.content(xmltext.child(root, "ReturnInfo", "Description"))
    business = xmltext.child(root, "BusinessInfo")
    said = xmltext.leaves(business)
    data: dict[str, object] = {ours: said[theirs] for theirs, ours in _TOLD.items() if said.get(theirs)}
    service = outgoing.message if outgoing.message in PARTS and not outgoing.stage else ""
    part = xmltext.child(business, PARTS[service]) if service else None
    if part is not None:
        data |= FIELDS.home(service, "reply", xmltext.leaves(part)).fields
        data |= FIELDS.lists_home(service, "reply", inner.lists_in(service, part))
    if code != "1":
        return ANSWERS.of(said.get("ErrorCode") or f"Code {code}", words, data)
    return told(_AGAIN if said.get("IsRepeat") == "T" else DELIVERED, f"{code} {words}", data)
