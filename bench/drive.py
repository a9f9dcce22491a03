"""A cheap closed-loop client: kept connections, ready-made requests, one call at a time on each.

A protocol on the bare socket, not a library: the client shares the cores with what it measures.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass(slots=True)
class Round:
    """What one round saw; latencies in seconds."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    client_cpu: float = 0.0
    good: int = 202

    @property
    def acknowledged(self) -> int:
        return self.statuses[self.good]


class Caller(asyncio.Protocol):
    """Sends the next request when the answer to the last one is whole."""

    def __init__(self, requests: Iterator[bytes], seen: Round, until: float) -> None:
        self._requests, self._seen, self._until = requests, seen, until
        self._buffer = b""
        self._sent = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:  # uvloop's transports are of no common kind
        self._transport = transport
        self._next()

    def _next(self) -> None:
        request = next(self._requests, None) if time.perf_counter() < self._until else None
        if request is None:
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, mark, rest = self._buffer.partition(b"\r\n\r\n")
        if not mark or len(rest) < _length(head):
            return
        self._buffer = b""
        self._seen.latencies.append(time.perf_counter() - self._sent)
        self._seen.statuses[int(head[9:12])] += 1
        self._next()

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


def _length(head: bytes) -> int:
    for row in head.split(b"\r\n")[1:]:
        name, _, value = row.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def drive(
    url: str, requests: Iterator[bytes], *, connections: int, seconds: float, good: int = 202
) -> Round:
    """One round: until the time is over or the requests are used up; `good` counts as acknowledged."""
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    loop, seen = asyncio.get_running_loop(), Round(good=good)
    began, cpu = time.perf_counter(), time.process_time()
    callers = [
        (await loop.create_connection(lambda: Caller(requests, seen, began + seconds), host, port))[1]
        for _ in range(connections)
    ]
    await asyncio.wait_for(asyncio.gather(*(caller.done for caller in callers)), seconds + 15)
    seen.seconds = time.perf_counter() - began
    seen.client_cpu = (time.process_time() - cpu) / seen.seconds
    return seen


def request(body: bytes, path: str = "/v1/messages", media: str = "application/json") -> bytes:
    """The bytes of one submission."""
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: {media}\r\n"
    head += f"Content-Length: {len(body)}"
    return head.encode("ascii") + b"\r\n\r\n" + body
