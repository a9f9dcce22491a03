"""We push a record, ask or tell, under the signature of the variant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters import jsontext
from adapters.answers import by_status, unreadable
from adapters.hmac_open import signing
from adapters.hmac_open.papers import (
    ANSWERS,
    BASE,
    BODIES,
    BYTES,
    ENCLOSED,
    KEY_SHAPE,
    LIMIT,
    RESOURCES,
)
from adapters.origin import circumstances
from hub.errors import SenderError
from hub.ports import Call, Kind, Outcome, Outgoing, WireReply, WireRequest

_RECEIPT = {"receiptno": "receiptNo", "receipttime": "receivedTime"}


def encode(outgoing: Outgoing, call: Call) -> WireRequest:
    """One compact body; what is absent is null."""
    carried = outgoing.stage or outgoing.message
    about = circumstances(outgoing, call, KEY_SHAPE) if outgoing.stage else {}
    body = BODIES.write(carried, "out" if outgoing.stage else "request", outgoing.fields, about)
    _enclose(body, carried, outgoing)
    raw = jsontext.write(body).encode()
    if len(raw) > LIMIT:
        raise SenderError(f"{len(raw)} > {LIMIT}", code="mapping.too-large")
    path = BASE + RESOURCES[carried]
    return WireRequest("POST", path, signing.headers("POST", path, raw, call), raw)


def _enclose(body: dict[str, Any], carried: str, outgoing: Outgoing) -> None:
    """The octets of files that are at hand."""
    for name in ENCLOSED.get(carried, ()):
        file, said = outgoing.fields.get(name), body.get(name)
        if isinstance(file, Mapping) and isinstance(file.get("data"), str) and isinstance(said, dict):
            body[name] = {**said, BYTES: file["data"]}


def decode(reply: WireReply, outgoing: Outgoing) -> Outcome:
    """Code "0" as text or number is success; a record that came late was taken all the same."""
    decided = by_status(reply, LIMIT)
    if decided is not None:
        return decided
    answer = jsontext.read(reply.body)
    code = jsontext.scalar(jsontext.member(answer, "code"))
    if code is None:
        return unreadable(reply)
    data = jsontext.member(answer, "data")
    words = jsontext.scalar(jsontext.member(answer, "msg")) or ""
    reason = jsontext.scalar(jsontext.member(data, "reason")) or ""
    return ANSWERS.of(code, f"{words} {reason}".strip(), _given(code, data, outgoing))


def _given(code: str, data: Any, outgoing: Outgoing) -> dict[str, Any]:
    """What a good answer told: a receipt, or the reply of a service in unified names."""
    found = ANSWERS.outcomes.get(code)
    if found is None or found.kind not in (Kind.DELIVERED, Kind.DUPLICATE) or not isinstance(data, dict):
        return {}
    if not outgoing.stage:
        return BODIES.home(outgoing.message, "reply", data)
    given = {name: jsontext.scalar(data.get(foreign)) for name, foreign in _RECEIPT.items()}
    told: dict[str, Any] = {name: text for name, text in given.items() if text}
    return {**told, "late": True} if data.get("late") is True else told
