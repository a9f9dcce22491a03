"""Rows that are in the index already, for whoever asks, and not yet in the database.

The fold of one message adds a dozen rows; told to SQLite one by one each of them is a statement. They are
gathered here and go in together, one statement a table, when the group ends. Until then every statement
that names a table has the rows gathered for it written first, so nothing can tell the difference, and
the few look-ups of the hot path by a key are answered from here (`found`) without writing anything.

Tables do not depend on each other, so each is settled by itself: no foreign keys, and triggers that
touch their own table only (`tests/hub/index/test_gathered.py` asks SQLite).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from operator import itemgetter
from typing import Any

Row = tuple[Any, ...]


class Twice(Enum):
    """What a second row of a key does: it is an error, it is ignored, or it replaces the first."""

    WRONG = "INSERT"
    FIRST = "INSERT OR IGNORE"
    LAST = "INSERT OR REPLACE"


@dataclass(frozen=True, slots=True)
class _Table:
    """`key` columns at the front by which rows are looked up (0: none); `second`: one that is not unique."""

    columns: int
    twice: Twice
    key: int = 0
    second: int = 0
    scattered: bool = False  # its keys are tokens: in order, rows of one page come one after another


_TABLES = {
    "entry": _Table(3, Twice.WRONG, 1),
    "message": _Table(13, Twice.WRONG, 1),
    "known": _Table(2, Twice.WRONG, 1, scattered=True),
    "nonce": _Table(2, Twice.FIRST, 1, scattered=True),
    "record": _Table(5, Twice.LAST, 1, second=1),
    "parent": _Table(2, Twice.FIRST, 1),
    "deadline": _Table(2, Twice.LAST, 1),
    "key_place": _Table(2, Twice.FIRST, 1, scattered=True),
    "delivery": _Table(15, Twice.WRONG, 1, second=1),
    "attempt": _Table(10, Twice.LAST, 2),
    "person": _Table(4, Twice.FIRST, scattered=True),
    "state": _Table(5, Twice.FIRST),
    "waiting": _Table(2, Twice.FIRST),
    "seal": _Table(2, Twice.FIRST),
    "timer": _Table(2, Twice.FIRST),
    "refused": _Table(3, Twice.WRONG),
    "file_ref": _Table(3, Twice.WRONG),
}
_WRITTEN = {
    name: f"{table.twice.value} INTO {name} VALUES({','.join('?' * table.columns)})"
    for name, table in _TABLES.items()
}
_NAMED = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+(\w+)")


@lru_cache(512)  # statements of the index are constants
def tables_of(sql: str) -> tuple[str, ...]:
    """Tables that a statement reads or changes, of those that are gathered."""
    return tuple({name: None for name in _NAMED.findall(sql) if name in _TABLES})


class _Pile:
    """The rows of one table: a list, or where they are looked up, by their keys."""

    def __init__(self, name: str, table: _Table) -> None:
        self._name, self._table = name, table
        self.rows: list[Row] = []
        self.keyed: dict[Any, Row] = {}
        self.seconds: set[Any] = set()
        self.add: Callable[[Row], None] = self._adder()

    def _adder(self) -> Callable[[Row], None]:
        """Called for every row there is, so the kind of the table is not asked again for each."""
        keyed, seconds, key, second = self.keyed, self.seconds, self._table.key, self._table.second
        if not key:
            return self.rows.append
        at = itemgetter(0) if key == 1 else itemgetter(slice(0, key))

        def last(row: Row) -> None:
            keyed[at(row)] = row
            seconds.add(row[second])

        def first(row: Row) -> None:
            keyed.setdefault(row[0], row)

        def single(row: Row) -> None:
            if keyed.setdefault(row[0], row) is not row:
                self.rows.append(row)  # SQLite itself will say what is wrong with it
            if second:
                seconds.add(row[second])

        return {Twice.LAST: last, Twice.FIRST: first, Twice.WRONG: single}[self._table.twice]

    def write(self, connection: sqlite3.Connection) -> None:
        rows = [*self.keyed.values(), *self.rows] if self._table.key else self.rows
        connection.executemany(_WRITTEN[self._name], sorted(rows) if self._table.scattered else rows)
        self.clear()

    def clear(self) -> None:
        self.rows.clear()
        self.keyed.clear()
        self.seconds.clear()


class Gathered:
    """On one connection; a reader's never gathers anything."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute: Callable[..., sqlite3.Cursor] = connection.execute
        self._piles = {name: _Pile(name, table) for name, table in _TABLES.items()}

    def adder(self, table: str) -> Callable[[Row], None]:
        """What takes rows of this table, to be written some time before anybody could miss them."""
        return self._piles[table].add

    def waiting(self, table: str, key: Any) -> Row | None:
        """The row of this key, if it is not written yet; where the last row stays it may be replaced."""
        return self._piles[table].keyed.get(key)

    def found(self, table: str, sql: str, key: int) -> Row | None:
        """The row of this key, written or not; `sql` asks for it with nothing but the key."""
        waiting = self._piles[table].keyed.get(key)
        if waiting is not None and _TABLES[table].twice is not Twice.FIRST:
            return waiting
        row: Row | None = self._execute(sql, (key,)).fetchone()
        return waiting if row is None else row

    def found_all(self, table: str, sql: str, keys: Sequence[int]) -> dict[int, Row]:
        """The rows of these keys, of a table where the first row of a key stays."""
        found = {row[0]: row for row in self._execute(sql, keys)}
        waiting = self._piles[table].keyed
        for key in keys:
            if key in waiting and key not in found:
                found[key] = waiting[key]
        return found

    def natural(self, natural: int, sql: str) -> Row | None:
        """A record by its natural key, which is not what its rows are kept by."""
        pile = self._piles["record"]
        found: Row | None = self._execute(sql, (natural,)).fetchone()
        if natural in pile.seconds or (found is not None and found[0] in pile.keyed):
            self.settle("record")
            found = self._execute(sql, (natural,)).fetchone()
        return found

    def run(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> sqlite3.Cursor:
        """Any statement; it finds everything added so far."""
        self.settle(*tables_of(sql))
        return self._execute(sql, values)

    def by(self, table: str, key: Any, sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
        """A statement that needs, of what is gathered, nothing but the row of this key."""
        if key in self._piles[table].keyed:
            self.settle(table)
        return self._execute(sql, values)

    def by_second(self, table: str, second: Any, sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
        """The same for the rows of a second key."""
        if second in self._piles[table].seconds:
            self.settle(table)
        return self._execute(sql, values)

    def settle(self, *tables: str) -> None:
        """Write what was gathered for these tables."""
        for table in tables:
            pile = self._piles[table]
            if pile.keyed or pile.rows:
                pile.write(self._connection)

    def settle_all(self) -> None:
        self.settle(*_TABLES)

    def forget(self) -> None:
        """What was not written never will be: its piece or group is undone."""
        for pile in self._piles.values():
            pile.clear()
