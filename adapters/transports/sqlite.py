"""`ROWS` over a SQLite file on this machine: `sqlite:///path`. It must be there; it is never made.

All of it is one transaction in a thread of its own. Out of time means interrupted and rolled back, which
is waited for, so that it is always known whether there was an effect.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from adapters.transports.places import door
from adapters.transports.rows import Asked, Value, read_rows
from adapters.transports.said import Refused, refusal, told
from adapters.transports.statements import Column, Statement, Table, quoted
from adapters.transports.threads import Threads
from hub.delivery.transport import TOO_LARGE, TransportError
from hub.ports import Bounds, Onward, Place, WireReply, WireRequest

_WORDS = {
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "right",
    sqlite3.SQLITE_PERM: "right",
    sqlite3.SQLITE_AUTH: "right",
    sqlite3.SQLITE_TOOBIG: "value",
    sqlite3.SQLITE_MISMATCH: "value",
    sqlite3.SQLITE_CONSTRAINT: "value",
}
_STEPS = 10_000  # of the virtual machine, between two looks whether the time is up
_TAKEN = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}


class Style:
    """Values as they are: the column's affinity does the rest."""

    def mark(self, number: int, column: Column) -> str:
        return "?"

    def read(self, column: Column) -> str:
        return quoted(column.name)


class Sqlite:
    """A connection per request: files are cheap to open, and a mount may have been exchanged meanwhile."""

    methods = frozenset({"ROWS"})

    def __init__(self) -> None:
        self._threads = Threads("rows")

    async def carry(self, place: Place, request: WireRequest, bounds: Bounds) -> WireReply:
        """Raises TransportError."""
        try:
            asked = read_rows(request.body)
        except Refused as error:
            return refusal(error.word)
        path = Path("/") / door(place, "db", 0).path.lstrip("/")
        work = _Work(path, asked, bounds)
        job = self._threads.submit(work.run)
        thread = asyncio.wrap_future(job)
        try:
            async with asyncio.timeout(bounds.total):
                return await asyncio.shield(thread)
        except TimeoutError as error:
            work.stopped.set()
            if job.cancel():  # its turn had not come
                raise TransportError("network.timeout", sent=False) from error
            return await asyncio.shield(thread)  # rolled back, or done after all
        except asyncio.CancelledError:
            work.stopped.set()
            thread.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody listens
            raise

    async def close(self) -> None:
        """Nothing but the threads is kept between requests."""
        self._threads.close()


class _Work:
    """One transaction, in a thread."""

    def __init__(self, path: Path, asked: Asked, bounds: Bounds) -> None:
        self.path, self.asked, self.bounds = path, asked, bounds
        self.stopped = threading.Event()
        self.committing = False

    def run(self) -> WireReply:
        try:
            with closing(self._open()) as connection:
                return self._all(connection)
        except Refused as error:
            return refusal(error.word)
        except UnicodeError:
            return refusal("charset")
        except (sqlite3.Error, OverflowError) as error:
            return self._meaning(error)

    def _open(self) -> sqlite3.Connection:
        wait = min(self.bounds.connect, self.bounds.total / 2)
        connection = sqlite3.connect(
            f"file:{quote(str(self.path))}?mode=rw", uri=True, timeout=wait, isolation_level=None,
            check_same_thread=False,
        )  # fmt: skip
        connection.set_progress_handler(self.stopped.is_set, _STEPS)
        return connection

    def _all(self, connection: sqlite3.Connection) -> WireReply:
        asked = self.asked
        connection.execute("BEGIN IMMEDIATE" if asked.changes else "BEGIN")
        tables = {name: _table(connection, name) for name in asked.tables}
        answer: dict[str, Any] = {"put": []}
        if asked.sets:
            answer["set"] = []
        for put in asked.puts:
            statement = Statement(Style())
            text = statement.insert(tables[put.table], put)
            answer["put"].append(connection.execute(text, statement.values).rowcount == 1)
        for one in asked.sets:
            statement = Statement(Style())
            text = statement.update(tables[one.table], one)
            answer["set"].append(connection.execute(text, statement.values).rowcount)
        answer["look"], size = [], 0
        for look in asked.looks:
            statement, rows = Statement(Style()), []
            text = statement.select(tables[look.table], look)
            for values in connection.execute(text, statement.values):
                rows.append(dict(zip(look.columns, map(_plain, values), strict=True)))
                size += sum(len(str(value)) for value in values)
                if size > self.bounds.answer:
                    # What was to be put is taken back: it would be put again with every attempt otherwise.
                    raise TransportError(TOO_LARGE, sent=False)
            answer["look"].append(rows)
        if self.stopped.is_set():
            raise TransportError("network.timeout", sent=False)
        self.committing = asked.changes
        connection.execute("COMMIT")
        return told(answer)

    def _meaning(self, error: Exception) -> WireReply:
        if self.stopped.is_set():
            raise TransportError("network.timeout", sent=False) from error
        exact = getattr(error, "sqlite_errorcode", 0)
        if exact in _TAKEN:
            return refusal("conflict")
        primary = exact & 0xFF
        if primary == sqlite3.SQLITE_IOERR:
            raise TransportError("network.reset", sent=self.committing) from error
        if primary in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB}:
            raise TransportError("network.refused", sent=False) from error
        return refusal(_WORDS.get(primary, "value" if isinstance(error, OverflowError) else "busy"))


def _table(connection: sqlite3.Connection, name: str) -> Table:
    # Asked by name first: SQLite takes an unknown name in double quotes for a text.
    bare = name.rpartition(".")[2]
    found = connection.execute("SELECT name FROM pragma_table_info(?)", (bare,)).fetchall()
    if not found or name.partition(".")[0].lower() not in {bare.lower(), "main"}:
        raise Refused("absent")
    return Table(quoted(bare), {row[0].lower(): Column(row[0]) for row in found})


def _plain(value: Any) -> Value:
    """Strings, integers, null; a table's floating number as its shortest text, its octets as UTF-8."""
    if isinstance(value, bytes):
        return value.decode("utf-8")
    return repr(value) if isinstance(value, float) else value


def carrier(onward: Onward) -> Sqlite:
    """For the entry point."""
    return Sqlite()
