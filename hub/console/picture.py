"""The picture of the network: 135 systems around the hub, placed once, coloured by state.

Pure geometry: an ellipse as wide as a projector, groups in the order a reader of the plan texts
expects, two staggered rings so that every identifier can be read from the back row.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDTH, HEIGHT = 1780, 900
CENTRE = (WIDTH / 2, HEIGHT / 2)
_RINGS = ((700.0, 385.0), (618.0, 318.0))
_LABEL_RING = (770.0, 432.0)
_GAP = 1.6  # in places, between two groups
_STEPS = 7200

# Identifier letter -> name of the group, in the order around the clock.
GROUPS = {
    "P": ("省级核心", "Province core"),
    "M": ("市州平台", "Prefectures"),
    "X": ("县区平台", "Counties"),
    "L": ("地方系统", "Local"),
    "T": ("第三方交易系统", "Third-party trading"),
    "S": ("商城超市", "Malls"),
    "F": ("金融", "Finance"),
    "C": ("CA 机构", "CAs"),
    "B": ("区块链", "Chains"),
    "R": ("信用", "Credit"),
    "D": ("部门系统", "Departments"),
    "N": ("国家系统", "National"),
}


@dataclass(frozen=True, slots=True)
class Node:
    """`state` is the registry's; whether it is faulty is a matter of the moment and set live."""

    id: str
    zh: str
    en: str
    dialect: str
    state: str


@dataclass(frozen=True, slots=True)
class Placed:
    node: Node
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Label:
    key: str
    zh: str
    en: str
    count: int
    x: float
    y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Picture:
    nodes: tuple[Placed, ...]
    labels: tuple[Label, ...]


def draw(nodes: Iterable[Node]) -> Picture:
    """Place every node; a group nobody has heard of stands at the end under its letter."""
    groups = _grouped(nodes)
    places = sum(len(members) for _, members in groups) + _GAP * len(groups)
    arc = _even_arc(_RINGS[0])
    placed: list[Placed] = []
    labels: list[Label] = []
    at = 0.0
    for key, members in groups:
        start = at
        for number, node in enumerate(members):
            x, y = _point(arc, at / places, _RINGS[number % 2])
            placed.append(Placed(node, x, y))
            at += 1
        x, y = _point(arc, (start + at - 1) / 2 / places, _LABEL_RING)
        zh, en = GROUPS.get(key, (key, key))
        anchor = "middle" if abs(x - CENTRE[0]) < 260 else ("end" if x > CENTRE[0] else "start")
        # Side labels hang inward from the edge of the drawing, so that long names stay on it.
        x = x if anchor == "middle" else (WIDTH - 6 if anchor == "end" else 6)
        labels.append(Label(key, zh, en, len(members), x, y, anchor))
        at += _GAP
    return Picture(tuple(placed), tuple(labels))


def _grouped(nodes: Iterable[Node]) -> list[tuple[str, list[Node]]]:
    found: dict[str, list[Node]] = {key: [] for key in GROUPS}
    for node in nodes:
        found.setdefault(node.id[:1], []).append(node)
    return [(key, sorted(members, key=lambda node: node.id)) for key, members in found.items() if members]


def _even_arc(ring: tuple[float, float]) -> Sequence[float]:
    """Angles at equal distances along the ellipse, from twelve o'clock, clockwise."""
    angles = [2 * math.pi * step / _STEPS - math.pi / 2 for step in range(_STEPS + 1)]
    along = [0.0]
    for first, second in pairwise(angles):
        along.append(
            along[-1]
            + math.hypot(
                ring[0] * (math.cos(second) - math.cos(first)), ring[1] * (math.sin(second) - math.sin(first))
            )
        )
    even, step = [], 0
    for share in range(_STEPS + 1):
        wanted = along[-1] * share / _STEPS
        while step < _STEPS and along[step] < wanted:
            step += 1
        even.append(angles[step])
    return even


def _point(arc: Sequence[float], share: float, ring: tuple[float, float]) -> tuple[float, float]:
    angle = arc[round(share * _STEPS) % _STEPS]
    return (
        round(CENTRE[0] + ring[0] * math.cos(angle), 1),
        round(CENTRE[1] + ring[1] * math.sin(angle), 1),
    )
