"""A series of scores as one JSON document: what moved and why, and what each platform should mend first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from hub.quality.config import QualityConfig
from hub.quality.model import Deduction, Dimension, PlatformScore
from hub.quality.reader import ExportFault
from hub.quality.report.words import NAMES, OURS, SEALED
from hub.quality.series import Day, Series

SHOWN = 5
Document = dict[str, Any]


def document(found: Series, config: QualityConfig, faults: Iterable[ExportFault] = ()) -> Document:
    """The whole report. A series without days gives one without platforms."""
    days = found.days
    return {
        "config": {
            "mark": config.mark, "source": config.source, "note": {"zh": OURS[0], "en": OURS[1]},
            "sealed": {"zh": SEALED[0], "en": SEALED[1]},
            "weights": {one.value: config.weights[one] for one in Dimension},
            "windowDays": {"records": config.scale.records_days, "flow": config.scale.flow_days,
                           "repair": config.scale.repair_days},
            "buckets": [{"id": one.id, "zh": one.zh, "en": one.en, "credit": one.credit}
                        for one in config.buckets],
        },
        "period": {"first": days[0].day.isoformat(), "last": days[-1].day.isoformat(), "days": len(days)}
        if days else None,
        "province": _province(found) if days else None,
        "changes": [
            {"dimension": one.dimension.value, "rule": one.rule, **_words(config, one.rule),
             "before": _round(one.before), "after": _round(one.after), "gain": _round(one.gain)}
            for one in found.changes()
        ] if days else [],
        "platforms": _platforms(days, config),
        "faults": [{"line": one.line, "reason": one.reason} for one in faults],
    }  # fmt: skip


def _province(found: Series) -> Document:
    first, last = found.days[0], found.days[-1]
    return {
        "first": _round(first.total), "last": _round(last.total), "mean": _round(found.mean),
        "dimensions": {
            one.value: {
                "zh": NAMES[one][0], "en": NAMES[one][1], "first": _percent(first.shares[one]),
                "last": _percent(last.shares[one]), "mean": _percent(found.dimension_mean(one)),
            }
            for one in Dimension
        },
        "timeliness": {"first": _buckets(first), "last": _buckets(last)},
        "trend": [_day(day) for day in found.days],
    }  # fmt: skip


def _buckets(day: Day) -> dict[str, int]:
    """Records of the window by class of day distance, all platforms together."""
    counts: dict[str, int] = defaultdict(int)
    for one in day.platforms:
        for name, count in one.dimension(Dimension.TIMELINESS).counts.items():
            counts[name] += count
    return dict(counts)


def _day(day: Day) -> Document:
    return {
        "day": day.day.isoformat(),
        "total": _round(day.total),
        "shares": {one.value: _percent(day.shares[one]) for one in Dimension},
        "platforms": {one.platform: _round(one.total) for one in day.platforms},
    }


def _platforms(days: Sequence[Day], config: QualityConfig) -> list[Document]:
    """Each platform's last score in full, worst first."""
    if not days:
        return []
    rows = []
    for one in days[-1].platforms:
        totals = [
            (day.day.isoformat(), seen.total)
            for day in days
            for seen in day.platforms
            if seen.platform == one.platform and seen.total is not None
        ]
        mean = sum(total for _, total in totals) / len(totals) if totals else None
        rows.append({**platform_document(one, config), "mean": _round(mean),
                     "firstTotal": _round(totals[0][1]) if totals else None})  # fmt: skip
    return sorted(rows, key=lambda row: (row["total"] is None, row["total"], row["platform"]))


def platform_document(one: PlatformScore, config: QualityConfig) -> Document:
    """One score with every deduction: what a platform is shown about itself."""
    return {
        "platform": one.platform,
        "day": one.day.isoformat(),
        "total": _round(one.total),
        "records": one.records,
        "dimensions": [
            {"dimension": each.dimension.value, "zh": NAMES[each.dimension][0],
             "en": NAMES[each.dimension][1], "items": each.items, "share": _percent(each.share),
             "weight": _round(each.weight), "points": _round(each.points), "counts": dict(each.counts)}
            for each in one.dimensions
        ],
        "mendFirst": mend_first(one.deductions, config),
        "deductions": [
            {"dimension": each.dimension.value, "rule": each.rule, "points": round(each.points, 4),
             "ref": each.ref, "stage": each.stage, "at": each.at, "also": each.also}
            for each in one.deductions
        ],
    }  # fmt: skip


def mend_first(deductions: Iterable[Deduction], config: QualityConfig) -> list[Document]:
    """Deductions of one cause together, the dearest first: the platform's list of work."""
    causes: dict[tuple[Dimension, str, str, str], list[Deduction]] = defaultdict(list)
    for one in deductions:
        causes[one.dimension, one.rule, one.stage, one.at].append(one)
    rows = []
    for (dimension, rule, stage, at), found in causes.items():
        known = config.standard.by_id.get(stage)
        field = known.by_name.get(at) if known else None
        rows.append({
            "dimension": dimension.value, "rule": rule, **_words(config, rule), "stage": stage,
            "stageZh": known.zh if known else stage, "stageEn": known.en if known else stage, "at": at,
            "atZh": field.zh if field else at, "points": round(sum(one.points for one in found), 4),
            "records": len({one.ref for one in found}), "examples": [one.ref for one in found[:SHOWN]],
        })  # fmt: skip
    return sorted(rows, key=lambda row: (-row["points"], row["rule"], row["stage"], row["at"]))


def _words(config: QualityConfig, rule: str) -> Document:
    note = config.rules.get(rule)
    if note is None:
        told = config.standard.rules.get(rule)
        zh, en = (told.zh, told.en) if told else (rule, rule)
        advice = (told.advice_zh, told.advice_en) if told else ("", "")
        return {"zh": zh, "en": en, "adviceZh": advice[0], "adviceEn": advice[1]}
    return {"zh": note.zh, "en": note.en, "adviceZh": note.advice_zh, "adviceEn": note.advice_en}


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 2)
