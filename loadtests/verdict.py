"""PASS, FAIL or INVALID, by one function, with its reasons.

In this order: a fact (a lost, doubled or altered message) fails whatever else happened. A measurement that
cannot be trusted is INVALID. An objective missed is FAIL. An objective met on too few samples is
INVALID: nothing was shown. Otherwise PASS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from loadtests.measure import Measurement
from loadtests.objectives import FACTS, TIMED, Objective
from loadtests.percentile import of_sorted
from loadtests.trust import Check, Limits, bookkeeping, doubt, generator


class Verdict(StrEnum):
    PASS = "PASS"  # noqa: S105  (a verdict)
    FAIL = "FAIL"
    INVALID = "INVALID"


EXIT = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.INVALID: 4}


@dataclass(frozen=True, slots=True)
class Judged:
    """An objective with what was seen; `ok` None: met, but on too few samples."""

    objective: Objective
    observed: float
    samples: int
    ok: bool | None


@dataclass(frozen=True, slots=True)
class Judgement:
    verdict: Verdict
    objectives: tuple[Judged, ...]
    checks: tuple[Check, ...]
    reasons: tuple[tuple[str, str], ...]  # (zh, en)


def judge(
    seen: Measurement, objectives: Sequence[Objective], limits: Limits, worker: Mapping[str, Any] | None
) -> Judgement:
    """`worker` is what the generator said of itself at its end, None when it did not reach it."""
    rows = tuple(_judged(seen, objective) for objective in objectives)
    line = min((row.value for row in objectives if row.metric == "latency.p95"), default=1500.0)
    timed = any(objective.metric in TIMED for objective in objectives)
    checks = (*bookkeeping(seen, worker, limits), *(generator(seen, worker, limits, line) if timed else ()))
    untrusted = [doubt(check) for check in checks if not check.ok]
    facts = [_missed(row) for row in rows if row.ok is False and row.objective.metric in FACTS]
    missed = [_missed(row) for row in rows if row.ok is False and row.objective.metric not in FACTS]
    thin = [_thin(row) for row in rows if row.ok is None]
    if facts:
        return Judgement(Verdict.FAIL, rows, checks, tuple(facts + missed + untrusted))
    if untrusted:
        return Judgement(Verdict.INVALID, rows, checks, tuple(untrusted + missed + thin))
    if missed:
        return Judgement(Verdict.FAIL, rows, checks, tuple(missed))
    if thin:
        return Judgement(Verdict.INVALID, rows, checks, tuple(thin))
    return Judgement(Verdict.PASS, rows, checks, ())


def _judged(seen: Measurement, objective: Objective) -> Judged:
    observed, samples = seen.metric(objective.metric)
    met: bool | None = objective.met(observed)
    if samples < objective.min_samples:
        met = False if _missed_anyway(seen, objective, samples) else None
    return Judged(objective, observed, samples, met)


def _missed_anyway(seen: Measurement, objective: Objective, samples: int) -> bool:
    """Would it have been missed even if all the samples still wanting had been good ones?"""
    wanting = objective.min_samples - samples
    if objective.metric == "error.ratio":
        return not objective.met(seen.measured_failures / objective.min_samples)
    if objective.metric.startswith("latency.p"):
        q = float(objective.metric.removeprefix("latency.p"))
        return not objective.met(of_sorted([0.0] * wanting + list(seen.latency), q))
    return False


def _missed(row: Judged) -> tuple[str, str]:
    detail = f"{row.objective.metric} {row.observed:.6g} {row.objective.unit}"
    line = f"{row.objective.comparison} {row.objective.value:g}"
    return (
        f"未达标:{row.objective.zh}({detail},要求 {line})",
        f"missed: {row.objective.en} ({detail}, wanted {line})",
    )


def _thin(row: Judged) -> tuple[str, str]:
    return (
        f"样本不足:{row.objective.zh} 只有 {row.samples} 个,至少 {row.objective.min_samples} 个",
        f"too few samples: {row.objective.en}, {row.samples} of at least {row.objective.min_samples}",
    )
