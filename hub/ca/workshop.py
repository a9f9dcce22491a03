"""Where cryptography is done: few threads, few places to wait in, and never the loop.

Signatures over messages are quick, whole documents are not; each has threads of its own, so that
somebody's large PDF does not stand in the way of two hundred logins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from hub.errors import OverloadError

Result = TypeVar("Result")


class Workshop:
    """`threads` for what is quick, one for documents; `most` pieces of work at a time, waiting ones too."""

    def __init__(self, threads: int, most: int) -> None:
        self._quick = ThreadPoolExecutor(threads, "ca")
        self._slow = ThreadPoolExecutor(1, "ca-documents")
        self._most = most
        self._inside = 0

    async def do(self, work: Callable[[], Result], *, slow: bool = False) -> Result:
        """Raises OverloadError when every place is taken: told at once, nobody waits to hear it."""
        if self._inside >= self._most:
            raise OverloadError("证书服务繁忙,请稍后再试 / busy", retry_after=1)
        self._inside += 1
        try:
            pool = self._slow if slow else self._quick
            return await asyncio.get_running_loop().run_in_executor(pool, work)
        finally:
            self._inside -= 1

    async def close(self) -> None:
        """What has begun ends; what waits is let go."""
        for pool in (self._quick, self._slow):
            await asyncio.to_thread(pool.shutdown, True, cancel_futures=True)
