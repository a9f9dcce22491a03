"""We save a record or ask a question in one enciphered string, and read status and data of the answer."""

from __future__ import annotations

from typing import Any

from adapters import jsontext, soap, xmltext
from adapters.answers import BROKEN, HTML, HTTP_5XX, by_status, opening, told
from adapters.origin import circumstances
from adapters.parts import said, too_large, writable
from adapters.rpc_execute import cipher, envelope, plain
from adapters.rpc_execute.papers import (
    ANSWERS,
    FIELDS,
    KEY_SHAPE,
    LIMIT,
    MODULES,
    PATH,
    SERVICES,
    TYPE,
    site,
)
from hub.ports import Call, Kind, Outcome, Outgoing, WireReply, WireRequest

_TOLD = {"sn": "businessId", "slh": "receiptno", "slsj": "receipttime"}
_PAGES = ("<!doctype html", "<html")


def encode(outgoing: Outgoing, call: Call) -> WireRequest:
    """Absent fields are left out; a delete has the envelope rows only."""
    where = site(call.system)
    if outgoing.stage:
        about = circumstances(outgoing, call, KEY_SHAPE)
        fields = {} if outgoing.op == "delete" else outgoing.fields
        parts = said(FIELDS, outgoing.stage, "out", fields, about)
        func = f"save{MODULES[outgoing.stage]}"
    else:
        parts = said(FIELDS, outgoing.message, "request", outgoing.fields, {})
        func = SERVICES[outgoing.message]
    writable(parts, where.charset, xml=where.encoded)
    code, key = call.credentials["site_code"], call.credentials["site_key"]
    params = cipher.closed(plain.written(parts, "Params", where), where.params, key)
    values = (func, code, params, "") if where.encoded else (code, func, params)
    arguments = list(zip(envelope.ARGUMENTS[where.method], values, strict=True))
    raw = envelope.written(where.method, arguments, where)
    too_large(len(raw), LIMIT)
    return WireRequest("POST", PATH, {"Content-Type": TYPE, "SOAPAction": '""'}, raw)


def decode(reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
    """Status as text or number decides; data is opened where it is yes."""
    found = _opened(reply)
    if isinstance(found, Outcome):
        return found
    if isinstance(found, soap.Fault):
        return ANSWERS.of(f"Fault {found.code}", next(iter(found.words.splitlines()), ""))
    status, words, data = _taken(found)
    if not status:
        return soap.missing(reply)
    outcome = ANSWERS.of(status, words)
    if outcome.kind not in (Kind.DELIVERED, Kind.DUPLICATE):
        return outcome
    where = site(call.system)
    raw = cipher.opened(data, where.data, call.credentials["site_key"], mend=True)
    carried = outgoing.stage or outgoing.message
    inside = None if raw is None else plain.read(raw, "Data", where, carried, "reply")
    if inside is None:
        return told(BROKEN, f"{status} {words}")
    if not outgoing.stage and outgoing.message in SERVICES:
        return told(outcome, outcome.foreign, inside.service(outgoing.message, "reply"))
    ours = {name: inside.texts.get(theirs) for theirs, name in _TOLD.items()}
    return told(outcome, outcome.foreign, {name: text for name, text in ours.items() if text})


def _taken(text: str) -> tuple[str, str, str]:
    """Status, message and data of either form of answer; "" for what is not there."""
    if text.lstrip().startswith("<"):
        leaves: dict[str, Any] = dict(xmltext.leaves(xmltext.read(text)))
    else:
        value = jsontext.read(text.encode("utf-8", "replace"))
        leaves = value if isinstance(value, dict) else {}
    status, words, data = (jsontext.scalar(leaves.get(name)) or "" for name in ("status", "message", "data"))
    return status.strip(), words, data


def _opened(reply: WireReply) -> str | soap.Fault | Outcome:
    decided = by_status(reply, LIMIT)
    if decided is not None:
        return decided
    start = reply.body[:256].removeprefix(b"\xef\xbb\xbf").lstrip().lower().decode("utf-8", "replace")
    if "text/html" in reply.headers.get("content-type", "").lower() or start.startswith(_PAGES):
        words = f"HTTP {reply.status} {opening(reply.body)}"
        return told(HTTP_5XX if reply.status >= 500 else HTML, words)
    found = envelope.returned(reply.body)
    return soap.missing(reply) if found is None else found
