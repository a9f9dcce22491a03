"""The report for a terminal: the trend, what moved it, and what each platform should mend first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

TOP = 5
BARS = "▁▂▃▄▅▆▇█"


def text(report: Mapping[str, Any], lang: str = "zh") -> str:
    """Plain text, the language of `lang`."""
    return "\n".join(_lines(report, lang))


def _lines(report: Mapping[str, Any], lang: str) -> Iterator[str]:
    zh = lang != "en"
    province, period = report["province"], report["period"]
    yield "数据质量评分" if zh else "Data quality score"
    if province is None:
        yield "没有可计分的记录" if zh else "no record to score"
        return
    yield f"  {period['first']} — {period['last']}  {_totals(province, zh)}"
    yield f"  {spark([day['total'] for day in province['trend']])}"
    for name, row in province["dimensions"].items():
        weight = report["config"]["weights"][name]
        yield f"  {_pad(row[lang], 20)}{_figure(row['first'])} → {_figure(row['last'])} %   ({weight:g})"
    yield ""
    yield (
        "分数变化来自(每日失分,前一周 → 后一周)"
        if zh
        else "What moved it (points lost a day, first week → last)"
    )
    for row in [row for row in report["changes"] if abs(row["gain"]) >= 0.05][:8]:
        name = province["dimensions"][row["dimension"]][lang]
        yield f"  {row['gain']:+6.2f}  {_pad(name, 20)}{row[lang]}: {row['before']:.2f} → {row['after']:.2f}"
    for one in report["platforms"]:
        yield ""
        yield from _platform(one, lang)
    if report["faults"]:
        lines = ", ".join(str(row["line"]) for row in report["faults"][:10])
        yield ""
        yield f"有 {len(report['faults'])} 行无法读取,未计分:{lines}" if zh else f"unread lines: {lines}"
    yield ""
    yield report["config"]["note"][lang]


def _totals(province: Mapping[str, Any], zh: bool) -> str:
    mean = f"{'均分' if zh else 'mean'} {province['mean']:.2f}"
    return f"{province['first']:.2f} → {province['last']:.2f}  {mean}"


def _platform(one: Mapping[str, Any], lang: str) -> Iterator[str]:
    parts = "  ".join(f"{row[lang]} {_figure(row['share'])}" for row in one["dimensions"])
    yield f"{one['platform']}  {_figure(one['total'])}  ({one['day']})  {parts}"
    for row in one["mendFirst"][:TOP]:
        stage = row["stageZh"] if lang != "en" else row["stageEn"]
        where = f"{stage} {row['at']}".rstrip()
        advice = row["adviceZh"] if lang != "en" else row["adviceEn"]
        yield f"  -{row['points']:.2f}  {row[lang]} · {where} × {row['records']}  → {advice}"
        yield f"         {' '.join(row['examples'][:3])}"


def spark(values: list[float]) -> str:
    """One character a day, the lowest day the lowest bar."""
    low, high = min(values), max(values)
    step = (high - low) / (len(BARS) - 1) or 1.0
    return "".join(BARS[round((value - low) / step)] for value in values)


def _figure(value: float | None) -> str:
    return "   —  " if value is None else f"{value:6.2f}"


def _pad(word: str, width: int) -> str:
    """Chinese characters are two columns wide."""
    wide = sum(2 if ord(letter) > 0x2E7F else 1 for letter in word)
    return word + " " * max(1, width - wide)
