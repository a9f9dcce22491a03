"""Which form of a dialect a body fills, told by the names of its boxes alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from hub.catalogue.papers import FieldRow, Papers
from simulators.nested import dig, way
from simulators.sheet import empty

LEAST = 2  # boxes of its own that a form must have filled before we believe that it is that form
_RECORD = ("both", "out", "in")
Tree = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Form:
    """One form: the envelope's boxes and its own."""

    stage: str
    direction: str
    envelope: tuple[FieldRow, ...]
    own: tuple[FieldRow, ...]

    def filled(self, tree: Tree, rows: Iterable[FieldRow]) -> int:
        return sum(not empty(raw(row, tree)) for row in rows)


def raw(row: FieldRow, tree: Tree) -> Any:
    """What stands in a box."""
    return dig(tree, way(row.foreign, row.standard)[0].outside)


@cache
def forms(dialect: str, side: str) -> tuple[Form, ...]:
    """The forms that may be filled in a request, or in a reply (where a record may come back too)."""
    papers = Papers.load(dialect)
    found = dict.fromkeys((row.stage, row.direction) for row in papers.fields if row.stage != "*")
    made = []
    for stage, direction in found:
        if direction in (*_RECORD, side):
            around = papers.rows("*") if direction in _RECORD else ()
            made.append(Form(stage, direction, around, papers.rows(stage, direction)))
    return tuple(made)


def recognised(
    dialect: str, trees: Sequence[Tree], side: str, stage: str = ""
) -> tuple[Form, dict[str, Any]] | None:
    """The form with most boxes filled in one of these trees, and that tree with its envelope's boxes.

    An envelope may stand beside the record (`head` and `body`), so its boxes are looked for everywhere.
    """
    best: tuple[tuple[int, int, int], Form, Tree] | None = None
    for tree in trees:
        for form in forms(dialect, side):
            if stage in ("", form.stage):
                own = form.filled(tree, form.own)
                score = (own, form.filled(tree, form.envelope), -len(form.own))
                if own and own >= min(LEAST, len(form.own)) and (best is None or score > best[0]):
                    best = (score, form, tree)
    if best is None:
        return None
    _, form, tree = best
    around = {
        row.foreign: next((value for one in trees if not empty(value := raw(row, one))), None)
        for row in form.envelope
        if "/" not in row.foreign
    }
    return form, {**around, **tree}
