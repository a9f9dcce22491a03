"""A clock that is set is not believed; one that is corrected is followed."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from hub.clock import Clock

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class Machine:
    """A machine whose wall clock somebody can set."""

    def __init__(self):
        self.counter, self.ahead = 1000.0, timedelta()

    def said(self):
        return START + timedelta(seconds=self.counter - 1000.0) + self.ahead

    def true(self):
        return START + timedelta(seconds=self.counter - 1000.0)


@pytest.fixture
def machine():
    return Machine()


@pytest.fixture
def clock(machine):
    return Clock(machine.said, lambda: machine.counter)


def test_time_goes_on(machine, clock):
    machine.counter += 3600
    assert clock() == START + timedelta(hours=1)
    assert clock.gap == 0


@pytest.mark.parametrize("hours", [1, -1])
def test_a_jump_is_not_followed_and_said_once(machine, clock, hours, caplog):
    machine.ahead = timedelta(hours=hours)
    with caplog.at_level(logging.ERROR):
        for _ in range(5):
            machine.counter += 10
            assert clock() == machine.true()
    assert len(caplog.records) == 1
    assert clock.gap == hours * 3600


def test_the_clock_that_comes_back_is_followed_again(machine, clock):
    machine.ahead = timedelta(hours=1)
    clock()
    machine.counter += 60
    machine.ahead = timedelta(seconds=0.5)
    assert clock() == machine.said()
    assert clock.gap == 0


def test_corrections_add_up(machine, clock):
    """A slow clock that is put right by a second every hour stays right."""
    for _ in range(10):
        machine.counter += 3600
        machine.ahead += timedelta(seconds=1)
        assert clock() == machine.said()


def test_a_start_takes_the_clock_as_it_is(machine):
    machine.ahead = timedelta(hours=-1)
    assert Clock(machine.said, lambda: machine.counter)() == machine.said()
