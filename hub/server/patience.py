"""One time limit after another on one connection, nearly none of which ever runs out.

Each request begins and ends two of them. Making and cancelling a timer of the loop for each costs 8 us a
request; so the moment is only noted, and a timer that was set for an earlier one goes on to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_EARLY = 0.01  # seconds by which a loop may wake before the time


class Patience:
    """At most one thing is waited with at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None
        self._fires = self._until = 0.0
        self._then: Callable[[], None] | None = None

    def wait(self, seconds: float, then: Callable[[], None]) -> None:
        """Do this after so long, instead of what was to be done before, unless something comes first."""
        self._until, self._then = self._loop.time() + seconds, then
        if self._timer is None or self._until < self._fires:
            self._set()

    def still(self) -> None:
        """Nothing is waited with any more."""
        self._then = None

    def end(self) -> None:
        """The same for good: no timer keeps the connection in memory."""
        self._then = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._fires = self._until
        self._timer = self._loop.call_at(self._fires, self._due)

    def _due(self) -> None:
        self._timer = None
        if self._then is None:
            return
        if self._loop.time() < self._until - _EARLY:
            self._set()
        else:
            then, self._then = self._then, None
            then()
