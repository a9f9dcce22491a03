"""We push a record to a platform and read its answer."""

from __future__ import annotations

import re

from adapters import jsontext
from adapters.answers import DELIVERED, by_status, told, unreadable
from adapters.origin import circumstances
from adapters.static_token_rest.papers import ANSWERS, ASKED, FIELDS, JSON, KEY_SHAPE, LIMIT, SUCCESS, TABLES
from hub.errors import SenderError
from hub.ports import Call, Outcome, Outgoing, WireReply, WireRequest


def encode(outgoing: Outgoing, call: Call) -> WireRequest:
    """`{"token", "params"}`; every name of the table is there, absent values as empty strings."""
    about = circumstances(outgoing, call, KEY_SHAPE)
    params: dict[str, str] = {}
    for row, text in FIELDS.abroad(outgoing.stage, "out", outgoing.fields, about):
        params[row.foreign] = jsontext.Number(text) if text and row.type == "integer" else text or ""
    body = jsontext.write({"token": call.credentials["token"], "params": params}).encode()
    if len(body) > LIMIT:
        raise SenderError(f"{len(body)} > {LIMIT}", code="mapping.too-large")
    headers = {"Content-Type": ASKED.get(call.variant, JSON), "Accept": "application/json"}
    return WireRequest("POST", f"/rest/{TABLES[outgoing.stage]}/push", headers, body)


def decode(reply: WireReply) -> Outcome:
    """Success is code 1 or 200, as number or text; else the error number says what happened."""
    decided = by_status(reply, LIMIT)
    if decided is not None:
        return decided
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
