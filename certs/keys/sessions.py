"""A few sessions of a device, shared by many threads: one each at a time, all thrown away when one died.

Opening a session costs a login, so they are kept; devices allow few, so their number is bounded and a
thread that finds none waits, but not for ever.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from certs.keys.port import KeyFailureError

_Session = TypeVar("_Session")
PATIENCE = 30.0
SESSIONS, MOST_SESSIONS = 4, 64


class Pool(Generic[_Session]):
    """`make` opens one session, `end` gives it back to the device; errors of `end` are of no interest."""

    def __init__(
        self,
        make: Callable[[], _Session],
        end: Callable[[_Session], None],
        size: int,
        *,
        patience: float = PATIENCE,
    ) -> None:
        self._make, self._end, self._patience = make, end, patience
        self._free = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._idle: list[_Session] = []
        self._age = 0
        self._closed = False

    @contextmanager
    def session(self) -> Iterator[_Session]:
        """One session for this thread; raises KeyFailureError when all stay in use, or after `close`."""
        if not self._free.acquire(timeout=self._patience):
            raise KeyFailureError("密码设备的会话一直被占用:请增大 sessions,或检查设备是否没有响应")
        try:
            with self._lock:
                if self._closed:
                    raise KeyFailureError("密钥已关闭,请重新打开")
                age = self._age
                mine = self._idle.pop() if self._idle else None
            mine = self._make() if mine is None else mine
            try:
                yield mine
            finally:
                self._back(mine, age)
        finally:
            self._free.release()

    def renew(self) -> None:
        """Every session there is belongs to the past: whoever holds one gives it back to nobody."""
        with self._lock:
            self._age += 1
            idle, self._idle = self._idle, []
        self._finish(idle)

    def close(self) -> None:
        with self._lock:
            self._closed = True
        self.renew()

    def _back(self, mine: _Session, age: int) -> None:
        with self._lock:
            current = age == self._age
            if current:
                self._idle.append(mine)
        if not current:
            self._finish([mine])

    def _finish(self, sessions: list[_Session]) -> None:
        for one in sessions:
            with contextlib.suppress(Exception):  # a dead session may refuse to be closed
                self._end(one)
