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
from enum import Enum
from functools import lru_cache
from typing import Any

Row = tuple[Any, ...]
MOST = 20_000  # rows; a piece that brings more has them written on the way


class Twice(Enum):
    """What a second row of a key does: it is an error, it is ignored, or it replaces the first."""

    WRONG = "INSERT"
    FIRST = "INSERT OR IGNORE"
    LAST = "INSERT OR REPLACE"


# table: columns, what a second row does, and whether it can be looked up by its first column
_TABLES: dict[str, tuple[int, Twice, bool]] = {
    "entry": (3, Twice.WRONG, True),
    "message": (13, Twice.WRONG, True),
    "known": (2, Twice.WRONG, True),
    "nonce": (2, Twice.FIRST, True),
    "record": (5, Twice.LAST, True),
    "parent": (2, Twice.FIRST, True),
    "deadline": (2, Twice.LAST, True),
    "key_place": (2, Twice.FIRST, True),
    "delivery": (15, Twice.WRONG, True),
    "person": (4, Twice.FIRST, False),
    "state": (5, Twice.FIRST, False),
    "waiting": (2, Twice.FIRST, False),
    "seal": (2, Twice.FIRST, False),
    "timer": (2, Twice.FIRST, False),
    "attempt": (10, Twice.LAST, False),
    "refused": (3, Twice.WRONG, False),
    "file_ref": (3, Twice.WRONG, False),
}
_WRITTEN = {
    table: f"{twice.value} INTO {table} VALUES({','.join('?' * columns)})"
    for table, (columns, twice, _) in _TABLES.items()
}
_KEYED = {table: twice for table, (_, twice, keyed) in _TABLES.items() if keyed}
_NAMED = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+(\w+)")


@lru_cache(512)  # statements of the index are constants
def tables_of(sql: str) -> tuple[str, ...]:
    """Tables that a statement reads or changes, of those that are gathered."""
    return tuple({name: None for name in _NAMED.findall(sql) if name in _TABLES})


class Gathered:
    """On one connection; a reader's never gathers anything."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._execute: Callable[..., sqlite3.Cursor] = connection.execute
        self._piles: dict[str, dict[int, Row]] = {}
        self._count = 0
        self.naturals: set[int] = set()  # of the records gathered; at worst of some already written

    def add(self, table: str, row: Row) -> None:
        """Write this row, some time before anybody could miss it."""
        pile = self._piles.get(table)
        if pile is None:
            pile = self._piles[table] = {}
        twice = _KEYED.get(table)
        if twice is None:
            pile[len(pile)] = row
        elif twice is Twice.LAST or row[0] not in pile:
            pile[row[0]] = row
        elif twice is Twice.WRONG:
            self.settle(table)
            self._piles[table] = {row[0]: row}  # SQLite itself will say what is wrong with it
        self._count += 1
        if self._count >= MOST:
            self.settle()

    def found(self, table: str, sql: str, key: int) -> Row | None:
        """The row of this key, written or not; `sql` asks for it with nothing but the key."""
        pile = self._piles.get(table) if self._piles else None
        if pile is None or key not in pile:
            row: Row | None = self._execute(sql, (key,)).fetchone()
            return row
        if _KEYED[table] is not Twice.FIRST:
            return pile[key]
        return self._execute(sql, (key,)).fetchone() or pile[key]

    def named(self, natural: int, sql: str) -> Row | None:
        """A record by its natural key, which is not what its rows are kept by."""
        pile = self._piles.get("record")
        if pile is not None:
            found: Row | None = self._execute(sql, (natural,)).fetchone()
            if natural not in self.naturals and (found is None or found[0] not in pile):
                return found
            self.settle("record")
        row: Row | None = self._execute(sql, (natural,)).fetchone()
        return row

    def run(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> sqlite3.Cursor:
        """Any statement; it finds everything added so far."""
        if self._piles:
            for table in tables_of(sql):
                if table in self._piles:
                    self.settle(table)
        return self._execute(sql, values)

    def by(self, table: str, key: int, sql: str, values: Sequence[Any]) -> sqlite3.Cursor:
        """A statement that touches nothing of what is gathered but the row of this key."""
        if self._piles and key in self._piles.get(table, ()):
            self.settle(table)
        return self._execute(sql, values)

    def settle(self, *tables: str) -> None:
        """Write what was gathered for these tables, or for all."""
        for table in tables or tuple(self._piles):
            self._connection.executemany(_WRITTEN[table], self._piles[table].values())
            del self._piles[table]
        if not self._piles:
            self.forget()

    def forget(self) -> None:
        """What was not written never will be: its piece or group is undone."""
        self._piles.clear()
        self.naturals.clear()
        self._count = 0
