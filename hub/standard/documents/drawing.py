"""Two diagrams worked out from the tables: how a receipt moves, and what opens what in a tender.

Only coordinates are worked out here; the template writes SVG from them. Where boxes stand is a matter of
drawing; which boxes and arrows there are is the tables' alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from hub.standard.book import Book
from hub.standard.exchange import Exchange
from hub.standard.model import Stage

WIDE, HIGH = 132, 54


@dataclass(frozen=True, slots=True)
class Box:
    """A box by its upper left corner; `kind` is its colour."""

    id: str
    zh: str
    en: str
    x: int
    y: int
    kind: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """A path; `mark` is written at (`x`, `y`) when it is not empty."""

    path: str
    mark: str
    x: int
    y: int
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    width: int
    height: int
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


# Columns and rows of the receipt diagram; a state that a newer table adds gets a place of its own below.
_CELLS = {
    "received": (0, 1), "checked": (1, 1), "accepted": (2, 1), "delivered": (3, 1), "refused": (1, 3),
    "held": (2, 2), "unanswered": (2, 0), "answered": (3, 0),
}  # fmt: skip
_COLOURS = {"refused": "bad", "held": "wait", "unanswered": "wait", "delivered": "good", "answered": "good"}


def receipts(exchange: Exchange) -> Drawing:
    """The receipt states with one numbered arrow per row of the table of moves."""
    boxes: dict[str, Box] = {}
    for index, state in enumerate(exchange.states.values()):
        column, row = _CELLS.get(state.id, (index, 4))
        kind = _COLOURS.get(state.id, "plain")
        boxes[state.id] = Box(state.id, state.zh, state.en, 60 + column * 220, 30 + row * 120, kind)
    arrows, drawn = [], dict[tuple[str, str], int]()
    for number, move in enumerate(exchange.moves, 1):
        again = drawn[(move.origin, move.to)] = drawn.get((move.origin, move.to), -1) + 1
        arrows.append(_move(boxes.get(move.origin), boxes[move.to], str(number), again))
    height = max(box.y for box in boxes.values()) + HIGH + 30
    return Drawing(900, height, tuple(boxes.values()), tuple(arrows))


def _move(origin: Box | None, to: Box, mark: str, again: int) -> Arrow:
    shift = again * 30
    if origin is None:
        return Arrow(f"M{to.x - 50} {to.y + HIGH // 2}H{to.x - 2}", mark, to.x - 36, to.y + HIGH // 2 - 14)
    if origin is to and to.y < HIGH:  # a loop at the upper right corner, where nothing else is
        x, y = to.x + WIDE - 40, to.y
        return Arrow(f"M{x} {y}v-18h60v32h-18", mark, x + 30, y - 18)
    if origin is to:  # a loop at the lower right corner
        x, y = to.x + WIDE - 40, to.y + HIGH
        return Arrow(f"M{x} {y}v26h60v-50h-18", mark, x + 30, y + 26)
    if origin.y == to.y:
        y = origin.y + HIGH // 2
        return Arrow(f"M{origin.x + WIDE} {y}H{to.x - 2}", mark, (origin.x + WIDE + to.x) // 2, y - 14)
    down = to.y > origin.y
    out, into = (origin.y + HIGH, to.y - 2) if down else (origin.y, to.y + HIGH + 2)
    if abs(origin.x - to.x) < WIDE:
        x = origin.x + 50 + shift + (0 if down else 30)
        return Arrow(f"M{x} {out}V{into}", mark, x, (out + into) // 2)
    side = origin.x + (WIDE - 24 if to.x > origin.x else 24)
    middle = (out + into) // 2 + (18 if down else -18)
    end = to.x + (14 if to.x > origin.x else WIDE - 14)
    return Arrow(f"M{side} {out}V{middle}H{end}V{into}", mark, (side + end) // 2, middle)


ROW = 62


def tender(standard: Book, category: str = "engineering") -> Drawing:
    """Stages of one category in order: open ones on the left, gated ones on the right, openers linked."""
    stages = [stage for stage in standard.stages if stage.category == category]
    openers = {one for stage in stages for one in stage.policy.lifted_by}
    boxes = {stage.id: _stage_box(stage, row, stage.id in openers) for row, stage in enumerate(stages)}
    main = [boxes[stage.id] for stage in stages if boxes[stage.id].x == 40]
    arrows = [_down(one, following) for one, following in pairwise(main)]
    lifting = [stage for stage in stages if any(name in boxes for name in stage.policy.lifted_by)]
    order = {
        name: place for place, name in enumerate(dict.fromkeys(_opener(stage, boxes) for stage in lifting))
    }
    for stage in lifting:
        name = _opener(stage, boxes)
        if name != stage.id:
            arrows.append(_lift(boxes[name], boxes[stage.id], order[name]))
    return Drawing(900, 30 + len(stages) * ROW, tuple(boxes.values()), tuple(arrows))


def _opener(stage: Stage, boxes: dict[str, Box]) -> str:
    return next(name for name in stage.policy.lifted_by if name in boxes)


def _stage_box(stage: Stage, row: int, opens: bool) -> Box:
    main = stage.policy.gate in ("none", "publication") or opens
    return Box(stage.id, stage.zh, stage.en, 40 if main else 550, 14 + row * ROW, _colour(stage, opens))


def _colour(stage: Stage, opens: bool) -> str:
    if opens:
        return "opens"
    if stage.policy.classes & {"P", "E"}:
        return "bad"
    return "plain" if stage.policy.gate in ("none", "publication") else "wait"


def _down(one: Box, following: Box) -> Arrow:
    x = one.x + 20
    return Arrow(f"M{x} {one.y + BOX_HIGH}V{following.y - 2}", "", x, one.y, "then")


BOX_WIDE, BOX_HIGH = 320, 44


def _lift(opener: Box, sealed: Box, place: int) -> Arrow:
    bus, y = 390 + place * 34, sealed.y + BOX_HIGH // 2
    if sealed.x == opener.x:  # both on the left: around the right-hand side
        end = sealed.x + BOX_WIDE + 2
        path = f"M{opener.x + BOX_WIDE} {opener.y + 32}H{bus}V{y}H{end}"
    else:
        path = f"M{opener.x + BOX_WIDE} {opener.y + BOX_HIGH // 2}H{bus}V{y}H{sealed.x - 2}"
    return Arrow(path, "", bus, y, f"lift{place % 5}")
