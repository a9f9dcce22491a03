"""One self-contained HTML page: Chinese first, English at a switch, readable without network or server."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from conformance.register import areas
from conformance.suite import chapters

ORDER = ("pass", "fail", "error", "skip", "not-applicable")
WORDS = {
    "pass": ("通过", "passed"),
    "fail": ("不通过", "failed"),
    "error": ("出错", "error"),
    "skip": ("未能检验", "skipped"),
    "not-applicable": ("不适用", "not applicable"),
}
VERDICTS = {
    "conformant": ("符合", "Conformant"),
    "not-conformant": ("不符合", "Not conformant"),
    "incomplete": ("未完成", "Incomplete"),
}
RADIUS = 52.0


@dataclass(frozen=True, slots=True)
class Arc:
    """One piece of the donut as stroke-dasharray and offset."""

    verdict: str
    length: float
    offset: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One area's row of the summary picture; `parts` are (verdict, count, share in percent, start)."""

    area: str
    zh: str
    en: str
    total: int
    parts: tuple[tuple[str, int, float, float], ...]


def page(report: Mapping[str, Any], lang: str = "zh") -> str:
    """The whole page as text."""
    cases = report["cases"]
    asked = [row for row in cases if row["verdict"] != "not-applicable"]
    by_chapter: dict[str, list[Mapping[str, Any]]] = {}
    for row in asked:
        by_chapter.setdefault(row["chapter"], []).append(row)
    return (
        _environment()
        .get_template("page.html")
        .render(
            report=report,
            chapters=by_chapter,
            titles=chapters(),
            absent=[row for row in cases if row["verdict"] == "not-applicable"],
            bad=[row for row in cases if row["verdict"] in ("fail", "error")],
            untested=[row for row in report["requirements"] if row["notTested"]],
            arcs=donut(row["verdict"] for row in asked),
            circle=2 * math.pi * RADIUS,
            radius=RADIUS,
            bars=bars(asked),
            words=WORDS,
            order=ORDER,
            counts={verdict: sum(row["verdict"] == verdict for row in cases) for verdict in ORDER},
            verdict=VERDICTS[report["verdict"]],
            lang=lang,
        )
    )


def donut(verdicts: Iterable[str]) -> list[Arc]:
    """Arcs of a circle, one per verdict that occurs."""
    every = list(verdicts)
    circle, begun, arcs = 2 * math.pi * RADIUS, 0.0, []
    for verdict in ORDER:
        share = every.count(verdict) / len(every) if every else 0.0
        if share:
            arcs.append(Arc(verdict, round(circle * share, 2), round(-begun, 2)))
            begun += circle * share
    return arcs


def bars(cases: Iterable[Mapping[str, Any]]) -> list[Bar]:
    """Areas that were asked, each with its verdicts side by side."""
    by_area: dict[str, list[str]] = {}
    for row in cases:
        by_area.setdefault(row["area"], []).append(row["verdict"])
    found = []
    for area, verdicts in sorted(by_area.items()):
        start, parts = 0.0, []
        for verdict in ORDER:
            count = verdicts.count(verdict)
            if count:
                share = 100 * count / len(verdicts)
                parts.append((verdict, count, round(share, 2), round(start, 2)))
                start += share
        name = areas().get(area)
        found.append(Bar(area, name.zh if name else "", name.en if name else "", len(verdicts), tuple(parts)))
    return found


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("conformance.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
