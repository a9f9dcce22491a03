"""A connection that is aiohttp's: watched for requests that do not become whole, and counted out at its end.

aiohttp waits for the head of a later request as long as bytes keep coming, one in a minute. Here the
time runs from the first byte after an answer until a handler has the request; bodies have their own
time (`hub.server.intake`). The wire in between is not touched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from hub.server.patience import Patience


class Tail(asyncio.Protocol):
    """Stands between transport and `protocol`; `begun` and `ended` are said by the application."""

    def __init__(self, protocol: Any, seconds: float, gone: Callable[[], None]) -> None:
        self._protocol = protocol
        self._seconds = seconds
        self._gone = gone
        self._patience = Patience(asyncio.get_running_loop())
        self._asked = 0
        self._waits = False
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._protocol.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._asked == 0 and not self._waits:
            self._waits = True
            self._patience.wait(self._seconds, self._too_slow)
        self._protocol.data_received(data)

    def eof_received(self) -> bool | None:
        kept: bool | None = self._protocol.eof_received()
        return kept

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._patience.end()
        self._gone()
        self._protocol.connection_lost(exc)

    def begun(self) -> None:
        """A request is whole as far as its head goes."""
        self._asked += 1
        self._waits = False
        self._patience.still()

    def ended(self) -> None:
        self._asked -= 1

    def _too_slow(self) -> None:
        self._transport.abort()
