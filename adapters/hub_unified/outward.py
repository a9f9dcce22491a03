"""Delivery in the native dialect: names and values unchanged, fresh time and nonce, the hub's signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters import jsontext
from adapters.answers import (
    BROKEN,
    DELIVERED,
    TOO_LARGE_ANSWER,
    UNLISTED,
    is_html,
    opening,
    retry_after,
    told,
    unreadable,
)
from adapters.hub_unified.keys import ours
from adapters.origin import circumstances
from adapters.paths import text_of
from hub.errors import SenderError
from hub.message import sign, wall
from hub.ports import Blame, Call, Kind, Outcome, Outgoing, WireReply, WireRequest

LIMIT = 4 * 1024 * 1024
JSON = "application/json; charset=utf-8"
PATH = "/uis/v1/messages"
_AGAIN = Outcome(Kind.DUPLICATE, "receiver.duplicate")
_AUTH_FAILED = Outcome(Kind.REFUSED, "auth.failed", Blame.HUB)
_AUTH = {
    "auth.nonce": Outcome(Kind.RETRY, "auth.nonce-reused", Blame.HUB),
    "auth.time-window": Outcome(Kind.RETRY, "auth.clock", Blame.HUB),
}
_STATUS = {
    400: Outcome(Kind.REFUSED, "receiver.bad-request", Blame.HUB),
    403: Outcome(Kind.REFUSED, "auth.not-allowed", Blame.HUB),
    404: Outcome(Kind.REFUSED, "receiver.no-such-path", Blame.RECEIVER),
    409: Outcome(Kind.REFUSED, "receiver.conflict", Blame.SENDER),
    413: Outcome(Kind.REFUSED, "receiver.too-large", Blame.SENDER),
    422: Outcome(Kind.REFUSED, "receiver.findings", Blame.SENDER),
    429: Outcome(Kind.RETRY, "receiver.throttled", Blame.RECEIVER),
    500: Outcome(Kind.UNKNOWN, "receiver.internal", Blame.RECEIVER),
    502: Outcome(Kind.RETRY, "receiver.http-5xx", Blame.RECEIVER),
    503: Outcome(Kind.RETRY, "receiver.busy", Blame.RECEIVER),
    504: Outcome(Kind.RETRY, "receiver.http-5xx", Blame.RECEIVER),
}


def encode(outgoing: Outgoing, call: Call) -> WireRequest:
    """The hub's envelope round the permitted fields; msgId is the same in every attempt."""
    key = circumstances(outgoing, call, "hex32")
    original = outgoing.envelope or {}
    head = {
        "ver": "1",
        "realm": _part(original, "head").get("realm") or call.credentials.get("realm") or "sandbox",
        "from": "centre",
        "to": call.system,
        "msgId": f"{key['@key']}:{outgoing.version}:{outgoing.op}",
        "msgType": outgoing.message,
        "stage": outgoing.stage,
        "time": wall(call.now),
        "nonce": call.nonce,
        "corrId": outgoing.hub_id,
    }
    body = {
        "op": outgoing.op,
        "key": outgoing.key or _part(original, "body").get("key", ""),
        "version": outgoing.version,
        "fields": _as_sent(outgoing.fields, _part(_part(original, "body"), "fields")),
        "ext": {**outgoing.ext, "origin": {"from": key["@from"], "hubId": outgoing.hub_id}},
        "files": [dict(file) for file in outgoing.files],
    }
    envelope = {"head": {name: value for name, value in head.items() if value}, "body": body}
    try:
        raw = jsontext.write(sign(envelope, ours(call))).encode()
    except (UnicodeEncodeError, TypeError) as error:
        raise SenderError(f"{outgoing.message}: {error}", code="mapping.unencodable") from error
    if len(raw) > LIMIT:
        raise SenderError(f"{len(raw)} > {LIMIT}", code="mapping.too-large")
    return WireRequest("POST", PATH, {"Content-Type": JSON}, raw)


def _part(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    inner = value.get(name)
    return inner if isinstance(inner, Mapping) else {}


def _as_sent(fields: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Permitted fields as the sender wrote them: what is published equals what was signed."""
    return {
        name: sent[name] if name in sent and text_of(sent[name]) == text_of(value) else value
        for name, value in fields.items()
        if value not in (None, "")
    }


def decode(reply: WireReply) -> Outcome:
    """Status first; a 2xx is success only with code 0000."""
    if len(reply.body) > LIMIT:
        return told(TOO_LARGE_ANSWER, f"HTTP {reply.status}")
    answer = jsontext.read(reply.body)
    code = jsontext.scalar(jsontext.member(answer, "code"))
    words = (
        f"HTTP {reply.status} {code or ''} {jsontext.scalar(jsontext.member(answer, 'title')) or ''}".strip()
    )
    if reply.status == 401:
        return told(_AUTH.get(code or "", _AUTH_FAILED), words)
    if reply.status in _STATUS:
        data: dict[str, Any] = dict(retry_after(reply))
        found = jsontext.member(answer, "findings")
        if isinstance(found, list):
            data["findings"] = found[:100]
        return told(_STATUS[reply.status], words, data)
    if not 200 <= reply.status < 300:
        return unreadable(reply)
    if is_html(reply):
        return unreadable(reply)
    receipt = jsontext.member(answer, "receipt")
    if code is None and isinstance(jsontext.member(answer, "records"), list):
        return told(DELIVERED, words)  # a read-back has no code of its own
    if code is None:
        return told(BROKEN, opening(reply.body))
    if code != "0000":
        return told(UNLISTED, f"{code} {jsontext.scalar(jsontext.member(answer, 'msg')) or ''}")
    names = {"receiptno": "receiptId", "receipttime": "receivedTime"}
    told_us = {ours: jsontext.scalar(jsontext.member(receipt, theirs)) for ours, theirs in names.items()}
    return told(
        _AGAIN if reply.status == 200 else DELIVERED,
        words,
        {name: text for name, text in told_us.items() if text},
    )
