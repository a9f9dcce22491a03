"""Threads for what can only wait: a locked file or a dead mount holds up its own kind and not the hub."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Value = TypeVar("Value")
MOST = 16


class Threads:
    """Few threads of one's own, not those everybody shares."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(MOST, thread_name_prefix=name)

    def submit(self, work: Callable[[], Value]) -> Future[Value]:
        """Its `cancel` says truly whether the work had begun."""
        return self._pool.submit(work)

    def start(self, work: Callable[[], Value]) -> asyncio.Future[Value]:
        return asyncio.wrap_future(self.submit(work))

    def close(self) -> None:
        """Whoever waits on a dead mount is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)
