"""Line plots as SVG text: no script, no library, readable on paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 720, 240, 60, 34, 12, 14
COLOURS = ("#1f5fa8", "#c2410c", "#2f7d4f", "#6b7280")

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """One curve; dashed lines are plans and limits."""

    zh: str
    en: str
    points: Sequence[Point]
    dashed: bool = False


def plot(lines: Sequence[Line], *, x: str, y: str, ticks: Sequence[tuple[float, str]] = ()) -> str:
    """One plot; `ticks` name places on the x axis, otherwise round numbers do."""
    drawn = [line for line in lines if line.points]
    if not drawn:
        return ""
    right = max(max(px for px, _ in line.points) for line in drawn) or 1.0
    top = _round_up(max(max(py for _, py in line.points) for line in drawn))
    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" xmlns="http://www.w3.org/2000/svg">']
    parts += _grid(right, top, ticks or _numbers(right))
    for number, line in enumerate(drawn):
        places = " ".join(f"{_x(px, right):.1f},{_y(py, top):.1f}" for px, py in line.points)
        dash = ' stroke-dasharray="5 4"' if line.dashed else ""
        colour = COLOURS[number % len(COLOURS)]
        parts.append(f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="1.8"{dash}/>')
        parts.append(_legend(number, line, colour))
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 3}" text-anchor="end">{escape(x)}</text>')
    parts.append(f'<text x="4" y="{TOP}">{escape(y)}</text></svg>')
    return "".join(parts)


def _grid(right: float, top: float, ticks: Sequence[tuple[float, str]]) -> list[str]:
    parts = []
    for part in range(5):
        value = top * part / 4
        at = _y(value, top)
        parts.append(f'<line x1="{LEFT}" y1="{at:.1f}" x2="{WIDTH - RIGHT}" y2="{at:.1f}" stroke="#e5e7eb"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{value:g}</text>')
    for place, name in ticks:
        at = _x(place, right)
        parts.append(
            f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 15}" text-anchor="middle">{escape(name)}</text>'
        )
    return parts


def _legend(number: int, line: Line, colour: str) -> str:
    at = LEFT + 10 + 200 * number
    names = f'<tspan class="zh">{escape(line.zh)}</tspan><tspan class="en">{escape(line.en)}</tspan>'
    return (
        f'<rect x="{at}" y="{TOP - 6}" width="10" height="4" fill="{colour}"/>'
        f'<text x="{at + 15}" y="{TOP}">{names}</text>'
    )


def _x(value: float, right: float) -> float:
    return LEFT + value / right * (WIDTH - LEFT - RIGHT)


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - value / top * (HEIGHT - BOTTOM - TOP - 12)


def _round_up(value: float) -> float:
    """The next of 1, 2, 4, 8 times a power of ten: quarters of it are short numbers."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** floor(log10(value))
    return next(step * unit for step in (1, 2, 4, 8, 10) if value <= step * unit * (1 + 1e-9))


def _numbers(right: float) -> list[tuple[float, str]]:
    step = max(1, ceil(right / 10))
    return [(float(at), str(at)) for at in range(0, int(right) + 1, step)]
