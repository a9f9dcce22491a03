"""The report as data, worked out from the run's directory alone.

It holds figures and codes only: no message id, key, section or bidder, and no count by stage, because
a load report is a side channel like any other (field-policy.md, rule 7).
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub.message import wall
from loadtests import ledger
from loadtests.measure import Measurement, measure
from loadtests.objectives import objectives
from loadtests.percentile import curve, of_sorted
from loadtests.run import told
from loadtests.shapes import SHAPES, Phase
from loadtests.trust import Limits
from loadtests.verdict import Judgement, judge

METHOD = {
    "zh": "时延自计划发出时刻起算(已修正协同遗漏):因被测停顿而晚发的调用也计入等待;"
    "失败与未发出的按放弃时刻计入。分位值由台账逐条精确计算(最近秩法)。",
    "en": "Latency counts from the planned instant (corrected for coordinated omission): calls sent late "
    "because the target stalled carry their wait; failed and unsent calls count until given up. "
    "Percentiles are exact, from the ledger (nearest rank).",
}
POINTS = (50, 75, 90, 95, 99, 99.9, 100)


def document(directory: Path, machine: dict[str, Any] | None = None) -> dict[str, Any]:
    """The whole report; OSError or ValueError when the directory holds no run."""
    settings = told(directory, ledger.SETTINGS)
    if settings is None or settings.get("shape") not in SHAPES:
        raise ValueError(f"{directory}: {ledger.SETTINGS} 缺失或不可读 / no run here")
    worker = told(directory, ledger.WORKER)
    phases = tuple(Phase(**row) for row in settings["phases"])
    seen = measure(ledger.load(directory), phases)
    limits = Limits(lag_p99_ms=settings["lag_bound_ms"], cpu=settings["cpu_bound"])
    judged = judge(seen, objectives(settings["shape"]), limits, worker)
    shape = SHAPES[settings["shape"]]
    return {
        "kind": "hutong-load-report",
        "version": 1,
        "verdict": judged.verdict.value,
        "reasons": [{"zh": zh, "en": en} for zh, en in judged.reasons],
        "shape": {"id": shape.id, "zh": shape.zh, "en": shape.en, "profile": shape.profile},
        "standard_profile": not settings["changed"],
        "changed": settings["changed"],
        "run": settings["run"],
        "target": settings["target"],
        "seed": settings["seed"],
        "users": settings["users"],
        "rate": settings["rate"],
        "started": _started(worker),
        "seconds": settings["planned_seconds"],
        "phases": settings["phases"],
        "method": METHOD,
        **_objectives(judged),
        **_figures(seen),
        "generator": (worker or {}).get("gauge", {}),
        "machine": machine or (told(directory, "report.json") or {}).get("machine", {}),
        "ledger": {
            name: "sha256:" + hashlib.sha256((directory / name).read_bytes()).hexdigest()
            for name in (ledger.PLAN, ledger.RESULTS, ledger.ASKED)
            if (directory / name).exists()
        },
    }


def _started(worker: dict[str, Any] | None) -> str | None:
    return wall(datetime.fromtimestamp(worker["started"], UTC)) if worker else None


def _objectives(judged: Judgement) -> dict[str, Any]:
    return {
        "objectives": [
            {
                **asdict(row.objective),
                "observed": round(row.observed, 6),
                "samples": row.samples,
                "ok": row.ok,
            }
            for row in judged.objectives
        ],
        "validity": [asdict(check) for check in judged.checks],
    }


def _figures(seen: Measurement) -> dict[str, Any]:
    return {
        "counts": {
            "planned": seen.planned,
            "sent": seen.sent,
            "acknowledged": seen.acknowledged,
            "failures": seen.failures,
            "never_sent": seen.never_sent,
            "without_result": seen.missing,
            "lost": seen.lost,
            "doubled": seen.doubled,
            "altered": seen.altered,
            "refused_later": seen.refused,
            "kept_though_not_acknowledged": seen.kept_unacknowledged,
            "not_asked_back": seen.unasked,
        },
        "operations": seen.operations,
        "outcomes": seen.outcomes,
        "latency_ms": {f"p{q:g}": round(of_sorted(seen.latency, q), 3) for q in POINTS},
        "service_ms": {f"p{q:g}": round(of_sorted(seen.service, q), 3) for q in POINTS},
        "samples": len(seen.latency),
        "curve": [[q, round(value, 3)] for q, value in curve(seen.latency)],
        "series": [asdict(second) for second in seen.series],
    }
