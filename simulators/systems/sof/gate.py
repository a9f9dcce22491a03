"""Who calls, and the proof on what is answered: HMAC-SM3 over path, time, nonce and body (rules 8 and 9)."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from certs.algorithms.digest import digest, mac
from simulators.nonces import NonceBook
from simulators.wire import Reply, Request

WINDOW, KEPT = timedelta(seconds=300), timedelta(minutes=10)
LARGEST = 16 << 20
_NONCE = re.compile(r"[0-9A-Za-z]{16,64}")


def proof(key: str, path: str, time: str, nonce: str, body: bytes, first: str = "POST") -> str:
    """X-Mac of a question; of an answer with `first` REPLY."""
    text = "\n".join((first, path, time, nonce, digest(body).hex()))
    return mac(text.encode(), key.encode()).hex()


class Gate:
    """One application is known: the hub's."""

    def __init__(self, app: str, key: str) -> None:
        self._app, self._key = app, key
        self._seen = NonceBook(KEPT)

    def refuses(self, request: Request, now: datetime) -> Reply | None:
        """401 with its reason; None for a caller who is who he says."""
        said: Mapping[str, str] = request.headers
        time, nonce = said.get("x-time", ""), said.get("x-nonce", "")
        if said.get("x-app", "") != self._app:
            return _no("app")
        if not time.isascii() or not time.isdigit() or len(time) > 15:
            return _no("clock")
        if abs(now.timestamp() - int(time) / 1000) > WINDOW.total_seconds():
            return _no("clock")
        wanted = proof(self._key, request.path, time, nonce, request.body)
        if not hmac.compare_digest(wanted, said.get("x-mac", "")):
            return _no("mac")
        if not _NONCE.fullmatch(nonce) or not self._seen.fresh(nonce, now):
            return _no("nonce")
        return None

    def proved(self, request: Request, kind: str, body: bytes, now: datetime) -> Reply:
        """An answer with the proof that it is ours, to this question."""
        time, nonce = str(round(now.timestamp() * 1000)), request.headers.get("x-nonce", "")
        value = proof(self._key, request.path, time, nonce, body, "REPLY")
        return Reply(200, {"Content-Type": kind, "X-Time": time, "X-Nonce": nonce, "X-Mac": value}, body)


def _no(reason: str) -> Reply:
    return Reply(401, {"X-Reason": reason})
