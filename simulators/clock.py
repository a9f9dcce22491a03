"""A clock that can be moved: what the systems hold for now, in Beijing time.

It runs with the real one, ahead or behind by an offset, or it stands. Opening hours, expiry and night
batches are then a matter of a moment; real waiting (a delayed answer) stays real.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hub.message import CST

_STEP = re.compile(r"([+-])(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")


def beijing() -> datetime:
    """The real time."""
    return datetime.now(CST)


class MovableClock:
    """Called, it says the time. `moved` are told of every jump, because somebody's hour may have struck."""

    def __init__(self, real: Callable[[], datetime] = beijing) -> None:
        self._real = real
        self._offset = timedelta()
        self._frozen: datetime | None = None
        self.moved: list[Callable[[], object]] = []

    def __call__(self) -> datetime:
        return self._frozen if self._frozen is not None else self._real() + self._offset

    def set(self, text: str) -> None:
        """`real`, `freeze`, `run`, a moment (`2026-11-22T09:00:00+08:00`), or a step (`+1d2h`, `-30m`).

        A moment and a step keep the clock running or standing as it was. Raises ValueError for anything else.
        """
        now = self()
        if text == "real":
            self._offset, self._frozen = timedelta(), None
        elif text == "freeze":
            self._frozen = now
        elif text == "run":
            self._run_from(now)
        else:
            self._go(_moment(text, now))
        for told in self.moved:
            told()

    def _go(self, moment: datetime) -> None:
        if self._frozen is not None:
            self._frozen = moment
        else:
            self._run_from(moment)

    def _run_from(self, moment: datetime) -> None:
        self._offset, self._frozen = moment - self._real(), None

    def shown(self) -> dict[str, Any]:
        return {
            "now": self().isoformat(timespec="milliseconds"),
            "frozen": self._frozen is not None,
            "offsetSeconds": round((self() - self._real()).total_seconds(), 3),
        }

    def keep(self) -> tuple[timedelta, datetime | None]:
        return self._offset, self._frozen

    def recall(self, kept: tuple[timedelta, datetime | None]) -> None:
        self._offset, self._frozen = kept
        for told in self.moved:
            told()


def step(text: str) -> timedelta | None:
    """The width of `+1d2h30m5s` or `-30s`; None for what is no step."""
    found = _STEP.fullmatch(text)
    if found is None or not any(found.groups()[1:]):
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups()[1:])
    width = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return width if found[1] == "+" else -width


def _moment(text: str, now: datetime) -> datetime:
    width = step(text)
    if width is not None:
        return now + width
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text!r}: real, freeze, run, 2026-11-22T09:00:00+08:00, +1d2h30m or -30s"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=CST)
