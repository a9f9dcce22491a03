"""Answers remembered in memory: bounded in number and bytes, the least recently used go first.

Nothing of it is written down: what was told from here, and from which question it came, stands in the
journal with each answer. Ages are measured on the steady clock, so that a jump of the wall clock makes
nothing fresh again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST = 20_000
ROOM = 32 * 2**20


@dataclass(frozen=True, slots=True)
class Remembered:
    """`at`: steady seconds; `asked`: microseconds since the epoch; `hub_id`: the question that was asked;
    `marks`: how much had arrived of what ends it; `until`: microseconds, 0 where the reply sets no end."""

    data: Mapping[str, Any]
    provider: str
    hub_id: str
    asked: int
    at: float
    marks: tuple[int, ...]
    until: int
    size: int


@dataclass(slots=True)
class Shelf:
    """Answers by key."""

    most: int = MOST
    room: int = ROOM
    _held: OrderedDict[bytes, Remembered] = field(default_factory=OrderedDict)
    _size: int = 0

    def __len__(self) -> int:
        return len(self._held)

    @property
    def size(self) -> int:
        return self._size

    def put(self, key: bytes, one: Remembered) -> None:
        """Remember; an answer that alone would fill a tenth of the room is not worth it."""
        self.drop(key)
        if one.size > self.room // 10:
            return
        self._held[key] = one
        self._size += one.size
        while len(self._held) > self.most or self._size > self.room:
            self._size -= self._held.popitem(last=False)[1].size

    def get(self, key: bytes, marks: tuple[int, ...], now: int) -> Remembered | None:
        """What is remembered and nothing has ended; `now` in microseconds since the epoch."""
        one = self._held.get(key)
        if one is None:
            return None
        if one.marks != marks or 0 < one.until <= now:
            self.drop(key)
            return None
        self._held.move_to_end(key)
        return one

    def drop(self, key: bytes) -> None:
        if (one := self._held.pop(key, None)) is not None:
            self._size -= one.size
