"""A system calls us: packaging, addressing, action, signature, then the record or the question."""

from __future__ import annotations

from datetime import datetime

from lxml import etree

from adapters import xmltext
from adapters.incoming import question, record, unread
from adapters.origin import below
from adapters.situation import MALFORMED, NO_PATH, TOO_LARGE, bad
from adapters.soap12_x509 import envelope, security
from adapters.soap12_x509.papers import CARRIED, FIELDS, LIMIT, MOMENTS, NAMESPACE, PATH, SERVICES
from adapters.xmlparts import service
from hub.message import CST, Finding, shown, wall
from hub.ports import Call, Incoming, WireRequest

_CODES = {
    security.UNSIGNED: "auth.malformed",
    security.FORGED: "auth.failed",
    security.EXPIRED: "auth.expired",
}


def accept(request: WireRequest, call: Call) -> Incoming:
    """In the order of the papers, so that a caller is told what it would be told by its own kind."""
    if request.method != "POST" or below(request.path, call.system).partition("?")[0] != PATH:
        return unread("", "", bad(NO_PATH, "", PATH, shown(request.path)))
    if len(request.body) > LIMIT:
        return unread("", "", bad(TOO_LARGE, "", f"<= {LIMIT}", str(len(request.body))))
    found = envelope.read(request.body, request.headers)
    if found is None or found.operation.removesuffix("Request") not in CARRIED:
        observed = shown(found.operation) if found is not None else ""
        return _malformed("S200", "SOAP 1.2,契约中的操作,不含 DTD,部件齐全", observed)
    operation = found.operation.removesuffix("Request")
    message_id, action = found.addressed("MessageID"), found.addressed("Action")
    reply_to = None if found.header is None else found.header.find(f"{{{envelope.WSA}}}ReplyTo")
    address = xmltext.content(xmltext.child(reply_to, "Address")).strip()
    if not message_id or not action or (reply_to is not None and address != envelope.ANONYMOUS):
        return _malformed("S202", "MessageID、Action,ReplyTo 只能是 anonymous", shown(address))
    context = {"messageId": message_id, "operation": operation}
    stated = envelope.action_of(request.headers)
    wanted = f"{NAMESPACE}/{operation}"
    if action != wanted or stated not in ("", wanted) or not found.operation.endswith("Request"):
        return _malformed("S201", wanted, shown(f"{action} {stated}".strip()))
    wrong = security.fault_of(found, call)
    if wrong:
        return unread("", "", bad(_CODES[wrong]), context={**context, "fault": wrong})
    carried = CARRIED[operation]
    plain_moments(found.inner, carried)
    if carried in SERVICES:
        fields = service(FIELDS, carried, "request", found.inner)
        return question(carried, fields, message_id, authenticated=True, context=context)
    return _record(found.inner, carried, context)


def _record(inner: etree._Element, stage: str, context: dict[str, str]) -> Incoming:
    head, body = (xmltext.child(inner, name) for name in ("Header", "Record"))
    twice = xmltext.repeated(inner) + xmltext.repeated(head)
    if head is None or twice:
        return _malformed("S200", "Header 与 Record,元素不重复", shown(",".join(twice)), authenticated=True)
    return record(
        FIELDS,
        stage,
        {**xmltext.leaves(body), **xmltext.leaves(head)},
        authenticated=True,
        findings=_nested(body),
        context=context,
    )


def _nested(body: etree._Element | None) -> tuple[Finding, ...]:
    twice = xmltext.repeated(body)
    return tuple(
        bad("field.format", f"/body/fields/{xmltext.name_of(node)}", "文本,不重复", "子元素或重复")
        for node in xmltext.children(body)
        if len(node) or xmltext.name_of(node) in twice
    )


def _malformed(fault: str, expected: str, observed: str, *, authenticated: bool = False) -> Incoming:
    finding = bad(MALFORMED, "", expected, observed)
    return unread("", "", finding, authenticated=authenticated, context={"fault": fault})


def plain_moments(node: etree._Element | None, carried: str) -> None:
    """Moments of any zone as Beijing reads its clock; what is none stays as it is."""
    names = MOMENTS[carried]
    for one in () if node is None else node.iter("*"):
        text = one.text
        if text and not text.endswith("+08:00") and not len(one) and xmltext.name_of(one) in names:
            one.text = _beijing(text)


def _beijing(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    if moment.tzinfo is None:
        return text
    try:
        return wall(moment.astimezone(CST))
    except OverflowError:
        return text
