"""The movable clock."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from hub.message import CST
from simulators.clock import MovableClock

START = datetime(2026, 11, 22, 9, tzinfo=CST)


class Real:
    now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def real() -> Real:
    return Real()


def test_it_runs_ahead_by_what_it_was_set(real: Real) -> None:
    clock = MovableClock(real)
    clock.set("+1d2h30m5s")
    assert clock() == START + timedelta(days=1, hours=2, minutes=30, seconds=5)
    real.now += timedelta(seconds=7)
    assert clock() == START + timedelta(days=1, hours=2, minutes=30, seconds=12)
    clock.set("-30m")
    assert clock() == START + timedelta(days=1, hours=2, minutes=0, seconds=12)


def test_it_stands_and_runs_on_from_where_it_stood(real: Real) -> None:
    clock = MovableClock(real)
    clock.set("freeze")
    real.now += timedelta(hours=1)
    assert clock() == START and clock.shown()["frozen"] is True
    clock.set("2026-12-14T09:30:00")
    assert clock() == datetime(2026, 12, 14, 9, 30, tzinfo=CST)
    clock.set("run")
    real.now += timedelta(seconds=5)
    assert clock() == datetime(2026, 12, 14, 9, 30, 5, tzinfo=CST) and clock.shown()["frozen"] is False
    clock.set("real")
    assert clock() == real.now and clock.shown()["offsetSeconds"] == 0


def test_everybody_concerned_is_told_of_a_jump(real: Real) -> None:
    clock, told = MovableClock(real), []
    clock.moved.append(lambda: told.append(clock()))
    clock.set("+2h")
    kept = clock.keep()
    clock.set("freeze")
    clock.recall(kept)
    assert told[0] == START + timedelta(hours=2) and len(told) == 3 and not clock.shown()["frozen"]


@pytest.mark.parametrize("text", ["", "+", "tomorrow", "+1w", "2026-13-01"])
def test_what_is_no_time_is_refused(real: Real, text: str) -> None:
    with pytest.raises(ValueError, match="real, freeze"):
        MovableClock(real).set(text)
