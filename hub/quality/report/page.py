"""One self-contained HTML page: Chinese first, English at a switch, readable without network or server."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from hub.quality.model import Dimension
from hub.quality.report.plots import COLOURS, breakdown, trend
from hub.quality.report.words import MEASURES, NAMES

TOP = 8


def page(report: Mapping[str, Any], lang: str = "zh") -> str:
    """The whole page as text, made of the report document alone."""
    province = report["province"]
    days = province["trend"] if province else []
    gains = [row for row in report["changes"] if abs(row["gain"]) >= 0.05]
    return (
        _environment()
        .get_template("quality.html")
        .render(
            report=report,
            province=province,
            trend=trend(days) if days else None,
            breakdown=breakdown(days) if days else None,
            gains=gains[:10],
            widest=max((max(row["before"], row["after"]) for row in gains), default=1.0),
            shares={name: _percent(one) for name, one in province["timeliness"].items()} if province else {},
            top=TOP,
            names={one.value: NAMES[one] for one in Dimension},
            measures={one.value: MEASURES[one] for one in Dimension},
            colours={one.value: COLOURS[one] for one in Dimension},
            lang=lang,
        )
    )


def _percent(counts: Mapping[str, int]) -> dict[str, float]:
    whole = sum(counts.values()) or 1
    return {name: 100 * count / whole for name, count in counts.items()}


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("hub.quality.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
