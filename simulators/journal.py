"""The last exchanges of each system: bounded by number and by bytes, because journals fill memory.

`ROOM` is shared out among the systems of a fleet; a system alone has all of it. What stands here was said
on the wire: a cut answer is no reply.
"""

from __future__ import annotations

import base64
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulators.wire import Reply, Request

KEPT = 200
ROOM = 24 * 2**20
LEAST = 64 * 2**10
SHOWN = 4096
_HEAVY = 3000  # bytes of Python around a body: headers, strings, objects
_SECRET = frozenset({"authorization", "cookie"})
_CHARSET = re.compile(rb"""(?:encoding=["']|charset=)["']?([A-Za-z0-9_-]+)""", re.I)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request with its answer; `reply` is None when the connection was cut.

    `stage` and `key` are those of the record it was about, `number` counts from the system's first.
    """

    at: datetime
    request: Request
    reply: Reply | None
    fault: str = ""
    stage: str = ""
    key: str = ""
    number: int = 0

    def shown(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "at": self.at.isoformat(timespec="milliseconds"),
            "fault": self.fault,
            "stage": self.stage,
            "key": self.key,
            "request": {
                "method": self.request.method,
                "path": self.request.target,
                "headers": _open(self.request.headers),
                "body": text_of(self.request.body, self.request.headers),
            },
            "reply": None
            if self.reply is None
            else {
                "status": self.reply.status,
                "headers": dict(self.reply.headers),
                "body": text_of(self.reply.body, self.reply.headers),
            },
        }

    @property
    def weight(self) -> int:
        return _HEAVY + len(self.request.body) + (len(self.reply.body) if self.reply else 0)


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; empty means anything. `text` is looked for in path, bodies and header values."""

    stage: str = ""
    key: str = ""
    fault: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    after: int = 0

    def fits(self, one: Exchange) -> bool:
        return (
            self.stage in ("", one.stage)
            and self.key in ("", one.key)
            and (self.fault in ("", one.fault) or (self.fault == "*" and one.fault != ""))
            and (self.since is None or one.at >= self.since)
            and (self.until is None or one.at <= self.until)
            and one.number > self.after
            and (not self.text or self._within(one))
        )

    def _within(self, one: Exchange) -> bool:
        shown = one.shown()
        parts = [shown["request"]["path"], shown["request"]["body"], *shown["request"]["headers"].values()]
        if shown["reply"] is not None:
            parts += [
                shown["reply"]["body"],
                str(shown["reply"]["status"]),
                *shown["reply"]["headers"].values(),
            ]
        return any(self.text in part for part in parts)


class Journal:
    """A ring of exchanges and the count of all that ever came."""

    def __init__(self, kept: int = KEPT, room: int = ROOM) -> None:
        self._ring: deque[Exchange] = deque()
        self._kept, self.room = kept, room
        self._weight = 0
        self.received = 0

    def note(self, one: Exchange) -> None:
        self.received += 1
        ring = self._ring
        ring.append(one)
        self._weight += one.weight
        while len(ring) > self._kept or (self._weight > self.room and len(ring) > 1):
            self._weight -= ring.popleft().weight

    def last(self, limit: int) -> list[Exchange]:
        """Newest first."""
        return list(self._ring)[::-1][: max(0, limit)]

    def found(self, search: Search) -> Iterator[Exchange]:
        """Oldest first."""
        return (one for one in list(self._ring) if search.fits(one))

    def clear(self) -> None:
        self._ring.clear()
        self._weight = self.received = 0

    def keep(self) -> tuple[int, tuple[Exchange, ...]]:
        """Exchanges never change, so keeping them is keeping references."""
        return self.received, tuple(self._ring)

    def recall(self, kept: tuple[int, tuple[Exchange, ...]]) -> None:
        self.received, ring = kept
        self._ring = deque(ring)
        self._weight = sum(one.weight for one in ring)


def room_of(systems: int) -> int:
    """The share of one of so many systems."""
    return max(LEAST, ROOM // max(1, systems))


def text_of(body: bytes, headers: Mapping[str, str], shown: int = SHOWN) -> str:
    """A body as text in the charset it names; what is no text at all as Base64 after `base64:`."""
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    named = _CHARSET.search(kind.encode("utf-8", "replace")) or _CHARSET.search(body[:200])
    charset = "gb18030" if named and named[1].lower() in (b"gbk", b"gb2312", b"gb18030") else "utf-8"
    try:
        text = body.decode(charset)
    except UnicodeDecodeError:
        if b"\x00" in body[:64]:
            coded = base64.b64encode(body[:shown]).decode("ascii")
            return f"base64:{coded}" + (f"…({len(body)})" if len(body) > shown else "")
        text = body.decode(charset, "backslashreplace")
    return text if len(text) <= shown else f"{text[:shown]}…({len(body)})"


def hide(text: str, secrets: Iterable[str]) -> str:
    """The text without the system's secrets, however they got into it."""
    for secret in secrets:
        text = text.replace(secret, "***") if len(secret) >= 8 else text
    return text


def _open(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: "***" if name.lower() in _SECRET else value for name, value in headers.items()}
