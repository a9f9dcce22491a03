"""A receiver that fails again and again is left alone for a while, then asked with one call.

Closed: calls pass. Open: none does until `pause` has gone by. Half open: one probe; its outcome decides.
Only failures that tell of the receiver or the way to it count; a refused message is a good sign of life.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Breaker:
    """Times are seconds on any steady clock, given by the caller."""

    failures: int
    pause: float
    _failed: int = 0
    _open_until: float | None = None
    _probing: bool = False

    def state(self, now: float) -> str:
        if self._open_until is None:
            return "closed"
        return "open" if now < self._open_until else "half-open"

    def allows(self, now: float) -> bool:
        """Take leave to call; in half-open only the first asker gets it."""
        state = self.state(now)
        if state == "half-open" and not self._probing:
            self._probing = True
            return True
        return state == "closed"

    def waits(self, now: float) -> float:
        """Seconds until asking again makes sense."""
        return 0.0 if self._open_until is None else max(self._open_until - now, 0.05)

    def passed(self) -> None:
        self._failed, self._open_until, self._probing = 0, None, False

    def failed(self, now: float) -> None:
        self._failed += 1
        if self._probing or self._failed >= self.failures:
            self._open_until, self._probing = now + self.pause, False

    def withdrawn(self) -> None:
        """The call that had leave was not made after all."""
        self._probing = False
