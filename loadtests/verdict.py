"""PASS, FAIL or INVALID, by one function, with its reasons.

In this order: a fact (a lost, doubled or altered message) fails whatever else happened. A measurement that
cannot be trusted is INVALID. An objective missed is FAIL. An objective met on too few samples is
INVALID: nothing was shown. Otherwise PASS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from loadtests.measure import Measurement
from loadtests.objectives import FACTS, TIMED, Objective
from loadtests.percentile import of_sorted


class Verdict(StrEnum):
    PASS = "PASS"  # noqa: S105  (a verdict)
    FAIL = "FAIL"
    INVALID = "INVALID"


EXIT = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.INVALID: 4}


@dataclass(frozen=True, slots=True)
class Limits:
    """Up to where the generator is believed."""

    lag_p99_ms: float = 50.0
    cpu: float = 0.85
    sending: float = 0.95
    clock_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Check:
    """One condition of trust."""

    id: str
    observed: float
    comparison: str
    bound: float
    ok: bool
    zh: str
    en: str


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
    timed = any(objective.metric in TIMED for objective in objectives)
    checks = (*_bookkeeping(seen, worker, limits), *(_generator(seen, worker, limits, rows) if timed else ()))
    untrusted = [_doubt(check) for check in checks if not check.ok]
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


def _bookkeeping(seen: Measurement, worker: Mapping[str, Any] | None, limits: Limits) -> list[Check]:
    told = worker or {}
    requests = int(told.get("locust", {}).get("requests", 0))
    drift = abs(float(told.get("gauge", {}).get("clock_drift_s", 0.0)))
    unlike = abs(requests - seen.sent) + seen.twice
    return [
        _check(
            "worker.finished", worker is not None, ">=", 1, "压测进程正常结束", "the worker reached its end"
        ),
        _check("ledger.complete", seen.missing, "<=", 0, "台账中无结果的调用", "calls without result"),
        _check(
            "statistics.complete",
            unlike,
            "<=",
            0,
            "Locust 计数与台账之差",
            "Locust's count against the ledger",
        ),
        _check(
            "reconciliation.complete",
            seen.unasked,
            "<=",
            0,
            "未能查回的已受理报文",
            "acknowledged, not asked back",
        ),
        _check(
            "sender.admitted",
            not (seen.barred and not seen.acknowledged),
            ">=",
            1,
            "发送方已获准(否则所有报文都因 401/403 被拒)",
            "the sender is admitted (or all is refused with 401/403)",
        ),
        _check("clock.drift.s", drift, "<=", limits.clock_s, "系统时钟跳变(秒)", "jump of the wall clock, s"),
    ]


def _generator(
    seen: Measurement, worker: Mapping[str, Any] | None, limits: Limits, rows: tuple[Judged, ...]
) -> list[Check]:
    gauge = (worker or {}).get("gauge", {})
    cpu = float(gauge.get("cpu", 0.0))
    lag = max(float(gauge.get("lag_p99_ms", 0.0)), seen.send_lag_p99_ms)
    ratio = seen.sent_in_time / max(seen.planned, 1)
    line = min((row.objective.value for row in rows if row.objective.metric == "latency.p95"), default=1500.0)
    sending = _check(
        "sending.ratio", ratio, ">=", limits.sending, "按时发出占计划之比", "sent in time of planned"
    )
    if of_sorted(seen.service, 95) > line:
        # Every user was waiting for the hub: too little was sent, and that is the hub's doing.
        sending = replace(sending, ok=True)
    return [
        _check("generator.cpu", cpu, "<=", limits.cpu, "压测机 CPU 占用(单核)", "generator CPU of one core"),
        _check(
            "generator.lag.p99.ms", lag, "<=", limits.lag_p99_ms, "压测机滞后 p99(毫秒)", "generator lag p99"
        ),
        sending,
    ]


def _check(name: str, observed: float, comparison: str, bound: float, zh: str, en: str) -> Check:
    ok = observed <= bound if comparison == "<=" else observed >= bound
    return Check(name, float(observed), comparison, bound, ok, zh, en)


def _doubt(check: Check) -> tuple[str, str]:
    detail = f"{check.id} {check.observed:.4g}, {check.comparison} {check.bound:g}"
    return f"测量不可信:{check.zh}({detail})", f"not trusted: {check.en} ({detail})"


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
