"""We log in or sign, push a record, and read an answer in whatever wrapping it comes."""

from __future__ import annotations

from datetime import timedelta

from adapters import jsontext
from adapters.answers import by_status, unreadable
from adapters.legacy_http import wire
from adapters.legacy_http.papers import (
    ANSWERS,
    FIELDS,
    FORM,
    GATEWAY,
    KEY_SHAPE,
    LIMIT,
    LOGIN,
    MODULES,
    SIGNED,
)
from adapters.origin import circumstances
from hub.errors import SenderError
from hub.message import CST
from hub.ports import Call, Kind, Outcome, Outgoing, Session, WireReply, WireRequest

_TOLD = {"receipt_no": "receiptno", "receipt_sj": "receipttime"}


def login(call: Call) -> WireRequest | None:
    """A session, unless the variant signs each request or one is at hand."""
    if call.variant == SIGNED or call.session is not None:
        return None
    auth = wire.credential(call.credentials["username"], call.credentials["password"])
    return WireRequest("POST", LOGIN, {"Content-Type": FORM}, wire.form({"auth": auth}))


def session(reply: WireReply, call: Call) -> Session | Outcome:
    """The session id and how long it may lie idle."""
    outcome = decode(reply)
    if outcome.kind is not Kind.DELIVERED:
        return outcome
    data = jsontext.member(wire.read_answer(reply.body), "data")
    name = jsontext.scalar(jsontext.member(data, "sessionid"))
    seconds = jsontext.scalar(jsontext.member(data, "expires")) or ""
    if not name or not (seconds.isascii() and seconds.isdigit() and len(seconds) < 8):
        return unreadable(reply)
    return Session(name, call.now + timedelta(seconds=int(seconds)))


def encode(outgoing: Outgoing, call: Call) -> WireRequest:
    """The record as JSON in a form field; absent members are null."""
    about = circumstances(outgoing, call, KEY_SHAPE)
    record: dict[str, str | None] = {}
    for row, text in FIELDS.abroad(outgoing.stage, "out", outgoing.fields, about):
        record[row.foreign] = jsontext.Number(text) if text and row.type == "integer" else text
    data = jsontext.write(record)
    module = MODULES[outgoing.stage]
    if call.variant == SIGNED:
        path, values = GATEWAY, _signed(f"ggzy.{module}.save", data, call)
    else:
        held = call.session.value if call.session else ""
        path, values = f"/api/{module}/save", {"sessionid": held, "data": data}
    body = wire.form(values)
    if len(body) > LIMIT:
        raise SenderError(f"{len(body)} > {LIMIT}", code="mapping.too-large")
    return WireRequest("POST", path, {"Content-Type": FORM}, body)


def _signed(service: str, data: str, call: Call) -> dict[str, str]:
    time = call.now.astimezone(CST).strftime("%Y-%m-%d %H:%M:%S")
    values = {
        "serviceCode": service,
        "appKey": call.credentials["app_key"],
        "requestTime": time,
        "sign": "",
        "data": data,
    }
    values["sign"] = wire.sign(values, call.credentials["app_secret"])
    return values


def decode(reply: WireReply) -> Outcome:
    """`r_code` or `executeResult`; of a stack trace only the first line is kept."""
    decided = by_status(reply, LIMIT)
    if decided is not None:
        return decided
    answer = wire.read_answer(reply.body)
    code = jsontext.scalar(jsontext.member(answer, "r_code"))
    words = jsontext.scalar(jsontext.member(answer, "r_msg")) or ""
    if code is None:
        code = jsontext.scalar(jsontext.member(answer, "executeResult"))
        words = jsontext.scalar(jsontext.member(answer, "errorMessage")) or ""
        if code is None:
            return unreadable(reply)
        if code != "SUCCESS":
            code = jsontext.scalar(jsontext.member(answer, "errorCode")) or code
    data = jsontext.member(answer, "data")
    if isinstance(data, str):
        data = jsontext.read(data.encode("utf-8", "replace"))
    told_us = {ours: jsontext.scalar(jsontext.member(data, theirs)) for theirs, ours in _TOLD.items()}
    first = next(iter(words.splitlines()), "")
    return ANSWERS.of(code, first, {name: text for name, text in told_us.items() if text})
