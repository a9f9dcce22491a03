"""The arithmetic: percentiles, facts and verdicts, each against a plainer way to the same answer."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.ledger import NEVER_SENT, Asked, Ledger, Planned, Result
from loadtests.measure import measure
from loadtests.objectives import every, objectives
from loadtests.percentile import percentile
from loadtests.shapes import SHAPES, Phase
from loadtests.trust import Limits
from loadtests.verdict import Verdict, judge

WELL = {"locust": {"requests": 2000}, "gauge": {"cpu": 0.2, "lag_p99_ms": 3.0, "clock_drift_s": 0.0}}
STEADY = (Phase("steady", 100, 20),)


def ledger(latency: float = 0.1, count: int = 2000, late: float = 0.0) -> Ledger:
    """One call each 50 ms, all good; each sent `late` and answered `latency` after its instant."""
    plan = {n: Planned(n, n / 20, 0, "put", "eng-project", f"m{n}", "sm3:aa") for n in range(count)}
    results = {
        n: Result(n, row.due, row.due + late, row.due + latency, 202, "0000", f"h{n}", "received", "sm3:aa")
        for n, row in plan.items()
    }
    asked = {n: Asked(n, True, (f"h{n}",), 200) for n in plan}
    return Ledger(plan, results, asked)


def verdict(book: Ledger, worker: dict | None = WELL, limits: Limits | None = None, shape: str = "ordinary"):
    return judge(measure(book, STEADY), objectives(shape), limits or Limits(), worker)


def changed(book: Ledger, numbers: range, **news: object) -> Ledger:
    return replace(book, results={**book.results, **{n: replace(book.results[n], **news) for n in numbers}})


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=300), st.sampled_from([1, 50, 90, 95, 99, 99.9, 100]))
def test_a_percentile_is_the_smallest_sample_that_enough_do_not_exceed(
    samples: list[float], q: float
) -> None:
    enough = [
        value for value in samples if 1000 * sum(x <= value for x in samples) >= round(q * 10) * len(samples)
    ]
    assert percentile(samples, q) == min(enough)


def test_percentiles_of_a_known_row() -> None:
    row = [float(n) for n in range(1, 1001)]
    random.Random(3).shuffle(row)
    assert [percentile(row, q) for q in (0, 50, 95, 99, 99.9, 100)] == [1, 500, 950, 990, 999, 1000]
    assert percentile([], 95) == 0.0
    with pytest.raises(ValueError, match="percentile"):
        percentile(row, 101)


def test_a_stop_of_two_seconds_is_seen_by_everybody_who_came_meanwhile() -> None:
    """The closed form: of 240 calls at 20/s, those due in [5, 7) are answered at 7 and not before."""
    book = ledger(0.002, 240)
    stalled = {
        n: replace(row, sent=7.0, done=7.0) if 5 <= book.plan[n].due < 7 else row
        for n, row in book.results.items()
    }
    seen = measure(replace(book, results=stalled), STEADY)
    truth = sorted((7 - n / 20) * 1000 if 5 <= n / 20 < 7 else 2.0 for n in range(240))
    for q in (50, 90, 95, 99):
        assert percentile(seen.latency, q) == pytest.approx(truth[-(-q * 240 // 100) - 1])
    assert percentile(seen.latency, 95) > 1000 > percentile(seen.service, 95)


def test_a_good_run_passes() -> None:
    assert verdict(ledger()).verdict is Verdict.PASS
    assert verdict(ledger()).reasons == ()


@pytest.mark.parametrize(
    ("book", "metric"),
    [
        (ledger(1.7), "latency.p95"),
        (changed(ledger(), range(3), status=503, hub_id=""), "error.ratio"),
        (changed(ledger(), range(150), status=0, error="no-answer", hub_id=""), "throughput.ratio"),
        (changed(ledger(), range(1), digest="sm3:bb"), "altered"),
        (replace(ledger(), asked={**ledger().asked, 7: Asked(7, False, (), 404)}), "lost"),
        (replace(ledger(), asked={**ledger().asked, 7: Asked(7, True, ("other",), 200)}), "doubled"),
    ],
)
def test_each_objective_can_be_missed(book: Ledger, metric: str) -> None:
    judged = verdict(book)
    assert judged.verdict is Verdict.FAIL
    assert metric in [row.objective.metric for row in judged.objectives if row.ok is False]


@pytest.mark.parametrize(
    ("check", "worker"),
    [
        ("worker.finished", None),
        ("generator.cpu", {**WELL, "gauge": {**WELL["gauge"], "cpu": 0.9}}),
        ("generator.lag.p99.ms", {**WELL, "gauge": {**WELL["gauge"], "lag_p99_ms": 51.0}}),
        ("clock.drift.s", {**WELL, "gauge": {**WELL["gauge"], "clock_drift_s": -3600.0}}),
        ("statistics.complete", {**WELL, "locust": {"requests": 1999}}),
    ],
)
def test_what_the_generator_says_of_itself_can_void_a_run(check: str, worker: dict | None) -> None:
    judged = verdict(ledger(), worker)
    assert judged.verdict is Verdict.INVALID
    assert check in [row.id for row in judged.checks if not row.ok]


def test_a_ledger_with_holes_is_invalid() -> None:
    book = ledger()
    short = replace(book, results={n: row for n, row in book.results.items() if n != 5})
    assert "ledger.complete" in [row.id for row in verdict(short).checks if not row.ok]
    untold = replace(book, asked={**book.asked, 5: Asked(5, None, (), 503)})
    assert verdict(untold).verdict is Verdict.INVALID
    assert "reconciliation.complete" in [row.id for row in verdict(untold).checks if not row.ok]


def test_a_lost_message_fails_even_an_untrusted_run() -> None:
    book = replace(ledger(), asked={**ledger().asked, 7: Asked(7, False, (), 404)})
    assert verdict(book, None).verdict is Verdict.FAIL


def test_slow_and_starved_is_invalid_not_failed() -> None:
    """The generator was breathless: that calls took long is no news about the hub."""
    worker = {**WELL, "gauge": {**WELL["gauge"], "cpu": 0.99}}
    assert verdict(ledger(9.0, late=8.9), worker).verdict is Verdict.INVALID


def test_unsent_calls_are_the_hubs_failure_only_when_the_hub_was_slow() -> None:
    unsent = range(1000, 2000)
    worker = {**WELL, "locust": {"requests": 1000}}
    fast = changed(ledger(), unsent, status=0, error=NEVER_SENT, hub_id="", done=100.0)
    assert verdict(fast, worker).verdict is Verdict.INVALID
    slow = changed(ledger(3.0), unsent, status=0, error=NEVER_SENT, hub_id="", done=100.0)
    assert verdict(slow, worker).verdict is Verdict.FAIL


def test_too_few_samples_show_nothing_unless_the_rest_could_not_help() -> None:
    worker = {**WELL, "locust": {"requests": 300}}
    assert verdict(ledger(count=300), worker).verdict is Verdict.INVALID
    one_error = changed(ledger(count=300), range(1), status=500, hub_id="")
    assert verdict(one_error, worker).verdict is Verdict.FAIL, "1 of 1000 is not below 0.1 %"
    assert verdict(ledger(1.7, count=60), {**WELL, "locust": {"requests": 60}}).verdict is Verdict.FAIL


def test_a_question_about_an_unacknowledged_message_may_be_answered_404() -> None:
    book = ledger()
    asks = {**book.plan, 9: replace(book.plan[9], op="ask", about=8)}
    missed = changed(replace(book, plan=asks), range(9, 10), status=404, hub_id="")
    assert measure(missed, STEADY).failures == 1
    refused = changed(missed, range(8, 9), status=503, hub_id="")
    assert measure(refused, STEADY).failures == 1, "only the refused put"


def test_every_shape_has_objectives_that_can_be_measured() -> None:
    assert {row.shape for row in every()} == set(SHAPES)
    seen = measure(ledger(), STEADY)
    for row in every():
        assert row.provenance
        assert seen.metric(row.metric)[1] == 2000
    with pytest.raises(KeyError):
        seen.metric("no.such")
