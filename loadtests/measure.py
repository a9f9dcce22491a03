"""From the ledger to figures; every figure can be worked out again from the files by anyone.

Latency counts from the instant a call was meant for, so calls that had to wait because the hub had
stopped answering carry that wait (coordinated omission is corrected). A call that failed or was
never sent counts with the time until it was given up: dropping it would flatter the hub.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from loadtests.facts import facts
from loadtests.ledger import NEVER_SENT, Ledger, Planned, Result
from loadtests.outcome import acknowledged, good
from loadtests.percentile import of_sorted
from loadtests.series import Second, series
from loadtests.shapes import Phase

BARRED = frozenset({401, 403})  # the sender itself is refused, whatever it sends
LATE_ACK = 4.0  # seconds after its instant in which a call still counts as handled in time


@dataclass(frozen=True, slots=True)
class Measurement:
    """`latency` and `service` are ordered milliseconds of the measured phases."""

    planned: int
    measured: int
    sent: int
    sent_in_time: int
    acknowledged: int
    never_sent: int
    missing: int
    twice: int
    failures: int
    measured_failures: int
    in_time: int
    lost: int
    doubled: int
    altered: int
    refused: int
    barred: int
    unasked: int
    kept_unacknowledged: int
    send_lag_p99_ms: float
    knee: float
    latency: Sequence[float]
    service: Sequence[float]
    outcomes: dict[str, int]
    operations: dict[str, int]
    series: tuple[Second, ...]

    def metric(self, name: str) -> tuple[float, int]:
        """A metric of `objectives.csv` and the number of samples behind it."""
        counts = {"failures": self.failures, "lost": self.lost, "doubled": self.doubled}
        counts |= {"altered": self.altered, "refused": self.refused}
        if name in counts:
            return float(counts[name]), self.planned
        if name.startswith("latency.p"):
            return of_sorted(self.latency, float(name.removeprefix("latency.p"))), len(self.latency)
        share = max(self.measured, 1)
        if name == "error.ratio":
            return self.measured_failures / share, self.measured
        if name == "throughput.ratio":
            return self.in_time / share, self.measured
        if name == "knee.rate":
            return self.knee, self.measured
        raise KeyError(name)


def measure(ledger: Ledger, phases: Sequence[Phase]) -> Measurement:
    """All figures of one run."""
    pairs = [(row, ledger.results[n]) for n, row in ledger.plan.items() if n in ledger.results]
    acked = {row.n for row, result in pairs if acknowledged(row, result)}
    verdicts = {row.n: good(row, result, about_acknowledged=row.about in acked) for row, result in pairs}
    timed = [(row, result) for row, result in pairs if phases[row.phase].measured]
    sent = [(row, result) for row, result in pairs if result.error != NEVER_SENT]
    return Measurement(
        planned=len(ledger.plan),
        measured=sum(phases[row.phase].measured for row in ledger.plan.values()),
        sent=len(sent),
        sent_in_time=sum(result.sent - row.due <= 1.0 for row, result in sent),
        acknowledged=len(acked),
        never_sent=len(pairs) - len(sent),
        missing=len(ledger.plan) - len(pairs),
        twice=ledger.doubled_results,
        failures=sum(not ok for ok in verdicts.values()),
        measured_failures=sum(not verdicts[row.n] for row, _ in timed),
        barred=sum(result.status in BARRED for row, result in sent if row.op != "ask"),
        in_time=sum(verdicts[row.n] and result.done - row.due <= LATE_ACK for row, result in timed),
        send_lag_p99_ms=of_sorted(sorted(_lags(sent)), 99) * 1000,
        knee=_knee(timed, verdicts, phases),
        latency=sorted((result.done - row.due) * 1000 for row, result in timed),
        service=sorted((result.done - result.sent) * 1000 for _, result in sent),
        outcomes=dict(Counter(_outcome(result) for _, result in pairs).most_common()),
        operations=dict(Counter(row.op for row in ledger.plan.values())),
        series=series(pairs),
        **facts(ledger, acked),
    )


def _lags(sent: Iterable[tuple[Planned, Result]]) -> Iterable[float]:
    """How late the generator itself was: from the instant, or from when a user was free after it."""
    return (max(0.0, result.sent - max(row.due, result.taken)) for row, result in sent)


def _knee(timed: list[tuple[Planned, Result]], verdicts: dict[int, bool], phases: Sequence[Phase]) -> float:
    """The rate of the last step, in order, with p95 within P2's 1.5 s and under 1 % failed."""
    best = 0.0
    for number, phase in enumerate(phases):
        rows = [(row, result) for row, result in timed if row.phase == number]
        spans = sorted(result.done - row.due for row, result in rows)
        failed = sum(not verdicts[row.n] for row, _ in rows)
        if not rows or of_sorted(spans, 95) > 1.5 or failed > 0.01 * len(rows):
            break
        best = phase.rate
    return best


def _outcome(result: Result) -> str:
    if result.status:
        return f"{result.status} {result.code}".strip()
    return result.error
