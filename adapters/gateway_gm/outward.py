"""We push a record or ask, and read three levels of answer: gateway, protocol, business."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from adapters import jsontext
from adapters.answers import BROKEN, TOO_LARGE_ANSWER, by_status, retry_after, told, unreadable
from adapters.gateway_gm import gateway, sealing
from adapters.gateway_gm.papers import (
    ANSWERS,
    BASE,
    BODIES,
    KEY_SHAPE,
    LIMIT,
    PENDING,
    SERVICES,
    hand_of,
)
from adapters.origin import circumstances
from hub.errors import SenderError
from hub.message import CST
from hub.ports import Blame, Call, Kind, Outcome, Outgoing, WireReply, WireRequest

_UNPROVEN = Outcome(Kind.UNKNOWN, "receiver.bad-signature", Blame.RECEIVER)


def encode(outgoing: Outgoing, call: Call) -> WireRequest:
    """The payload under both signatures. A question has a number made of what it asks."""
    payload, msgid = _payload(outgoing, call)
    stamp = call.now.astimezone(CST).strftime("%Y%m%d%H%M%S")
    message = sealing.written(payload, msgid, stamp, call.credentials, hand_of(call.system))
    raw = jsontext.write(message).encode()
    if len(raw) > LIMIT:
        raise SenderError(f"{len(raw)} > {LIMIT}", code="mapping.too-large")
    service = SERVICES[outgoing.stage or outgoing.message]
    return WireRequest("POST", BASE + service, gateway.headers(call), raw)


def _payload(outgoing: Outgoing, call: Call) -> tuple[dict[str, Any], str]:
    carried = outgoing.stage or outgoing.message
    about = circumstances(outgoing, call, KEY_SHAPE)
    if outgoing.stage:
        return BODIES.write(carried, "out", outgoing.fields, about), about["@key"]
    payload = BODIES.write(carried, "request", outgoing.fields, {})
    seed = f"{SERVICES[carried]}|{sealing.canonical(payload)}"
    return payload, hashlib.sha256(seed.encode()).hexdigest()[:32]


def _msgid(outgoing: Outgoing, call: Call) -> str:
    """The number under which this was said; "" for what this dialect never says."""
    if (outgoing.stage or outgoing.message) not in SERVICES:
        return ""
    if outgoing.stage:
        return circumstances(outgoing, call, KEY_SHAPE)["@key"]
    return _payload(outgoing, call)[1]


def decode(reply: WireReply, outgoing: Outgoing, call: Call) -> Outcome:
    """The first level that says no decides; what the innermost says counts only if its signature holds."""
    if len(reply.body) > LIMIT:
        return told(TOO_LARGE_ANSWER, f"HTTP {reply.status}")
    answer = jsontext.read(reply.body)
    errcode = jsontext.scalar(jsontext.member(answer, "errcode"))
    if errcode is not None:
        return _of("gateway", errcode, jsontext.member(answer, "errmsg"), retry_after(reply))
    decided = by_status(reply, LIMIT)
    if decided is not None:
        return decided
    code = jsontext.scalar(jsontext.member(answer, "code"))
    if code is None:
        return unreadable(reply)
    if code != "0":
        return _of("protocol", code, jsontext.member(answer, "message"))
    return _inner(answer, outgoing, call)


def _inner(answer: Mapping[str, Any], outgoing: Outgoing, call: Call) -> Outcome:
    """Verified, then opened, then believed."""
    plain = sealing.opened(answer, call.credentials)
    payload = jsontext.read(plain) if plain is not None else None
    if not isinstance(payload, dict):
        return _UNPROVEN
    asked = (call.credentials.get("app_id"), _msgid(outgoing, call))
    if (answer.get("appId"), answer.get("msgid")) != asked:
        return _UNPROVEN  # a good answer, to something else
    if not sealing.holds(answer, payload, call.credentials, hand_of(call.system)):
        return _UNPROVEN
    code = jsontext.scalar(payload.get("bizCode"))
    if code is None:
        return told(BROKEN, "bizCode")
    result = payload.get("result")
    return _of("business", code, payload.get("bizMsg"), _given(code, result, outgoing))


def _given(code: str, result: object, outgoing: Outgoing) -> dict[str, Any]:
    """What a result tells: a receipt, a service's reply, or how long to wait for it."""
    kind = ANSWERS.outcomes.get(f"business.{code}")
    if kind is None or not isinstance(result, dict):
        return {}
    if kind.code == PENDING:
        wait = jsontext.scalar(result.get("wait_sec")) or ""
        return {"retry_after": int(wait)} if wait.isascii() and wait.isdigit() and len(wait) < 6 else {}
    if kind.kind not in (Kind.DELIVERED, Kind.DUPLICATE):
        return {}
    if not outgoing.stage:
        return BODIES.home(outgoing.message, "reply", result)
    names = {"receiptno": "rcpt_no", "receipttime": "rcpt_time"}
    found = {name: jsontext.scalar(result.get(foreign)) for name, foreign in names.items()}
    return {name: text for name, text in found.items() if text}


def _of(level: str, code: str, words: object, data: Mapping[str, Any] | None = None) -> Outcome:
    found = ANSWERS.of(f"{level}.{code}")
    return told(found, f"{code} {jsontext.scalar(words) or ''}".strip(), data)
