"""Forms of http-xml: all values are texts, and a moment is cut into two elements that stand together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from typing import Any

from hub.catalogue.papers import FieldRow, Papers
from simulators.nested import Body, Tree, way
from simulators.sheet import Wrong, empty

NAME = "http-xml"
_MIDNIGHT = "000000"


@dataclass(frozen=True)
class XmlForm:
    """The rows as they stand on the wire, and the form with each moment in one piece."""

    rows: tuple[FieldRow, ...]
    whole: Body
    halves: Mapping[str, str]  # date element -> time element
    lists: frozenset[str]

    def read(self, tree: Mapping[str, Any]) -> Tree:
        """Members as the form wants them: containers around lone items, moments in one piece."""
        return self._joined(self._contained(tree))

    def home(self, tree: Mapping[str, Any]) -> Tree:
        """What it says, in the standard's names."""
        return self.whole.home(self.read(tree))

    def abroad(self, told: Mapping[str, Any]) -> Tree:
        """Members in the order of the rows, moments cut in two; an empty list is an empty container."""
        return self._cut(self.whole.abroad(told))

    def wrong(self, tree: Mapping[str, Any]) -> Wrong | None:
        """The first box wrongly filled; a time without its date is one."""
        for date, time in self.halves.items():
            if "/" not in date and empty(tree.get(date)) and not empty(tree.get(time)):
                return Wrong("format", time)
        found = self.whole.wrong(self.read(tree))
        if not found:
            return None
        return min(found, key=lambda wrong: (wrong.kind != "required", wrong.kind == "code"))

    def _contained(self, tree: Mapping[str, Any]) -> Tree:
        made = dict(tree)
        for row in self.rows:
            there, _ = way(row.foreign, row.standard)
            if there.many and len(there.outside) == 2:
                box, item = there.outside
                if item in made:
                    made[box] = {item: made.pop(item)}
                elif made.get(box) == "":
                    made[box] = {item: []}
        return made

    def _joined(self, tree: Mapping[str, Any]) -> Tree:
        made: Tree = {}
        for name, value in tree.items():
            if isinstance(value, Mapping):
                made[name] = self._joined(value)
            elif isinstance(value, list):
                made[name] = [self._joined(one) if isinstance(one, Mapping) else one for one in value]
            elif name in self._last and not empty(value):
                made[name] = f"{value}{tree.get(self._last[name]) or _MIDNIGHT}"
            elif name not in self._times:
                made[name] = value
        return made

    def _cut(self, tree: Tree) -> Tree:
        made: Tree = {}
        for name, value in tree.items():
            if isinstance(value, Mapping):
                made[name] = self._cut(dict(value))
            elif isinstance(value, list):
                made[name] = [self._cut(one) if isinstance(one, dict) else one for one in value]
            elif name in self._last:
                made |= {name: value[:8], self._last[name]: value[8:]}
            else:
                made[name] = value
        return made

    @property
    def _last(self) -> Mapping[str, str]:
        return _short(self.halves)

    @property
    def _times(self) -> frozenset[str]:
        return frozenset(self._last.values())


def _short(halves: Mapping[str, str]) -> dict[str, str]:
    return {date.rpartition("/")[2]: time.rpartition("/")[2] for date, time in halves.items()}


@cache
def form_of(stage: str, direction: str) -> XmlForm:
    """The form of a record's own fields, or of a service's question or answer."""
    papers = Papers.load(NAME)
    rows = papers.rows(stage, direction)
    whole, halves = [], {}
    for _, group in groupby(rows, lambda row: row.standard):
        first, *rest = group
        if rest:
            halves[first.foreign] = rest[0].foreign
            first = replace(first, form="datetime:yyyyMMddHHmmss")
        whole.append(first)
    lists = {way(row.foreign, row.standard)[0].outside[-1] for row in rows if "[]" in row.standard}
    return XmlForm(rows, Body(tuple(whole), papers.codes, typed=False), halves, frozenset(lists))
