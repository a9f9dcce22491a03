"""How many connections there may be, in all and from one address; who comes later is told so and let go.

Every connection costs memory before it has said who it is: this is the only limit that needs no proof.
"""

from __future__ import annotations

import resource
from collections import Counter

# File descriptors the hub needs for itself: journal, index, deliveries, files.
OURS = 256


class Crowd:
    """Counts; 0 is no limit. An address without connections is forgotten."""

    def __init__(self, most: int, each: int) -> None:
        self._most = most
        self._each = each
        self._by_address: Counter[str] = Counter()
        self._all = 0

    def enter(self, address: str) -> bool:
        """Take a place, to be given back by `leave`; False when there is none."""
        if self._most and self._all >= self._most:
            return False
        if self._each and self._by_address[address] >= self._each:
            return False
        self._all += 1
        self._by_address[address] += 1
        return True

    def leave(self, address: str) -> None:
        self._all -= 1
        self._by_address[address] -= 1
        if self._by_address[address] <= 0:
            del self._by_address[address]

    @property
    def size(self) -> int:
        return self._all


def most_connections(wanted: int) -> int:
    """As many as wanted, if the system gives a process so many descriptors."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    room = max(16, soft - OURS) if soft != resource.RLIM_INFINITY else wanted
    return min(wanted, room) if wanted else room
