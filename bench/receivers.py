"""A receiver for the robustness runs: the wire of the native dialect, effects remembered, moods of its own.

It lives in the process of the measurement, so that it outlives every cut and kill of the hub. It is what the
papers call idempotent: a `msgId` it has seen takes no second effect. Now and then it takes effect and hangs
up without a word, which is what makes a hub repeat itself.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

ANSWER = (
    '{{"code":"0000","msg":"ok","receipt":{{"receiptId":"{}","receivedTime":"2026-01-01T00:00:00+08:00"}}}}'
)
# One record as the receiver knows it: stage and the sender's own key.
Record = tuple[str, str]


@dataclass
class Receiver:
    """`silent` is the share of calls that take effect and get no answer; `pause` seconds before each."""

    silent: float = 0.0
    pause: float = 0.0
    dice: random.Random = field(default_factory=random.SystemRandom)
    calls: Counter[str] = field(default_factory=Counter)
    effects: defaultdict[Record, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    took: dict[str, float] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)
    port: int = 0
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    def forget(self) -> None:
        """A new life of the hub's store begins."""
        self.calls.clear()
        self.effects.clear()
        self.took.clear()
        self.doubtful.clear()

    def doubt(self, moment: float) -> None:
        """What came after a cut of power began: a hub without power sends nothing, but this one may have
        been told by its dying disk that a message is kept which is not, and it comes again under another key.
        """
        self.doubtful.update(name for name, at in self.took.items() if at > moment)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while body := await _request(reader):
                if self.pause:
                    await asyncio.sleep(self.pause)
                first = self._take(json.loads(body))
                if self.dice.random() < self.silent:
                    return
                said = ANSWER.format(f"P{sum(self.calls.values())}").encode()
                status = b"202 Accepted" if first else b"200 OK"
                head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                writer.write(head % (status, len(said)) + said)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def _take(self, envelope: dict[str, Any]) -> bool:
        head, body = envelope["head"], envelope["body"]
        self.calls[head["msgId"]] += 1
        if self.calls[head["msgId"]] > 1:
            return False
        self.took[head["msgId"]] = time.perf_counter()
        self.effects[head.get("stage", ""), body["key"]].append((body["version"], head["msgId"]))
        return True

    # what the checks ask

    def doubled(self) -> list[Record]:
        """Records of which one version took effect twice: under two keys, or it would have been told."""
        return [record for record, seen in self._sure() if len(set(seen)) < len(seen)]

    def disordered(self) -> list[Record]:
        """Records whose versions took effect in another order than their own."""
        return [record for record, seen in self._sure() if seen != sorted(seen)]

    def _sure(self) -> list[tuple[Record, list[int]]]:
        """Versions of each record as they took effect, without what is in doubt."""
        return [
            (record, [version for version, name in seen if name not in self.doubtful])
            for record, seen in self.effects.items()
        ]

    def has(self, record: Record, version: int) -> bool:
        return any(version == one for one, _ in self.effects.get(record, ()))


async def _request(reader: asyncio.StreamReader) -> bytes:
    """The body of the next request; empty when the connection is over."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    for row in head.split(b"\r\n")[1:]:
        name, _, value = row.partition(b":")
        if name.lower() == b"content-length":
            return await reader.readexactly(int(value))
    return b"{}"
