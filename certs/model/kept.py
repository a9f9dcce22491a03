"""Remembering what was worked out, within a bound of bytes rather than of pieces.

`functools.lru_cache` counts pieces, so whoever sends large ones fills the memory. Here each piece has a
weight; those not asked for longest leave first, and one that is heavier than the whole bound is never kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """What `make` gave for a key; what it raises is not remembered. Safe to share between threads."""

    def __init__(self, make: Callable[[Key], Value], weight: Callable[[Key], int], most: int) -> None:
        self._make, self._weight, self._most = make, weight, most
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = Lock()
        self.weight = 0
        self.__name__ = make.__name__

    def __call__(self, key: Key) -> Value:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        made = self._make(key)  # outside the lock: it may take long, and doing it twice does no harm
        size = self._weight(key)
        if size <= self._most:
            with self._lock:
                if key not in self._values:
                    self._values[key] = made
                    self.weight += size
                while self.weight > self._most:
                    self.weight -= self._weight(self._values.popitem(last=False)[0])
        return made

    def cache_clear(self) -> None:
        with self._lock:
            self._values.clear()
            self.weight = 0
