"""Can this measurement be believed at all? What the generator and the books say of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from loadtests.measure import Measurement
from loadtests.percentile import of_sorted


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


def bookkeeping(seen: Measurement, worker: Mapping[str, Any] | None, limits: Limits) -> list[Check]:
    """Conditions of every run; `worker` is what it said of itself at its end, None when it died."""
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


def generator(
    seen: Measurement, worker: Mapping[str, Any] | None, limits: Limits, line: float
) -> list[Check]:
    """Conditions of a run whose objectives are about time; a target slower than `line` (ms) is not fast."""
    gauge = (worker or {}).get("gauge", {})
    cpu = float(gauge.get("cpu", 0.0))
    lag = max(float(gauge.get("lag_p99_ms", 0.0)), seen.send_lag_p99_ms)
    ratio = seen.sent_in_time / max(seen.planned, 1)
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


def doubt(check: Check) -> tuple[str, str]:
    """The sentence (zh, en) for a condition that does not hold."""
    detail = f"{check.id} {check.observed:.4g}, {check.comparison} {check.bound:g}"
    return f"测量不可信:{check.zh}({detail})", f"not trusted: {check.en} ({detail})"
