"""We push a record to a platform and read its answer."""

from __future__ import annotations

import re

from adapters import jsontext
from adapters.answers import DELIVERED, by_status, told, unreadable
from adapters.origin import circumstances
from adapters.static_token_rest import sealing
from adapters.static_token_rest.papers import (
    ANSWERS,
    ASKED,
    FIELDS,
    JSON,
    KEY_SHAPE,
    LIMIT,
    SEALED,
    SUCCESS,
    TABLES,
    TEXT,
)
from hub.errors import SenderError
from hub.ports import Blame, Call, Kind, Outcome, Outgoing, WireReply, WireRequest

_CIPHER = Outcome(Kind.UNKNOWN, "receiver.cipher", Blame.RECEIVER)


def encode(outgoing: Outgoing, call: Call) -> WireRequest:
    """`{"token", "params"}`; every name of the table is there, absent values as empty strings."""
    about = circumstances(outgoing, call, KEY_SHAPE)
    params: dict[str, str] = {}
    for row, text in FIELDS.abroad(outgoing.stage, "out", outgoing.fields, about):
        params[row.foreign] = jsontext.Number(text) if text and row.type == "integer" else text or ""
    body = jsontext.write({"token": call.credentials["token"], "params": params}).encode()
    if call.variant == SEALED and len(body) <= LIMIT:
        body = sealing.seal_request(body, call.credentials)
    if len(body) > LIMIT:
        raise SenderError(f"{len(body)} > {LIMIT}", code="mapping.too-large")
    headers = {"Content-Type": ASKED.get(call.variant, JSON), "Accept": "application/json"}
    if call.variant == SEALED:
        headers |= {"Content-Type": TEXT, sealing.MARK: "1"}
    return WireRequest("POST", f"/rest/{TABLES[outgoing.stage]}/push", headers, body)


def decode(reply: WireReply, call: Call) -> Outcome:
    """Success is code 1 or 200, as number or text; else the error number says what happened."""
    decided = by_status(reply, LIMIT)
    if decided is not None:
        return decided
    start = reply.body.lstrip()[:1]
    if call.variant != SEALED or start in (b"", b"{", b"<") or reply.status >= 300:
        return _read(reply)
    opened = sealing.open_answer(reply.body, call.credentials)
    if opened is None or jsontext.read(opened) is None:
        return told(_CIPHER, f"HTTP {reply.status}")
    return _read(WireReply(reply.status, {}, opened))


def _read(reply: WireReply) -> Outcome:
    answer = jsontext.read(reply.body)
    code = jsontext.scalar(jsontext.member(answer, "status", "code"))
    if code is None:
        return unreadable(reply)
    words = jsontext.scalar(jsontext.member(answer, "status", "text")) or ""
    custom = jsontext.member(answer, "custom")
    told_us = ("receiptno", "receipttime", "field")
    data = {name: text for name in told_us if (text := jsontext.scalar(jsontext.member(custom, name)))}
    if re.fullmatch(r"\s*0*[0-9]+\s*", code) and str(int(code[:9])) in SUCCESS:
        return told(DELIVERED, f"{code} {words}", data)
    return ANSWERS.of(jsontext.scalar(jsontext.member(custom, "errorno")) or f"code {code}", words, data)
