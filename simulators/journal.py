"""The last exchanges of each system: bounded, because journals are what fills other simulators' memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulators.wire import Reply, Request

KEPT = 200
SHOWN = 4096
_SECRET = frozenset({"authorization", "cookie"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request with its answer; `reply` is None when the connection was cut."""

    at: datetime
    request: Request
    reply: Reply | None
    fault: str = ""

    def shown(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(timespec="milliseconds"),
            "fault": self.fault,
            "request": {
                "method": self.request.method,
                "path": self.request.target,
                "headers": _open(self.request.headers),
                "body": _short(self.request.body),
            },
            "reply": None
            if self.reply is None
            else {
                "status": self.reply.status,
                "headers": dict(self.reply.headers),
                "body": _short(self.reply.body),
            },
        }


class Journal:
    """A ring of exchanges and the count of all that ever came."""

    def __init__(self, kept: int = KEPT) -> None:
        self._ring: deque[Exchange] = deque(maxlen=kept)
        self.received = 0

    def note(self, exchange: Exchange) -> None:
        self.received += 1
        self._ring.append(exchange)

    def last(self, limit: int) -> list[Exchange]:
        """Newest first."""
        return list(self._ring)[::-1][: max(0, limit)]

    def clear(self) -> None:
        self._ring.clear()
        self.received = 0


def _short(body: bytes) -> str:
    text = body[:SHOWN].decode("utf-8", "backslashreplace")
    return text if len(body) <= SHOWN else f"{text}…({len(body)})"


def _open(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: "***" if name.lower() in _SECRET else value for name, value in headers.items()}
