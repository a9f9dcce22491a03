"""Random bytes in small portions, fetched from the source in large ones.

Asking the system lets go of the interpreter, and a message needs three portions: under load each was a
turn lost to another thread.
"""

from __future__ import annotations

from collections.abc import Callable

_BLOCK = 4096


class Portions:
    """Called with a number, gives that many bytes, each handed out once. For one thread at a time."""

    __slots__ = ("_at", "_block", "_source")

    def __init__(self, source: Callable[[int], bytes]) -> None:
        self._source = source
        self._block = b""
        self._at = 0

    def __call__(self, count: int) -> bytes:
        if self._at + count > len(self._block):
            if count > _BLOCK:
                return self._source(count)
            self._block, self._at = self._source(_BLOCK), 0
        self._at += count
        return self._block[self._at - count : self._at]
