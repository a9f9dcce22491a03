"""Service bodies with parts inside parts: our own reading of rows whose names are paths.

Abroad `A/B` is B inside A and `A[]/B` is B of each item of A; at home `party.code` and `hits[].kind` say the
same. Where only the home name has a list (`reasons[].code` for `Reasons/Reason/Code`), the list is the
second part. A body at home is flat (dotted names) but for lists, as the books have always had it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from hub.catalogue.papers import FieldRow, Papers
from simulators.sheet import Wrong, empty, judge_of
from simulators.translate import flattened, read_value, write_value

Tree = dict[str, Any]
_TYPES: Mapping[str, type] = {"integer": int, "boolean": bool}


@dataclass(frozen=True, slots=True)
class Way:
    """Where a value stands: parts outside the list, parts inside each item; `many` without `inside`: the
    items."""

    outside: tuple[str, ...]
    inside: tuple[str, ...] = ()
    many: bool = False


@cache
def way(foreign: str, standard: str) -> tuple[Way, Way]:
    """Abroad and at home."""
    head, found, rest = standard.partition("[]")
    home = Way((head,), (rest[1:],) if rest else (), bool(found))
    parts = tuple(foreign.split("/"))
    marked = next((n for n, part in enumerate(parts) if part.endswith("[]")), None)
    if marked is None and found:
        marked = 1 if len(parts) > 1 else 0
    if marked is None:
        return Way(parts), home
    plain = tuple(part.removesuffix("[]") for part in parts)
    return Way(plain[: marked + 1], plain[marked + 1 :], True), home


@dataclass(frozen=True, slots=True)
class Body:
    """The form of one direction of a service. `typed`: values are JSON, not all text; `fen`: amounts are."""

    rows: tuple[FieldRow, ...]
    codes: Mapping[str, Mapping[str, str]]
    typed: bool = True
    fen: bool = False

    def home(self, tree: Mapping[str, Any]) -> Tree:
        """What a foreign body says, in the standard's names."""
        told: Tree = {}
        for row in self.rows:
            there, here = way(row.foreign, row.standard)
            found = dig(tree, there.outside)
            if not here.many:
                if not empty(found):
                    told[row.standard] = self._in(row, found)
                    told |= _unit(row)
            elif isinstance(found, list):
                items = told.setdefault(here.outside[0], [] if not here.inside else [{} for _ in found])
                self._items(row, there, here, found, items)
        return told

    def _items(self, row: FieldRow, there: Way, here: Way, found: list[Any], items: list[Any]) -> None:
        for number, item in enumerate(found):
            value = dig(item, there.inside) if there.inside else item
            if not here.inside:
                items.append(self._in(row, value))
            elif not empty(value):
                items[number][here.inside[0]] = self._in(row, value)

    def abroad(self, told: Mapping[str, Any]) -> Tree:
        """A body in foreign names, present values only, in the order of the rows."""
        flat, tree = flattened(told), Tree()
        for row in self.rows:
            there, here = way(row.foreign, row.standard)
            value = flat.get(here.outside[0])
            if not here.many:
                if not empty(value):
                    plant(tree, there.outside, self._out(row, flat))
                continue
            if value is None:
                continue
            items = plant(tree, there.outside, [] if not there.inside else [{} for _ in value], keep=True)
            for number, item in enumerate(value):
                inner = flattened(item) if isinstance(item, Mapping) else {"": item}
                name = here.inside[0] if here.inside else ""
                if not empty(inner.get(name)):
                    said = self._out(row, inner | {row.standard: inner[name]})
                    plant(items[number], there.inside, said) if there.inside else items.append(said)
        return tree

    def wrong(self, tree: Mapping[str, Any]) -> list[Wrong]:
        """Required boxes that are empty; if there are none, boxes filled badly; in row order."""
        missing = [Wrong("required", row.foreign) for row in self.rows if self._missing(row, tree)]
        return missing or [
            Wrong(kind, row.foreign) for row in self.rows for kind in (self._kind(row, tree),) if kind
        ]

    def _missing(self, row: FieldRow, tree: Mapping[str, Any]) -> bool:
        if not row.required:
            return False
        there, _ = way(row.foreign, row.standard)
        found = dig(tree, there.outside)
        if there.many and isinstance(found, list):
            return any(empty(dig(item, there.inside)) for item in found) if there.inside else not found
        return empty(found)

    def _kind(self, row: FieldRow, tree: Mapping[str, Any]) -> str:
        judge = judge_of(row, self.codes)
        for value in self._values(row, tree):
            if value is _NO_LIST or not self._fits(row, value):
                return "format"
            if row.form != "blob" and (kind := judge(_said(row, value))):
                return kind
        return ""

    def _values(self, row: FieldRow, tree: Mapping[str, Any]) -> Iterator[Any]:
        there, _ = way(row.foreign, row.standard)
        found = dig(tree, there.outside)
        if not there.many:
            found = [found]
        elif found is not None and not isinstance(found, list):
            yield _NO_LIST
            return
        for item in found or ():
            value = dig(item, there.inside) if there.inside else item
            if not empty(value):
                yield value

    def _fits(self, row: FieldRow, value: Any) -> bool:
        if not self.typed:
            return isinstance(value, str)
        if self.fen and row.form.startswith("amount:"):
            return type(value) is int
        wanted = _TYPES.get(row.foreign_type, str)
        return isinstance(value, wanted) and isinstance(value, bool) == (wanted is bool)

    def _in(self, row: FieldRow, value: Any) -> Any:
        kind, _, rest = row.form.partition(":")
        if kind == "int":
            return int(value)
        if kind == "blob" or (kind == "text" and not isinstance(value, bool)):
            return str(value)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if kind == "code" and set(self.codes[rest]) <= {"true", "false"}:
            return read_value(row, text, self.codes) == "true"
        if kind == "amount" and self.fen:
            return _short(Decimal(text) / 100)
        return read_value(row, text, self.codes)

    def _out(self, row: FieldRow, flat: Mapping[str, Any]) -> Any:
        value = flat[row.standard]
        text = str(value) if row.form == "blob" else write_value(row, flat, self.codes)
        if not self.typed:
            return text
        if self.fen and row.form.startswith("amount:"):
            return int(Decimal(text) * 100)
        if row.foreign_type == "boolean":
            return text == "true"
        return int(text) if row.foreign_type == "integer" else text


_NO_LIST = object()


def _said(row: FieldRow, value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) and row.form.startswith("code:") else value


def _unit(row: FieldRow) -> Tree:
    kind, _, rest = row.form.partition(":")
    form, _, unit = rest.partition(":")
    return {unit: "1" if form == "wan" else "0"} if kind == "amount" and unit else {}


def _short(value: Decimal) -> str:
    plain = f"{value:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def dig(tree: Any, path: Sequence[str]) -> Any:
    """The value at a path, or None."""
    for part in path:
        tree = tree.get(part) if isinstance(tree, Mapping) else None
    return tree


def plant(tree: Tree, path: Sequence[str], value: Any, *, keep: bool = False) -> Any:
    """Set the value at a path; with `keep` what is there stays. What stands there afterwards."""
    for part in path[:-1]:
        tree = tree.setdefault(part, {})
    if keep:
        return tree.setdefault(path[-1], value)
    tree[path[-1]] = value
    return value


@cache
def service(dialect: str, message: str, direction: str, *, typed: bool = True, fen: bool = False) -> Body:
    """The form of a request or reply; `direction` may be `out`/`in` for a record that is nested."""
    papers = Papers.load(dialect)
    return Body(papers.rows(message, direction), papers.codes, typed, fen)


__all__ = ["Body", "Tree", "Way", "dig", "plant", "service", "way"]
