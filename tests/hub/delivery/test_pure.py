"""The pure parts of delivery: when to try again, when to leave alone."""

from __future__ import annotations

import pytest

from hub.delivery.backoff import SPREAD, wait
from hub.delivery.breaker import Breaker


def test_waits_are_the_published_ones_spread_upwards_only():
    schedule = (1.0, 5.0, 30.0)
    assert [wait(schedule, tries, 0.0) for tries in (1, 2, 3)] == [1.0, 5.0, 30.0]
    assert wait(schedule, 2, 0.999) == pytest.approx(5.0 * (1 + SPREAD), rel=1e-3)
    assert wait(schedule, 4, 0.5) is None
    assert wait((), 1, 0.0) is None


def test_the_breaker_opens_probes_once_and_closes():
    breaker = Breaker(failures=2, pause=10)
    assert breaker.allows(0) and breaker.state(0) == "closed"
    breaker.failed(0)
    assert breaker.allows(0)
    breaker.failed(0)
    assert breaker.state(1) == "open" and not breaker.allows(9.9) and breaker.waits(4) == 6
    assert breaker.state(10) == "half-open"
    assert breaker.allows(10) and not breaker.allows(10), "one probe only"
    breaker.failed(11)
    assert not breaker.allows(20.9) and breaker.allows(21)
    breaker.withdrawn()
    assert breaker.allows(21), "leave given back"
    breaker.passed()
    assert breaker.state(21) == "closed" and breaker.allows(21) and breaker.allows(21)


def test_scattered_failures_do_not_open_it():
    breaker = Breaker(failures=3, pause=10)
    for _ in range(10):
        breaker.failed(0)
        breaker.failed(0)
        breaker.passed()
    assert breaker.state(0) == "closed"
