"""We send a record or ask a service, and look first when we do not know whether we already did."""

from __future__ import annotations

import hashlib
from typing import Any

from adapters import jsontext
from adapters.answers import BROKEN, by_status, told, unreadable
from adapters.origin import circumstances
from adapters.paths import reach, text_of
from adapters.sm2_envelope import sealing
from adapters.sm2_envelope.amounts import to_fen, to_yuan
from adapters.sm2_envelope.papers import (
    ANSWERS,
    BODIES,
    KEY_SHAPE,
    LIMIT,
    NUMBERS,
    OPERATIONS,
    PATH,
    QUERY,
    RECORDS,
    TYPE,
)
from adapters.soap import header
from adapters.times import moment_form
from hub.errors import SenderError
from hub.message import wall
from hub.ports import Blame, Call, Kind, Outcome, Outgoing, WireReply, WireRequest

STAMP, MOMENT = moment_form("yyyyMMddHHmmss", whole=True)
_CIPHER = Outcome(Kind.UNKNOWN, "receiver.cipher", Blame.RECEIVER)
_IN_HAND = Outcome(Kind.UNKNOWN, "receiver.in-hand", Blame.RECEIVER)
_BAD_SIGN = Outcome(Kind.UNKNOWN, "receiver.bad-sign", Blame.RECEIVER)
_OPS = {"insert": "A", "update": "U", "delete": "D"}
_NAMES = {"receiptNo": "receiptno", "receiptTime": "receipttime"}


def encode(outgoing: Outgoing, call: Call) -> WireRequest:
    """The document of the papers, signed and enciphered."""
    carried = outgoing.stage or outgoing.message
    direction = "out" if carried in RECORDS else "request"
    about = circumstances(outgoing, call, KEY_SHAPE) if carried in RECORDS else {}
    body = BODIES.write(carried, direction, outgoing.fields, about)
    return _request(
        OPERATIONS[carried], _serial(outgoing, call), to_fen(call.system, carried, direction, body), call
    )


def _serial(outgoing: Outgoing, call: Call) -> str:
    """The same in every attempt; whatever only reads has a fresh one."""
    carried = outgoing.stage or outgoing.message
    if carried in RECORDS:
        about = circumstances(outgoing, call, KEY_SHAPE)
        return _digits(about["@key"], about["@version"], _OPS.get(outgoing.op, outgoing.op))
    field = NUMBERS.get(carried)
    number = (text_of(reach(outgoing.fields, field)) or call.key) if field else call.nonce
    return _digits(OPERATIONS[carried], number)


def _digits(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode("utf-8", "replace")).hexdigest()[:24].upper()


def _request(operation: str, serial: str, body: dict[str, Any], call: Call) -> WireRequest:
    head = {"tranCode": operation, "serialNo": serial, "tranTime": STAMP(wall(call.now), {})}
    sealed = sealing.seal(jsontext.write({"head": head, "body": body}).encode(), call.credentials, call.nonce)
    if len(sealed.body) > LIMIT:
        raise SenderError(f"{len(sealed.body)} > {LIMIT}", code="mapping.too-large")
    headers = {"Content-Type": TYPE, "x-app-id": call.credentials["app_id"], "x-sign": sealed.sign}
    return WireRequest("POST", PATH, headers, sealed.body)


def decode(reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
    """A good answer brings the fields of the reply; so does one that says we asked before."""
    outcome, body = _opened(reply, call)
    if outcome.kind not in (Kind.DELIVERED, Kind.DUPLICATE) or not isinstance(body, dict):
        return outcome
    carried = outgoing.stage or outgoing.message
    if carried in RECORDS or carried not in OPERATIONS:
        data = {ours: text for name, ours in _NAMES.items() if (text := jsontext.scalar(body.get(name)))}
        return told(outcome, outcome.foreign, data)
    turned, wrong = to_yuan(call.system, carried, "reply", body)
    if wrong:
        return told(BROKEN, outcome.foreign)
    return told(outcome, outcome.foreign, BODIES.home(carried, "reply", turned))


def _opened(reply: WireReply, call: Call) -> tuple[Outcome, Any]:
    """What the head says, and the body where there is one to be believed."""
    decided = by_status(reply, LIMIT)
    if decided is not None:
        return decided, None
    start = reply.body.lstrip()[:1]
    if start in (b"", b"<") or reply.status >= 300:
        return unreadable(reply), None
    if start == b"{":
        return _in_clear(reply), None
    plain = sealing.opened(reply.body, call.credentials)
    if plain is None:
        return told(_CIPHER, f"HTTP {reply.status}"), None
    document = jsontext.read(plain)
    if not sealing.holds(plain, header(reply.headers, "x-sign"), call.credentials):
        # A wrong IV spoils the first block only: then it is not even JSON any more.
        return told(_CIPHER if document is None else _BAD_SIGN, f"HTTP {reply.status}"), None
    code = jsontext.scalar(jsontext.member(document, "head", "respCode"))
    if not code:
        return told(BROKEN, f"HTTP {reply.status}"), None
    words = jsontext.scalar(jsontext.member(document, "head", "respMsg")) or ""
    return ANSWERS.of(code, words), jsontext.member(document, "body")


def _in_clear(reply: WireReply) -> Outcome:
    """Unsigned, so believed only where the other side could not know whom to sign for."""
    head = jsontext.member(jsontext.read(reply.body), "head")
    code = jsontext.scalar(jsontext.member(head, "respCode"))
    if not code:
        return unreadable(reply)
    if code.startswith("9000") or code == "400002":
        return ANSWERS.of(code, jsontext.scalar(jsontext.member(head, "respMsg")) or "")
    return told(_BAD_SIGN, code)


def ask(outgoing: Outgoing, call: Call) -> WireRequest | None:
    """Was it done? What only reads needs no such question."""
    carried = outgoing.stage or outgoing.message
    if carried not in RECORDS and carried not in NUMBERS:
        return None
    asked_for = {"origTranCode": OPERATIONS[carried], "origSerialNo": _serial(outgoing, call)}
    return _request(QUERY, _digits(QUERY, call.nonce), asked_for, call)


def asked(reply: WireReply, call: Call) -> bool | Outcome | None:
    """True only when it is done; what is still in hand is not sent again but asked after once more."""
    outcome, body = _opened(reply, call)
    found = jsontext.member(body, "found")
    if outcome.kind is not Kind.DELIVERED or not isinstance(found, bool):
        return None
    if not found:
        return False
    done = jsontext.member(body, "done")
    return done if done is True else _IN_HAND if done is False else None
