"""What `ROWS` asks for, read and judged: puts, sets and looks, all values strings, integers or null.

Names come from the papers and values from data, and they never meet: a name must look like one, is
found in the database's own list of columns, and is quoted; values travel beside the statement.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.transports.said import Refused, read_json

Value = str | int | None
Row = Mapping[str, Value]
_NAME = re.compile(r"[^\W\d]\w{0,62}")
_MEMBERS = frozenset({"put", "set", "look"})
MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Put:
    """Insert `row`, unless a row with this key is there."""

    table: str
    key: Row
    row: Row


@dataclass(frozen=True, slots=True)
class Set:
    """Write `row` into the row with this key, if it still holds what `when` says."""

    table: str
    key: Row
    row: Row
    when: Row


@dataclass(frozen=True, slots=True)
class Look:
    """At most `limit` rows where all of `where` holds; `after`: behind these values, in this order."""

    table: str
    where: Row
    columns: tuple[str, ...]
    order: tuple[str, ...]
    limit: int
    after: Row = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    puts: tuple[Put, ...]
    sets: tuple[Set, ...]
    looks: tuple[Look, ...]

    @property
    def changes(self) -> bool:
        return bool(self.puts or self.sets)

    @property
    def tables(self) -> tuple[str, ...]:
        named = [*(one.table for one in self.puts), *(one.table for one in self.sets)]
        return tuple(dict.fromkeys([*named, *(one.table for one in self.looks)]))


def read_rows(body: bytes) -> Asked:
    """Raises Refused("request")."""
    asked = read_json(body, _MEMBERS)
    try:
        return Asked(
            tuple(map(_put, _list(asked, "put"))),
            tuple(map(_set, _list(asked, "set"))),
            tuple(map(_look, _list(asked, "look"))),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise Refused("request") from error


def _list(asked: Mapping[str, Any], name: str) -> list[Any]:
    found = asked.get(name, [])
    if not isinstance(found, list):
        raise Refused("request")
    return found


def _put(one: Mapping[str, Any]) -> Put:
    return Put(_table(one), _row(one["key"], some=True), _row(one["row"]))


def _set(one: Mapping[str, Any]) -> Set:
    key, row = _row(one["key"], some=True), _row(one["row"], some=True)
    return Set(_table(one), key, row, _row(one.get("if", {})))


def _look(one: Mapping[str, Any]) -> Look:
    columns, limit = tuple(map(_name, one["columns"])), one["limit"]
    order = tuple(_name(name.removeprefix("-")) and name for name in one.get("order", []))
    if not columns or isinstance(limit, bool) or not isinstance(limit, int) or not 0 < limit <= MOST_ROWS:
        raise Refused("request")
    return Look(_table(one), _row(one.get("where", {})), columns, order, limit, _row(one.get("after", {})))


def _table(one: Mapping[str, Any]) -> str:
    parts: list[str] = one["table"].split(".")
    if len(parts) > 2:
        raise Refused("request")
    return ".".join(_name(part) for part in parts)


def _name(text: Any) -> str:
    if not isinstance(text, str) or not _NAME.fullmatch(text):
        raise Refused("request")
    return text


def _row(values: Any, *, some: bool = False) -> Row:
    if not isinstance(values, dict) or (some and not values):
        raise Refused("request")
    for name, value in values.items():
        _name(name)
        if isinstance(value, bool) or not isinstance(value, str | int | None):
            raise Refused("request")
    return values
