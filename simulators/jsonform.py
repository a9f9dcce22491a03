"""Flat records in typed JSON: what a strict receiver finds wrong, in the order that most papers give.

`sheet.py` judges texts; here a number is no text and a text no number (`foreign_type` of the row). Bodies of
services, which have parts in parts, are `nested.py`'s matter; `complete` gives them the members that are
absent at home but written abroad.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from hub.catalogue.papers import FieldRow, Papers
from simulators.nested import Body, Tree, dig, plant, way
from simulators.sheet import Judge, Wrong, empty, judge_of

_TYPES: Mapping[str, type] = {"integer": int, "boolean": bool, "string": str}
_ORDER = {"zone": 0, "format": 1, "code": 2}


class JsonForm:
    """The boxes of one stage: envelope rows and its own, judges made once."""

    def __init__(self, rows: tuple[FieldRow, ...], codes: Mapping[str, Mapping[str, str]]) -> None:
        self.rows = rows
        self.envelope = frozenset(row.foreign for row in rows if row.stage == "*")
        self._required = tuple(row.foreign for row in rows if row.required)
        self._required_to_delete = tuple(name for name in self._required if name in self.envelope)
        self._judges = {row.foreign: _judge(row, codes) for row in rows}

    def wrong(self, record: Mapping[str, Any], *, deleted: bool = False) -> Wrong | None:
        """The first box wrongly filled: required before format before code, each in the order of the form."""
        required = self._required_to_delete if deleted else self._required
        for name in required:
            if empty(record.get(name)):
                return Wrong("required", name)
        found = None
        for name, judge in self._judges.items():
            value = record.get(name)
            if value is None or value == "":
                continue
            kind = judge(value)
            if kind and (found is None or _ORDER[kind] < _ORDER[found.kind]):
                found = Wrong(kind, name)
        return found

    def business(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The record without its envelope."""
        return {name: value for name, value in record.items() if name not in self.envelope}


@cache
def json_form(dialect: str, stage: str, direction: str = "out") -> JsonForm:
    papers = Papers.load(dialect)
    return JsonForm((*papers.rows("*", direction), *papers.rows(stage, direction)), papers.codes)


def _judge(row: FieldRow, codes: Mapping[str, Mapping[str, str]]) -> Judge:
    kind, inner = _TYPES.get(row.foreign_type, str), judge_of(row, codes)

    def judge(value: Any) -> str:
        if type(value) is not kind:
            return "format"
        return inner(str(value).lower() if kind is bool else value)

    return judge


def first_wrong(form: Body, tree: Mapping[str, Any]) -> Wrong | None:
    """Of a service's body: required before format before code."""
    found = form.wrong(tree)
    return min(found, key=lambda wrong: (wrong.kind != "required", wrong.kind == "code")) if found else None


def complete(form: Body, tree: Tree, absent: Callable[[FieldRow], Any]) -> Tree:
    """The same body, absent members written as `absent` says, members in the order of the rows."""
    whole: Tree = {}
    for row in form.rows:
        there, _ = way(row.foreign, row.standard)
        if not there.many:
            found = dig(tree, there.outside)
            plant(whole, there.outside, absent(row) if found is None else found)
            continue
        items = dig(tree, there.outside) or []
        if not there.inside:
            plant(whole, there.outside, items)
            continue
        kept = plant(whole, there.outside, [{} for _ in items], keep=True)
        for item, place in zip(items, kept, strict=True):
            value = dig(item, there.inside)
            plant(place, there.inside, absent(row) if value is None else value)
    return whole


def objects_or_null(tree: Tree) -> Tree:
    """An object none of whose members is there is null itself."""
    return {
        name: None if isinstance(part, dict) and all(value is None for value in part.values()) else part
        for name, part in tree.items()
    }
