"""We fetch a token for each call, push a record or ask, and read what one code may mean by its field."""

from __future__ import annotations

import re
from typing import Any

from adapters import jsontext
from adapters.answers import UNLISTED, by_status, told, unreadable
from adapters.origin import circumstances
from adapters.token_sm4 import filecall
from adapters.token_sm4.papers import (
    ANSWER_LIMIT,
    ANSWERS,
    BASE,
    BODIES,
    DOCUMENT,
    JSON,
    KEY_SHAPE,
    LIMIT,
    OPERATIONS,
    TOKEN_PATH,
)
from hub.errors import SenderError
from hub.ports import Call, Kind, Outcome, Outgoing, Session, WireReply, WireRequest

_TOKEN = re.compile(r"[\x21-\x7e]{16,128}")


def login(call: Call) -> WireRequest:
    """A token for this call; whatever session there is has been used up by the one before."""
    names = ("platform", "api_key")
    body = jsontext.write({name: call.credentials[name] for name in names}).encode()
    return WireRequest("POST", TOKEN_PATH, {"Content-Type": JSON}, body)


def session(reply: WireReply, call: Call) -> Session | Outcome:
    """The token, which expires at once: it is good for one call."""
    outcome, data = _read(reply)
    if outcome.kind is not Kind.DELIVERED:
        return outcome
    token = jsontext.scalar(jsontext.member(data, "token")) or ""
    return Session(token, call.now) if _TOKEN.fullmatch(token) else unreadable(reply)


def encode(outgoing: Outgoing, call: Call) -> WireRequest:
    """Credentials first, then the envelope rows, then the fields; the tender document as a file call."""
    carried = outgoing.stage or outgoing.message
    about = circumstances(outgoing, call, KEY_SHAPE)
    body = BODIES.write(carried, "out" if outgoing.stage else "request", outgoing.fields, about)
    secrets = {
        "platform": call.credentials["platform"],
        "api_key": call.credentials["api_key"],
        "token": call.session.value if call.session else "",
    }
    if carried == DOCUMENT:
        kind, raw = filecall.written(body, secrets, call.credentials)
    else:
        kind, raw = JSON, jsontext.write({**secrets, **body}).encode()
    if len(raw) > LIMIT:
        raise SenderError(f"{len(raw)} > {LIMIT}", code="mapping.too-large")
    return WireRequest("POST", BASE + OPERATIONS[carried], {"Content-Type": kind}, raw)


def decode(reply: WireReply, outgoing: Outgoing) -> Outcome:
    """The meaning of an answer; the data of a service come in unified names."""
    outcome, data = _read(reply)
    if outcome.kind not in (Kind.DELIVERED, Kind.DUPLICATE) or not isinstance(data, dict):
        return outcome
    if not outgoing.stage:
        return told(outcome, outcome.foreign, BODIES.home(outgoing.message, "reply", data))
    names = {"receiptno": "receiptNo", "receipttime": "receiveTime", "fileuid": "fileUid"}
    given = {name: jsontext.scalar(data.get(foreign)) for name, foreign in names.items()}
    return told(outcome, outcome.foreign, {name: text for name, text in given.items() if text})


def _read(reply: WireReply) -> tuple[Outcome, Any]:
    decided = by_status(reply, ANSWER_LIMIT)
    if decided is not None:
        return decided, None
    answer = jsontext.read(reply.body)
    code = jsontext.scalar(jsontext.member(answer, "code"))
    if code is None:
        return unreadable(reply), None
    data = jsontext.member(answer, "data")
    field = jsontext.scalar(jsontext.member(data, "field")) or ""
    words = jsontext.scalar(jsontext.member(answer, "msg")) or ""
    return told(_meant(code, field), f"{code} {words}".strip()), data


def _meant(code: str, field: str) -> Outcome:
    """A code with several meanings is told by the field it points at, `*` for any field at all."""
    table = ANSWERS.outcomes
    keys = (f"{code}-{field}", f"{code}-*", code) if field else (code,)
    return next((table[key] for key in keys if key in table), UNLISTED)
