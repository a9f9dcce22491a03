"""The hub's clock: the system's wall clock, which is not believed when it jumps.

Gates open by the hub's clock, nonces and message times are judged by it, retries wait for it. If somebody
sets the machine's clock an hour ahead, nothing of that may happen an hour early; if it is set back, nothing
may stand still or be open to a replay. So time goes on as the steady counter of the machine says, small
corrections are followed, and a jump is reported until the clock comes back or the hub is started again: a
start is the decision of a person and takes the clock as it is.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

log = logging.getLogger(__name__)
TOLERANCE = timedelta(seconds=2)  # what a time service corrects at once; anything larger is somebody's hand


def wall() -> datetime:
    """What the machine says."""
    return datetime.now(UTC)


def steady() -> float:
    """Seconds that pass whatever happens to the wall clock, those of a sleeping machine included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Clock:
    """Call it for the time. Safe from any thread: a race between two calls only repeats a correction."""

    def __init__(
        self,
        said: Callable[[], datetime] | None = None,
        passed: Callable[[], float] | None = None,
        tolerance: timedelta = TOLERANCE,
    ) -> None:
        self._said, self._passed = said or wall, passed or steady
        self._tolerance = tolerance.total_seconds()
        self._base = self._said(), self._passed()
        self._apart = False

    def __call__(self) -> datetime:
        said, passed = self._said(), self._passed()
        base, since = self._base
        # Asked twice a message: in seconds, because making a timedelta costs more than all the rest.
        gap = (said - base).total_seconds() - (passed - since)
        near = -self._tolerance <= gap <= self._tolerance
        if near == self._apart:
            self._report(near, timedelta(seconds=gap))
        if near:
            self._base = said, passed
            return said
        return base + timedelta(seconds=passed - since)

    def _report(self, near: bool, gap: timedelta) -> None:
        self._apart = not near
        if near:
            log.warning("system clock is back; followed again")
        else:
            log.error(
                "system clock jumped by %+.0f s; not followed until the hub starts anew", gap.total_seconds()
            )

    @property
    def gap(self) -> float:
        """Seconds by which the system's clock is ahead of ours; 0 while it is followed."""
        if not self._apart:
            return 0.0
        base, since = self._base
        return (self._said() - base).total_seconds() - (self._passed() - since)
