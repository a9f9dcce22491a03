"""We open sub-accounts, set opening times, order refunds, and read what the bank says."""

from __future__ import annotations

from typing import Any

from lxml import etree

from adapters import xmltext
from adapters.answers import BROKEN, DELIVERED, HTML, TOO_LARGE_ANSWER, UNLISTED, opening, told
from adapters.bank_tcp_xml import wire
from adapters.bank_tcp_xml.papers import (
    ACCOUNT,
    ANSWER_LIMIT,
    ANSWERS,
    FIELDS,
    KEY_SHAPE,
    LIMIT,
    NUMBERS,
    OPENING,
    REFUND,
    REFUND_STATE,
    TRANS,
)
from adapters.origin import circumstances
from adapters.paths import reach, text_of
from adapters.rows import finding, refuse
from hub.errors import SenderError
from hub.ports import Call, Kind, Outcome, Outgoing, WireReply, WireRequest

_DUPLICATE = Outcome(Kind.DUPLICATE, "receiver.duplicate")
_STATES = {"1": "done", "2": "pending", "3": "refused"}


def encode(outgoing: Outgoing, call: Call) -> WireRequest:
    """Closing our half and its last tag, whichever the bank waits for, end the exchange."""
    carried = outgoing.stage or outgoing.message
    _admit(carried, outgoing.op)
    about = circumstances(outgoing, call, KEY_SHAPE) if carried == OPENING else {}
    direction = "out" if carried == OPENING else "request"
    values = FIELDS.abroad(carried, direction, outgoing.fields, about)
    code = text_of(outgoing.fields.get("authCode")) if carried == ACCOUNT else ""
    code = code or call.credentials["auth_code"]
    wire.check_writable([("authCode", code), *((row.unified, text) for row, text in values)])
    said = [("AuthCode", code), *((row.foreign, text) for row, text in values if row.foreign != "AuthCode")]
    body = "".join(xmltext.element(name, text) for name, text in said if text)
    raw = wire.document(TRANS[carried], _serial(carried, outgoing, call, about), call.now, body)
    if len(raw) > LIMIT:
        raise SenderError(f"{len(raw)} > {LIMIT}", code="mapping.too-large")
    return wire.request(raw)


def _admit(carried: str, op: str) -> None:
    """An opening time cannot be taken back, and pay-ins are told by the bank alone."""
    if carried not in TRANS or (carried == OPENING and op == "delete"):
        refuse([finding("mapping.no-place", "/head/stage", ", ".join(TRANS), f"{carried} {op}")])


def _serial(carried: str, outgoing: Outgoing, call: Call, about: dict[str, str]) -> str:
    """Twenty digits, the same in every attempt."""
    if carried == OPENING:
        operation = {"insert": "A", "update": "U"}.get(outgoing.op, outgoing.op)
        key = "|".join((about["@key"], about["@version"], operation))
    else:
        key = text_of(reach(outgoing.fields, NUMBERS[carried])) or call.key
    return wire.serial(TRANS[carried], key)


def decode(reply: WireReply, outgoing: Outgoing) -> Outcome:
    """Judged by the body alone: some answers have no head."""
    raw = reply.body
    if len(raw) > ANSWER_LIMIT:
        return told(TOO_LARGE_ANSWER, f"{len(raw)} B")
    start = raw.lstrip()[:15].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return told(HTML, opening(raw))
    root = wire.read(raw)
    body = wire.child(root, "body")
    leaves = wire.leaves(body)
    result = leaves.get("result", "").strip()
    if root is None or xmltext.name_of(root).lower() != "root" or not result:
        return told(BROKEN, f"{len(raw)} B")
    carried = outgoing.stage or outgoing.message
    if result == "0":
        return ANSWERS.of(leaves.get("errcode", "").strip(), leaves.get("errmsg", ""))
    if result != "1" and (carried != REFUND or result not in _STATES):
        return told(UNLISTED, f"Result {result}")
    again = leaves.get("dup", "").strip() == "1"
    return told(_DUPLICATE if again else DELIVERED, f"Result {result}", _data(carried, body, leaves))


def ask(outgoing: Outgoing, call: Call) -> WireRequest | None:
    """How far is this refund? Everything else is simply said again."""
    if (outgoing.stage or outgoing.message) != REFUND:
        return None
    names = ("AuthCode", call.credentials["auth_code"]), *_named(outgoing)
    wire.check_writable(names)
    body = "".join(xmltext.element(name, text) for name, text in names if text)
    return wire.request(wire.document(REFUND_STATE, wire.serial(REFUND_STATE, call.nonce), call.now, body))


def _named(outgoing: Outgoing) -> tuple[tuple[str, str], ...]:
    rows = {row.unified: row.foreign for row in FIELDS.of(REFUND, "request")}
    wanted = ("refundNo", "bankSerial")
    return tuple((rows[name], text_of(reach(outgoing.fields, name))) for name in wanted)


def asked(reply: WireReply, outgoing: Outgoing) -> bool | Outcome | None:
    """Its state with all that 3032 would have said; not there (2004) means that it may be ordered again."""
    outcome = decode(reply, outgoing)
    if outcome.kind in (Kind.DELIVERED, Kind.DUPLICATE):
        return outcome
    return False if outcome.code == "receiver.record-unknown" else None


def _data(carried: str, body: etree._Element | None, leaves: dict[str, str]) -> dict[str, Any]:
    """The reply fields of a service; of several banks the first with an account."""
    if carried not in (ACCOUNT, REFUND):
        return {"receiptno": leaves["hstseqnum"]} if leaves.get("hstseqnum") else {}
    banks = [found for node in wire.children(body, "Bank") if (found := wire.leaves(node)).get("acctno")]
    held = {**leaves, **{f"bank/{name}": text for name, text in (banks[0] if banks else {}).items()}}
    names = {row.foreign.lower(): row.foreign for row in FIELDS.of(carried, "reply")}
    home = FIELDS.home(carried, "reply", {names[name]: text for name, text in held.items() if name in names})
    if carried == REFUND:
        home.fields["resultState"] = _STATES[leaves["result"].strip()]
    return home.fields
