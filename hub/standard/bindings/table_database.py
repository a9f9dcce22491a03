"""The thin shell: one connection to SQLite or PostgreSQL, synchronous, made from a DSN.

asyncpg (Apache-2.0, extra `cluster`) is driven on a loop of its own, so that what uses a database here
reads the same for both engines. Not for use inside a running event loop.
"""

from __future__ import annotations

import asyncio
import importlib
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol, TypeVar

from hub.standard.bindings.table_engine import POSTGRESQL, SQLITE, Engine

Cell = str | int | None
T = TypeVar("T")


class DatabaseError(Exception):
    """The database refused or cannot be reached; says what it said."""


class Database(Protocol):
    """What the table mount asks of a connection."""

    @property
    def engine(self) -> Engine: ...

    def execute(self, sql: str, values: Sequence[Cell] = ()) -> int:
        """Run one statement; the number of rows it touched."""

    def many(self, sql: str, rows: Sequence[Sequence[Cell]]) -> None:
        """Run one statement for each row."""

    def run(self, statements: Iterable[str]) -> None:
        """Run statements without values, one after the other."""

    def rows(self, sql: str, values: Sequence[Cell] = ()) -> list[tuple[Any, ...]]: ...

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing."""

    def close(self) -> None: ...


def connect(dsn: str) -> Database:
    """`sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql://…`; DatabaseError otherwise."""
    scheme, mark, rest = dsn.partition("://")
    if mark and scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        return SqliteDatabase(rest[1:])
    if mark and scheme in ("postgresql", "postgres"):
        return PostgresqlDatabase(dsn)
    raise DatabaseError("DSN: sqlite:///path or postgresql://user@host/database")


class SqliteDatabase:
    """A file, or `:memory:`."""

    def __init__(self, path: str) -> None:
        self.engine: Engine = SQLITE
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=10)
            self._connection.execute("PRAGMA encoding = 'UTF-8'")
        except sqlite3.Error as error:
            raise DatabaseError(f"{path}: {error}") from error

    def execute(self, sql: str, values: Sequence[Cell] = ()) -> int:
        try:
            return self._connection.execute(sql, values).rowcount
        except sqlite3.Error as error:
            raise DatabaseError(str(error)) from error

    def many(self, sql: str, rows: Sequence[Sequence[Cell]]) -> None:
        try:
            self._connection.executemany(sql, rows)
        except sqlite3.Error as error:
            raise DatabaseError(str(error)) from error

    def run(self, statements: Iterable[str]) -> None:
        for statement in statements:
            self.execute(statement)

    def rows(self, sql: str, values: Sequence[Cell] = ()) -> list[tuple[Any, ...]]:
        try:
            return list(self._connection.execute(sql, values))
        except sqlite3.Error as error:
            raise DatabaseError(str(error)) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.execute("ROLLBACK")
            raise
        self.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


class PostgresqlDatabase:
    """A connection of asyncpg."""

    def __init__(self, dsn: str) -> None:
        try:
            asyncpg = importlib.import_module("asyncpg")
        except ImportError as error:
            raise DatabaseError("PostgreSQL needs the extra: pip install 'hutong[cluster]'") from error
        self.engine: Engine = POSTGRESQL
        self._loop = asyncio.new_event_loop()
        self._errors = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError)
        try:
            self._connection = self._run(lambda: asyncpg.connect(dsn, timeout=10))
        except BaseException:
            self._loop.close()
            raise

    def execute(self, sql: str, values: Sequence[Cell] = ()) -> int:
        status = str(self._run(lambda: self._connection.execute(sql, *values))).rpartition(" ")[2]
        return int(status) if status.isdigit() else -1

    def many(self, sql: str, rows: Sequence[Sequence[Cell]]) -> None:
        self._run(lambda: self._connection.executemany(sql, rows))

    def run(self, statements: Iterable[str]) -> None:
        # One round trip: 51 tables have some 2,800 statements, most of them comments.
        self.execute(";\n".join(statements))

    def rows(self, sql: str, values: Sequence[Cell] = ()) -> list[tuple[Any, ...]]:
        found = self._run(lambda: self._connection.fetch(sql, *values))
        return [tuple(row) for row in found]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.execute("BEGIN")
        try:
            yield
        except BaseException:
            self.execute("ROLLBACK")
            raise
        self.execute("COMMIT")

    def close(self) -> None:
        self._run(lambda: self._connection.close(timeout=5))
        self._loop.close()

    def _run(self, call: Callable[[], Awaitable[Any]]) -> Any:
        try:
            return self._loop.run_until_complete(_awaited(call))
        except self._errors as error:
            raise DatabaseError(str(error) or type(error).__name__) from error


async def _awaited(call: Callable[[], Awaitable[T]]) -> T:
    return await call()
