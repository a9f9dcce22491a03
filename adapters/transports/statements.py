"""SQL for `ROWS`, the same for every engine but for how a value is marked and a column is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from adapters.transports.rows import Look, Put, Row, Set, Value
from adapters.transports.said import Refused


@dataclass(frozen=True, slots=True)
class Column:
    """`kind`: the type to cast a text to, "" where none is needed; `number`: read as an integer."""

    name: str
    kind: str = ""
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table as its database knows it; columns by lower-case name, since papers and DDL differ in case."""

    name: str
    columns: Mapping[str, Column]

    def column(self, name: str) -> Column:
        found = self.columns.get(name.lower())
        if found is None:
            raise Refused("absent")
        return found


class Style(Protocol):
    """How one engine marks the n-th value and reads a column."""

    def mark(self, number: int, column: Column) -> str: ...
    def read(self, column: Column) -> str: ...


@dataclass(slots=True)
class Statement:
    """Text with marks, and the values beside it."""

    style: Style
    values: list[Value] = field(default_factory=list)

    def insert(self, table: Table, put: Put) -> str:
        row = {**put.key, **put.row}
        names = ", ".join(quoted(table.column(name).name) for name in row)
        marks = ", ".join(self._mark(table.column(name), value) for name, value in row.items())
        there = self._all(table, put.key)
        name = table.name
        return f"INSERT INTO {name} ({names}) SELECT {marks} WHERE NOT EXISTS (SELECT 1 FROM {name} WHERE {there})"  # noqa: E501, S608 - names quoted, values marked

    def update(self, table: Table, one: Set) -> str:
        given = ", ".join(
            f"{quoted(table.column(name).name)} = {self._mark(table.column(name), value)}"
            for name, value in one.row.items()
        )
        return f"UPDATE {table.name} SET {given} WHERE {self._all(table, {**one.key, **one.when})}"  # noqa: S608

    def select(self, table: Table, look: Look) -> str:
        wanted = ", ".join(self.style.read(table.column(name)) for name in look.columns)
        where = [self._all(table, look.where)] if look.where else []
        if look.after:
            names = ", ".join(quoted(table.column(name).name) for name in look.after)
            marks = ", ".join(self._mark(table.column(name), value) for name, value in look.after.items())
            where.append(f"({names}) > ({marks})")
        text = f"SELECT {wanted} FROM {table.name}"  # noqa: S608
        if where:
            text += f" WHERE {' AND '.join(where)}"
        if look.order:
            text += f" ORDER BY {', '.join(_ordered(table, name) for name in look.order)}"
        return f"{text} LIMIT {look.limit:d}"

    def _all(self, table: Table, row: Row) -> str:
        return " AND ".join(self._is(table.column(name), value) for name, value in row.items())

    def _is(self, column: Column, value: Value) -> str:
        name = quoted(column.name)
        return f"{name} IS NULL" if value is None else f"{name} = {self._mark(column, value)}"

    def _mark(self, column: Column, value: Value) -> str:
        self.values.append(value)
        return self.style.mark(len(self.values), column)


def quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _ordered(table: Table, name: str) -> str:
    down = " DESC" if name.startswith("-") else ""
    return quoted(table.column(name.removeprefix("-")).name) + down
