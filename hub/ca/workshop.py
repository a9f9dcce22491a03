"""Where cryptography is done: few threads, few places to wait in, and never the loop.

Signatures over messages are quick, whole documents are not; each has threads of its own, so that
somebody's large PDF does not stand in the way of two hundred logins.

Waking a thread and waking the loop cost more than a signature of a known signer does. So whoever works takes
the next piece himself, and the loop hears of several at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from hub.errors import OverloadError

Result = TypeVar("Result")
_TOGETHER = 8  # pieces a worker does before the loop hears of them
_CROWD = 2  # pieces waiting for which it is worth waking one more


@dataclass(frozen=True, slots=True)
class _Piece:
    work: Callable[[], Any]
    done: asyncio.Future[Any]


class _Bench:
    """Threads that take pieces from one row until it is empty; the loop alone counts them."""

    def __init__(self, threads: int, name: str) -> None:
        self._pool, self._threads = ThreadPoolExecutor(threads, name), threads
        self._row: deque[_Piece] = deque()
        self._busy, self._waking = 0, False

    def take(self, piece: _Piece) -> None:
        """Woken a turn of the loop later: those who came in the same turn are in the row by then."""
        self._row.append(piece)
        if not self._waking:
            self._waking = True
            loop = piece.done.get_loop()
            loop.call_soon(self._wake, loop)

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        self._waking = False
        if self._row and (self._busy == 0 or (self._busy < self._threads and len(self._row) > _CROWD)):
            self._busy += 1
            self._pool.submit(self._drain, loop)

    def _drain(self, loop: asyncio.AbstractEventLoop) -> None:
        while done := self._some():
            loop.call_soon_threadsafe(_tell, done)
        loop.call_soon_threadsafe(self._left, loop)

    def _some(self) -> list[tuple[_Piece, Any, BaseException | None]]:
        done: list[tuple[_Piece, Any, BaseException | None]] = []
        while len(done) < _TOGETHER:
            try:
                piece = self._row.popleft()
            except IndexError:
                break
            if piece.done.cancelled():
                continue
            try:
                done.append((piece, piece.work(), None))
            except BaseException as error:  # whoever asked hears of it
                done.append((piece, None, error))
        return done

    def _left(self, loop: asyncio.AbstractEventLoop) -> None:
        """A worker has found the row empty; what came since then needs a new one."""
        self._busy -= 1
        self._wake(loop)

    def close(self) -> None:
        """What has begun ends; what waits is let go."""
        row, self._row = self._row, deque()
        for piece in row:
            piece.done.get_loop().call_soon_threadsafe(piece.done.cancel)
        self._pool.shutdown(wait=True, cancel_futures=True)


def _tell(done: list[tuple[_Piece, Any, BaseException | None]]) -> None:
    for piece, result, error in done:
        if piece.done.done():
            continue  # whoever asked has gone
        if error is None:
            piece.done.set_result(result)
        else:
            piece.done.set_exception(error)


class Workshop:
    """`threads` for what is quick, one for documents; `most` pieces of work at a time, waiting ones too."""

    def __init__(self, threads: int, most: int) -> None:
        self._quick, self._slow = _Bench(threads, "ca"), _Bench(1, "ca-documents")
        self._most = most
        self._inside = 0

    async def do(self, work: Callable[[], Result], *, slow: bool = False) -> Result:
        """Raises OverloadError when every place is taken: told at once, nobody waits to hear it."""
        if self._inside >= self._most:
            raise OverloadError("证书服务繁忙,请稍后再试 / busy", retry_after=1)
        self._inside += 1
        try:
            done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
            (self._slow if slow else self._quick).take(_Piece(work, done))
            return await done
        finally:
            self._inside -= 1

    async def close(self) -> None:
        for bench in (self._quick, self._slow):
            await asyncio.to_thread(bench.close)
