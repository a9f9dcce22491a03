"""The report as one HTML file: Chinese first, English at a switch, no address of anything outside."""

from __future__ import annotations

from math import log10
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from loadtests.report.svg import Line, plot

# What the ledger counts, in the order of the report's `counts`.
COUNTED = {
    "planned": "计划",
    "sent": "发出",
    "acknowledged": "受理",
    "failures": "未成功",
    "never_sent": "未能发出",
    "without_result": "无结果",
    "lost": "已受理而查不到(丢失)",
    "doubled": "同一报文两个受理号(重复)",
    "altered": "回执摘要不符",
    "refused_later": "受理后被拒",
    "kept_though_not_acknowledged": "未受理但枢纽已留存",
    "not_asked_back": "未能查回",
}


def page(report: dict[str, Any]) -> str:
    """HTML of one report document."""
    environment = Environment(
        loader=PackageLoader("loadtests", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # plots escape what they are given themselves
    plots = [Markup(svg) for svg in (_over_time(report), _curve(report), _rates(report))]  # noqa: S704
    return environment.get_template("page.html.j2").render(report=report, plots=plots, counted=COUNTED)


def _over_time(report: dict[str, Any]) -> str:
    series = report["series"]
    lines = [
        Line("95% 分位", "p95", [(row["at"], row["p95"]) for row in series if row["intended"]]),
        Line("中位", "p50", [(row["at"], row["p50"]) for row in series if row["intended"]]),
    ]
    limit = next((row["value"] for row in report["objectives"] if row["metric"] == "latency.p95"), None)
    # A line far above everything would press the curves flat; the table tells it anyway.
    if limit is not None and series and max(row["p95"] for row in series) > limit / 5:
        lines.append(Line("目标", "objective", [(0, limit), (series[-1]["at"], limit)], dashed=True))
    return plot(lines, x="s", y="ms")


def _curve(report: dict[str, Any]) -> str:
    """Percentiles on a scale by nines: each further nine is as wide as the one before."""
    points = [(_nines(q), value) for q, value in report["curve"]]
    ticks = [(_nines(q), f"{q:g}%") for q in (0, 50, 90, 99, 99.9, 99.99)]
    return plot([Line("时延分位曲线", "latency by percentile", points)], x="", y="ms", ticks=ticks)


def _nines(q: float) -> float:
    return -log10(1 - min(q, 99.995) / 100)


def _rates(report: dict[str, Any]) -> str:
    series = report["series"]
    return plot(
        [
            Line("应答/秒", "answered/s", [(row["at"], row["done"]) for row in series]),
            Line("发出/秒", "sent/s", [(row["at"], row["sent"]) for row in series]),
            Line("计划/秒", "intended/s", [(row["at"], row["intended"]) for row in series], dashed=True),
        ],
        x="s",
        y="1/s",
    )
