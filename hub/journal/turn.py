"""Whose turn it is to touch the write-ahead log: the writer's, or between two groups the housekeeper's.

SQLite's own lock is polled for, so that under steady writing a housekeeper would never get it. Here
the next group waits at the door while somebody stands in it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turn:
    """One writer, any number of housekeepers."""

    def __init__(self) -> None:
        self._door = threading.Lock()
        self._writing = threading.Lock()

    def take(self) -> None:
        """The writer begins; waits only for a housekeeper."""
        with self._door:
            self._writing.acquire()

    def take_now(self) -> bool:
        """The writer begins, unless it would have to wait."""
        if not self._door.acquire(blocking=False):
            return False
        try:
            return self._writing.acquire(blocking=False)
        finally:
            self._door.release()

    def give(self) -> None:
        """The writer is done."""
        self._writing.release()

    @contextmanager
    def between(self) -> Iterator[None]:
        """No group is open and none begins inside; waits for the one that is."""
        with self._door, self._writing:
            yield
