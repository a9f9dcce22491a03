"""Strangers who use a page: few at a time, one at work, and nobody too often."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from hub.errors import OverloadError, SenderError
from hub.server.limiter import Limiter

_A_SECOND = 4.0
_INSIDE = 8


@dataclass(slots=True)
class Visitors:
    """`turn` is held while something of a visitor's is being judged."""

    limiter: Limiter = field(default_factory=lambda: Limiter(_A_SECOND))
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    inside: int = 0

    @asynccontextmanager
    async def enter(self, address: str, now: float) -> AsyncIterator[None]:
        """Raises SenderError 429 for one who asks too often, OverloadError where all places are taken."""
        wait = self.limiter.wait(address, now)
        if wait:
            raise SenderError(
                "请求过于频繁 / too many requests", code="hub.rate", status=429, retry_after=wait
            )
        if self.inside >= _INSIDE:
            raise OverloadError("核验页面繁忙,请稍后再试 / busy", retry_after=2)
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1
