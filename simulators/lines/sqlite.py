"""Tables in a SQLite file: what a county with a front-end machine and no database server has.

With the rollback journal and not WAL, so that a lock by this side keeps readers out as well, as a stopped
database does; `synchronous` off, because a simulated system may forget when the machine falls over.
"""

from __future__ import annotations

import os
import sqlite3
from functools import cache
from pathlib import Path

from simulators.lines.place import Place
from simulators.listening import Drop, Look, Put, Refused, Row, Rows, RowsSaid, Set

PATIENCE = 0.05  # seconds: the loop waits as well
IDLE = 20  # looks without anything done


class SqlitePlace(Place[Rows, RowsSaid]):
    """One file. Made with `ddl` where it is not there yet; kept as it is where it is.

    A dozen such systems mostly wait. So whether somebody has written is read from the file's own change
    counter, and the connection (whose picture of forty tables takes most of a megabyte) is let go when it
    has not been used for a while. The descriptor stays open to the end: closing any one of a file gives up
    SQLite's locks on it.
    """

    can = frozenset({"locked", "shut"})

    def __init__(self, path: Path, ddl: str) -> None:
        self.path = path
        if not path.exists():
            path.write_bytes(_fresh(ddl))
        self._counter = os.open(path, os.O_RDONLY)
        self._held: sqlite3.Connection | None = None
        self._lock: sqlite3.Connection | None = None
        self._idle = 0

    @property
    def _own(self) -> sqlite3.Connection:
        self._idle = 0
        if self._held is None:
            self._held = self._connect()
        return self._held

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = TRUNCATE")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -128")  # KiB
        return connection

    async def mark(self) -> bytes:
        """The change counter of the file's head (SQLite file format, 1.3.6): moves with every
        transaction."""
        os.lseek(self._counter, 24, os.SEEK_SET)
        self._idle += 1
        if self._idle > IDLE and self._held is not None and not self._held.in_transaction:
            self._held.close()
            self._held = None
        return os.read(self._counter, 4)

    async def do(self, step: Rows) -> RowsSaid:
        if self._lock is not None:
            raise Refused("locked by a fault")
        try:
            self._own.execute("BEGIN IMMEDIATE" if step.put or step.set or step.drop else "BEGIN")
        except sqlite3.OperationalError as error:
            raise Refused(str(error)) from error
        try:
            said = self._all(step)
            self._own.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if self._own.in_transaction:
                self._own.execute("ROLLBACK")
            if "locked" in str(error):
                raise Refused(str(error)) from error
            raise
        except sqlite3.Error:
            self._own.execute("ROLLBACK")
            raise
        return said

    def _all(self, step: Rows) -> RowsSaid:
        return RowsSaid(
            tuple(self._put(one) for one in step.put),
            tuple(self._set(one) for one in step.set),
            tuple(self._drop(one) for one in step.drop),
            tuple(self._look(one) for one in step.look),
        )

    def _put(self, put: Put) -> bool:
        if put.key:
            where, values = _equal(put.key)
            if self._own.execute(f"SELECT 1 FROM {put.table} WHERE {where}", values).fetchone():  # noqa: S608
                return False
        names, marks = ", ".join(put.row), ", ".join("?" * len(put.row))
        self._own.execute(f"INSERT INTO {put.table} ({names}) VALUES ({marks})", list(put.row.values()))  # noqa: S608
        return True

    def _set(self, change: Set) -> int:
        where, values = _equal(change.key)
        names = ", ".join(f"{name} = ?" for name in change.row)
        text = f"UPDATE {change.table} SET {names} WHERE {where}"  # noqa: S608 - names are the papers' own
        return self._own.execute(text, [*change.row.values(), *values]).rowcount

    def _drop(self, drop: Drop) -> int:
        where, values = _equal(drop.key)
        return self._own.execute(f"DELETE FROM {drop.table} WHERE {where}", values).rowcount  # noqa: S608

    def _look(self, look: Look) -> tuple[Row, ...]:
        where, values = _equal(look.where)
        text = f"SELECT {', '.join(look.columns) or '*'} FROM {look.table} WHERE {where}{order_of(look)}"  # noqa: S608
        return tuple(dict(row) for row in self._own.execute(f"{text} LIMIT {look.limit}", values))

    async def suffer(self, ways: frozenset[str]) -> None:
        """A file has no server that could refuse: locked and shut are both a lock that nobody gets past."""
        ways = ways & self.can
        if ways and self._lock is None:
            lock = self._connect()
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError:
                lock.close()  # somebody is writing: next time
                return
            self._lock = lock
        elif not ways and self._lock is not None:
            self._lock.close()
            self._lock = None

    async def snapshot(self) -> bytes:
        return self._own.serialize()

    async def restore(self, kept: bytes) -> None:
        memory = sqlite3.connect(":memory:")
        memory.deserialize(kept)
        memory.backup(self._own)
        memory.close()

    async def close(self) -> None:
        await self.suffer(frozenset())
        if self._held is not None:
            self._held.close()
            self._held = None
        os.close(self._counter)


@cache
def _fresh(ddl: str) -> bytes:
    """A new file of these tables; systems of one flavour begin with the same."""
    memory = sqlite3.connect(":memory:")
    memory.executescript(ddl)
    made = memory.serialize()
    memory.close()
    return made


def _equal(key: Row) -> tuple[str, list[str | int | None]]:
    """`IS`, because null equals null in the papers' sense."""
    return " AND ".join(f"{name} IS ?" for name in key) or "1", list(key.values())


def order_of(look: Look) -> str:
    """The ORDER BY of a look, or nothing."""
    parts = [f"{name[1:]} DESC" if name.startswith("-") else name for name in look.order]
    return f" ORDER BY {', '.join(parts)}" if parts else ""
