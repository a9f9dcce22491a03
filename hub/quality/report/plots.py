"""The plots as figures for SVG: positions are worked out here, the template only draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.quality.model import Dimension

COLOURS = {
    Dimension.FLOW: "#2a6fb0", Dimension.FIELDS: "#2f8f6b", Dimension.TIMELINESS: "#c77700",
    Dimension.ACCURACY: "#8a4fa3", Dimension.REPAIR: "#b0413e",
}  # fmt: skip
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 300, 40, 24, 20, 34


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    points: str
    colour: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Lines over days. `marks` are (x, y, label, anchor) of the figures written at the ends."""

    width: int
    height: int
    left: int
    right: float
    bottom: float
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    lines: tuple[Line, ...]
    main: Line | None
    area: str
    marks: tuple[tuple[float, float, str, str], ...]


def trend(days: Sequence[Mapping[str, Any]]) -> Plot:
    """The total, day by day, over a thin line for each platform."""
    names = sorted({name for day in days for name in day["platforms"]})
    seen = [
        value for day in days for value in (day["total"], *day["platforms"].values()) if value is not None
    ]
    frame = _Frame(days, min(seen, default=0.0), max(seen, default=100.0), HEIGHT)
    lines = tuple(
        Line(name, frame.path([day["platforms"].get(name) for day in days]), "#b4c0cc") for name in names
    )
    totals = [day["total"] for day in days]
    path = frame.path(totals)
    ends = ((0, "start"), (len(days) - 1, "end"))
    marks = tuple(
        (frame.x(index), frame.y(totals[index]) - 10, f"{totals[index]:.2f}", anchor)
        for index, anchor in ends[: len(days)]
    )
    base = f"{frame.x(0):.1f},{frame.floor:.1f} {path} {frame.x(len(days) - 1):.1f},{frame.floor:.1f}"
    return frame.plot(lines, Line("", path, "#1b5e9e"), base, marks)


def breakdown(days: Sequence[Mapping[str, Any]]) -> Plot:
    """The five dimensions in percent, day by day."""
    seen = [value for day in days for value in day["shares"].values() if value is not None]
    frame = _Frame(days, min(seen, default=0.0), 100.0, HEIGHT)
    lines = tuple(
        Line(one.value, frame.path([day["shares"][one.value] for day in days]), COLOURS[one])
        for one in Dimension
    )
    return frame.plot(lines, None, "", ())


class _Frame:
    """Scales: ten points a grid line, room for the figures at the ends."""

    def __init__(self, days: Sequence[Mapping[str, Any]], low: float, high: float, height: int) -> None:
        self._days, self._height = days, height
        self._low = max(0, int(low // 10) * 10)
        self._high = min(100, -int(-high // 10) * 10)
        if self._high <= self._low:
            self._low, self._high = max(0, self._high - 10), max(10, self._high)
        self.floor = height - BOTTOM

    def x(self, index: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * index / max(1, len(self._days) - 1)

    def y(self, value: float) -> float:
        return TOP + (self.floor - TOP) * (self._high - value) / (self._high - self._low)

    def path(self, values: Sequence[float | None]) -> str:
        found = [(index, value) for index, value in enumerate(values) if value is not None]
        return " ".join(f"{self.x(index):.1f},{self.y(value):.1f}" for index, value in found)

    def plot(
        self,
        lines: tuple[Line, ...],
        main: Line | None,
        area: str,
        marks: tuple[tuple[float, float, str, str], ...],
    ) -> Plot:
        step = max(1, len(self._days) // 6)
        across = tuple(
            Tick(self.x(index), self._days[index]["day"][5:]) for index in range(0, len(self._days), step)
        )
        up = tuple(Tick(self.y(value), str(value)) for value in range(self._low, self._high + 1, 10))
        return Plot(
            WIDTH, self._height, LEFT, WIDTH - RIGHT, self.floor, across, up, lines, main, area, marks
        )
