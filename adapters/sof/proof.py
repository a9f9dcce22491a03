"""Who calls and who answers: HMAC-SM3 over method, path, time, nonce and the body's digest (rules 8)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime

from certs.algorithms.digest import digest, mac
from hub.ports import WireReply

WINDOW_MS = 300_000
# Said by whoever stands before the application; only these may come without a proof.
BARE = frozenset({401, 404, 413, 503})


def millis(at: datetime) -> str:
    return str(round(at.timestamp() * 1000))


def _value(key: str, first: str, path: str, time: str, nonce: str, body: bytes) -> str:
    lines = "\n".join((first, path, time, nonce, digest(body).hex()))
    return mac(lines.encode(), key.encode(), "hmac-sm3").hex()


def headers(
    credentials: Mapping[str, str], path: str, body: bytes, now: datetime, nonce: str
) -> dict[str, str]:
    time = millis(now)
    made = _value(credentials["sof_key"], "POST", path, time, nonce, body)
    return {"X-App": credentials["sof_app"], "X-Time": time, "X-Nonce": nonce, "X-Mac": made}


def doubt(key: str, path: str, nonce: str, reply: WireReply, now: datetime) -> str:
    """Why an answer cannot be believed, as a code; "" when it can."""
    given = {name.lower(): value for name, value in reply.headers.items()}
    stated, time = given.get("x-mac", ""), given.get("x-time", "")
    if not stated:
        return "receiver.answer-unsigned"
    known = given.get("x-nonce") == nonce and time.isascii() and time.isdecimal() and len(time) < 16
    if not known or abs(int(time) - int(millis(now))) > WINDOW_MS:
        return "receiver.answer-forged"
    right = _value(key, "REPLY", path, time, nonce, reply.body)
    return "" if hmac.compare_digest(right.encode(), stated.encode()) else "receiver.answer-forged"
