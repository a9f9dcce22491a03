"""Tables in a real PostgreSQL (`hutong sim up --database DSN`): a schema and accounts for each place.

The simulated system works with the account of the DSN; the hub is given one of its own for each system, with
the password of its desk, that may read and write the tables and nothing else.
"""

from __future__ import annotations

import asyncio
import importlib
import re
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from simulators.lines.place import WAYS, Place
from simulators.lines.sqlite import order_of
from simulators.listening import Drop, Look, Put, Refused, Row, Rows, RowsSaid, Set

asyncpg: Any = importlib.import_module("asyncpg")  # an extra: not there in every installation

_TRIGGERS = """
CREATE FUNCTION sim_told() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN IF current_user <> '{owner}' THEN PERFORM pg_notify('{schema}', ''); END IF; RETURN NULL; END$$;
CREATE FUNCTION sim_full() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN IF current_user <> '{owner}' THEN RAISE EXCEPTION 'disk full' USING ERRCODE = '53100'; END IF;
RETURN NEW; END$$"""
_TOLD = "CREATE TRIGGER sim_told AFTER INSERT OR UPDATE ON {} FOR EACH STATEMENT EXECUTE FUNCTION sim_told()"
_FULL = "CREATE TRIGGER sim_full BEFORE INSERT OR UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION sim_full()"
_NO_PLACE = (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.LockNotAvailableError)


class PostgresPlace(Place[Rows, RowsSaid]):
    """One schema. Columns that are moments are read and written as text, as the papers say."""

    can = frozenset(WAYS)

    def __init__(self, dsn: str, schema: str) -> None:
        self.dsn, self.schema = dsn, schema
        self._roles: list[str] = []
        self._own: Any = None
        self._lock: Any = None
        self._kinds: dict[str, dict[str, str]] = {}
        self._suffering: frozenset[str] = frozenset()
        self._turn = asyncio.Lock()
        self._told = 0

    @classmethod
    async def open(cls, dsn: str, schema: str, ddl: str) -> PostgresPlace:
        """What an earlier fleet left in the schema goes."""
        place = cls(dsn, schema)
        own = await place._mine()
        await own.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}")
        await own.execute(ddl)
        owner = str(await own.fetchval("SELECT current_user"))
        await own.execute(_TRIGGERS.format(owner=owner, schema=schema))
        for table in await place._tables(own):
            await own.execute(_TOLD.format(table))
        return place

    async def _connect(self) -> Any:
        return await asyncpg.connect(self.dsn, server_settings={"search_path": self.schema})

    async def _mine(self) -> Any:
        """The side's own connection, made again where the server was away."""
        if self._own is None or self._own.is_closed():
            self._own = await self._connect()
            await self._own.add_listener(self.schema, self._hear)
        return self._own

    def _hear(self, *_told: Any) -> None:
        self._told += 1

    async def _tables(self, own: Any) -> list[str]:
        text = "SELECT tablename::text FROM pg_tables WHERE schemaname = $1 ORDER BY 1"
        return [row[0] for row in await own.fetch(text, self.schema)]

    async def admit(self, role: str, password: str) -> str:
        """An account that may read and write the tables; the address as a hub is told it."""
        own, word = await self._mine(), password.replace("'", "''")
        if not await own.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
            await own.execute(f"CREATE ROLE {role} LOGIN")
        await own.execute(f"ALTER ROLE {role} LOGIN CONNECTION LIMIT -1 PASSWORD '{word}'")
        await own.execute(f"GRANT USAGE ON SCHEMA {self.schema} TO {role}")
        await own.execute(_GRANT.format(schema=self.schema, role=role))
        await own.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {self.schema} TO {role}")
        self._roles.append(role)
        at = urlsplit(self.dsn)
        return f"postgresql://{quote(role)}@{at.hostname}:{at.port or 5432}{at.path}?schema={self.schema}"

    async def mark(self) -> int:
        """Every table tells when somebody else has written (NOTIFY)."""
        return self._told

    async def do(self, step: Rows) -> RowsSaid:
        if self._suffering & {"locked", "shut"}:
            raise Refused("locked by a fault")
        async with self._turn:
            try:
                own = await self._mine()
                async with own.transaction():
                    await own.execute("SET LOCAL lock_timeout = '200ms'")
                    return await self._all(own, step)
            except _NO_PLACE as error:
                raise Refused(str(error)) from error

    async def _all(self, own: Any, step: Rows) -> RowsSaid:
        return RowsSaid(
            tuple([await self._put(own, one) for one in step.put]),
            tuple([await self._set(own, one) for one in step.set]),
            tuple([await self._drop(own, one) for one in step.drop]),
            tuple([await self._look(own, one) for one in step.look]),
        )

    async def _put(self, own: Any, put: Put) -> bool:
        kinds = await self._kinds_of(own, put.table)
        if put.key:
            where, values = _equal(put.key, kinds, 1)
            if await own.fetchval(f"SELECT 1 FROM {put.table} WHERE {where}", *values):  # noqa: S608
                return False
        marks = ", ".join(_mark(kinds, name, at) for at, name in enumerate(put.row, 1))
        await own.execute(
            f"INSERT INTO {put.table} ({', '.join(put.row)}) VALUES ({marks})",  # noqa: S608
            *map(_text, put.row.values()),
        )
        return True

    async def _set(self, own: Any, change: Set) -> int:
        kinds = await self._kinds_of(own, change.table)
        names = ", ".join(f"{name} = {_mark(kinds, name, at)}" for at, name in enumerate(change.row, 1))
        where, values = _equal(change.key, kinds, len(change.row) + 1)
        text = f"UPDATE {change.table} SET {names} WHERE {where}"  # noqa: S608 - names are the papers' own
        return _count(await own.execute(text, *map(_text, change.row.values()), *values))

    async def _drop(self, own: Any, drop: Drop) -> int:
        where, values = _equal(drop.key, await self._kinds_of(own, drop.table), 1)
        return _count(await own.execute(f"DELETE FROM {drop.table} WHERE {where}", *values))  # noqa: S608

    async def _look(self, own: Any, look: Look) -> tuple[Row, ...]:
        kinds = await self._kinds_of(own, look.table)
        names = look.columns or tuple(kinds)
        where, values = _equal(look.where, kinds, 1)
        listed = ", ".join(f"{_read(kinds, name)} AS c{at}" for at, name in enumerate(names))
        text = f"SELECT {listed} FROM {look.table} WHERE {where}{order_of(look)} LIMIT {look.limit}"  # noqa: S608
        return tuple(dict(zip(names, row.values(), strict=True)) for row in await own.fetch(text, *values))

    async def _kinds_of(self, own: Any, table: str) -> dict[str, str]:
        """Column (as the papers write it: upper case, as theirs are, or lower) to its type."""
        if table not in self._kinds:
            rows = await own.fetch(
                "SELECT column_name::text AS name, data_type::text AS kind FROM information_schema.columns"
                " WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position",
                self.schema,
                table.lower(),
            )
            upper = table == table.upper()
            self._kinds[table] = {r["name"].upper() if upper else r["name"]: r["kind"] for r in rows}
        return self._kinds[table]

    async def suffer(self, ways: frozenset[str]) -> None:
        if ways == self._suffering:
            return
        own, before = await self._mine(), self._suffering
        await self._hold("locked" in ways, own)
        for way in sorted(ways ^ before):
            await self._turns[way](self, way in ways, own)
        self._suffering = ways

    async def _hold(self, wanted: bool, own: Any) -> None:
        if wanted and self._lock is None:
            self._lock = await self._connect()
            await self._lock.execute("BEGIN")
            for table in await self._tables(own):
                await self._lock.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        elif not wanted and self._lock is not None:
            await self._lock.close()
            self._lock = None

    async def _shut(self, wanted: bool, own: Any) -> None:
        for role in self._roles:
            await own.execute(f"ALTER ROLE {role} CONNECTION LIMIT {0 if wanted else -1}")
            if wanted:
                text = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1"
                await own.execute(text, role)

    async def _fill(self, wanted: bool, own: Any) -> None:
        for table in await self._tables(own):
            await own.execute(
                _FULL.format(table) if wanted else f"DROP TRIGGER IF EXISTS sim_full ON {table}"
            )

    async def _freeze(self, wanted: bool, own: Any) -> None:
        for role in self._roles:
            text = _REVOKE if wanted else _GRANT
            await own.execute(text.format(schema=self.schema, role=role))

    async def _nothing(self, wanted: bool, own: Any) -> None:
        """`locked` is held by a connection, above."""

    _turns: ClassVar = {"shut": _shut, "full": _fill, "read-only": _freeze, "locked": _nothing}

    async def snapshot(self) -> dict[str, list[Any]]:
        """All rows of all tables, as records of the server."""
        own = await self._mine()
        return {name: await own.fetch(f"SELECT * FROM {name}") for name in await self._tables(own)}  # noqa: S608

    async def restore(self, kept: dict[str, list[Any]]) -> None:
        own = await self._mine()
        async with own.transaction():
            await own.execute(f"TRUNCATE {', '.join(kept)}")
            for table, rows in kept.items():
                if rows:
                    await own.copy_records_to_table(
                        table, schema_name=self.schema, records=[tuple(row) for row in rows]
                    )

    async def close(self) -> None:
        for connection in (self._lock, self._own):
            if connection is not None and not connection.is_closed():
                await connection.close()


_GRANT = "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA {schema} TO {role}"
_REVOKE = "REVOKE INSERT, UPDATE ON ALL TABLES IN SCHEMA {schema} FROM {role}"


def _mark(kinds: dict[str, str], name: str, at: int) -> str:
    return f"${at}::text::{kinds.get(name, 'text')}"


def _read(kinds: dict[str, str], name: str) -> str:
    """Moments as the papers write them, whole numbers as numbers, all else as text."""
    kind = kinds.get(name, "text")
    if kind.startswith("timestamp"):
        return f"to_char({name}, 'YYYY-MM-DD HH24:MI:SS')"
    if kind == "date":
        return f"to_char({name}, 'YYYY-MM-DD')"
    return name if kind in ("bigint", "integer", "smallint") else f"{name}::text"


def _equal(key: Row, kinds: dict[str, str], first: int) -> tuple[str, list[str | None]]:
    parts = [f"{n} IS NOT DISTINCT FROM {_mark(kinds, n, at)}" for at, n in enumerate(key, first)]
    return " AND ".join(parts) or "true", [_text(value) for value in key.values()]


def _text(value: str | int | None) -> str | None:
    return None if value is None else str(value)


def _count(status: str) -> int:
    """`UPDATE 3` -> 3."""
    found = re.search(r"(\d+)$", status)
    return int(found[1]) if found else 0
