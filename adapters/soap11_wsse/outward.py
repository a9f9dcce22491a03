"""We push a record or ask for a project, and read the typed result or the fault."""

from __future__ import annotations

from adapters import soap, xmltext
from adapters.origin import circumstances
from adapters.rows import Row
from adapters.soap11_wsse import security
from adapters.soap11_wsse.papers import (
    ANSWERS,
    FIELDS,
    KEY_SHAPE,
    LIMIT,
    NAMESPACE,
    OPERATIONS,
    PATH,
    SERVICE,
    TYPE,
    envelope,
)
from hub.errors import SenderError
from hub.ports import Call, Outcome, Outgoing, WireReply, WireRequest

_TOLD = {"businessId": "businessId", "receiptNo": "receiptno", "receiptTime": "receipttime"}


def encode(outgoing: Outgoing, call: Call) -> WireRequest:
    """Absent fields are left out; elements stand in table order, which is that of the schema."""
    carried = outgoing.stage or outgoing.message
    is_query = carried == SERVICE
    direction = "request" if is_query else "out"
    about = circumstances(outgoing, call, KEY_SHAPE)
    values = FIELDS.abroad(carried, direction, outgoing.fields, about)
    xmltext.check_encodable((row.unified, text) for row, text in values)
    operation = OPERATIONS[carried]
    if is_query:
        inner = f"<t:query>{_elements(values)}</t:query>"
    else:
        head = _elements([pair for pair in values if pair[0].stage == "*"])
        inner = (
            f"<t:header>{head}</t:header>"
            f"<t:record>{_elements([pair for pair in values if pair[0].stage != '*'])}</t:record>"
        )
    request = f'<t:{operation}Request xmlns:t="{NAMESPACE}">{inner}</t:{operation}Request>'
    body = envelope(security.header(call), request)
    if len(body) > LIMIT:
        raise SenderError(f"{len(body)} > {LIMIT}", code="mapping.too-large")
    return WireRequest("POST", PATH, {"Content-Type": TYPE, "SOAPAction": f'"{NAMESPACE}/{operation}"'}, body)


def _elements(values: list[tuple[Row, str | None]]) -> str:
    return "".join(xmltext.element(f"t:{row.foreign}", text) for row, text in values if text is not None)


def decode(reply: WireReply) -> Outcome:
    """A fault speaks whatever the status; else resultCode does."""
    found = soap.opened(reply, LIMIT)
    if isinstance(found, Outcome):
        return found
    fault = soap.fault(found)
    if fault is not None:
        return ANSWERS.of(f"Fault {fault.code}", fault.words)
    result = xmltext.child(found.body, "result")
    code = xmltext.content(xmltext.child(result, "resultCode")).strip()
    if not code:
        return soap.missing(reply)
    told_us = xmltext.leaves(xmltext.child(result, "data"))
    data = {ours: told_us[theirs] for theirs, ours in _TOLD.items() if told_us.get(theirs)}
    project = xmltext.child(found.body, "project")
    if project is not None:
        data |= FIELDS.home(SERVICE, "reply", xmltext.leaves(project)).fields
    return ANSWERS.of(code, xmltext.content(xmltext.child(result, "resultMsg")), data)
