"""Nonces used within a window: each costs the same however many there are, and none outlives the window."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from datetime import datetime, timedelta

MEMORY = timedelta(seconds=600)
MOST = 50_000


class NonceBook:
    """Remembers what was used in the last ten minutes, at most MOST: real systems' caches end as well."""

    def __init__(self, memory: timedelta = MEMORY) -> None:
        self._memory = memory
        self._known: set[Hashable] = set()
        self._order: deque[tuple[datetime, Hashable]] = deque()

    def fresh(self, nonce: Hashable, now: datetime) -> bool:
        """Remember it; False when it was used within the window."""
        while self._order and (now - self._order[0][0] > self._memory or len(self._order) >= MOST):
            self._known.discard(self._order.popleft()[1])
        if nonce in self._known:
            return False
        self._known.add(nonce)
        self._order.append((now, nonce))
        return True

    def __len__(self) -> int:
        return len(self._known)
