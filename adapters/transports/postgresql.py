"""`ROWS` over PostgreSQL: `postgresql://user@host:port/database?schema=…`, by asyncpg (Apache-2.0).

One connection and one transaction per request. Until COMMIT is said nothing can have had an effect; after
it only the answer to it tells. The connection speaks UTF-8 whatever the database keeps, so a column of a
GBK database is text to us, and a character it cannot keep is refused by it and not replaced.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import json
import ssl
from contextlib import suppress
from typing import Any

from adapters.transports.places import Door, dial, door
from adapters.transports.postgres_catalogue import Style, find_table
from adapters.transports.postgres_words import word
from adapters.transports.rows import Asked, Look, Put, read_rows
from adapters.transports.said import Refused, refusal, told
from adapters.transports.statements import Statement, Table
from hub.delivery.transport import TOO_LARGE, TransportError
from hub.errors import DriverMissingError
from hub.ports import Bounds, Onward, Place, WireReply, WireRequest

asyncpg: Any = None
with suppress(ImportError):  # said when an address asks for it
    asyncpg = importlib.import_module("asyncpg")

# What values look like in an answer is the papers' matter, so it must not depend on a server's settings.
_SETTINGS = {"datestyle": "ISO, YMD", "timezone": "Asia/Shanghai", "application_name": "hutong"}


# Where COMMIT is answered with one of these classes, the transaction was taken back.
_TAKEN_BACK = frozenset({"22", "23", "25", "40", "55"})


class Postgresql:
    """A connection per request: a front-end machine's account often has very few of them."""

    methods = frozenset({"ROWS"})

    async def carry(self, place: Place, request: WireRequest, bounds: Bounds) -> WireReply:
        """Raises TransportError."""
        work = None
        try:
            asked = read_rows(request.body)
            async with asyncio.timeout(bounds.total):
                work = _Work(await self._connect(place, bounds), asked, bounds)
                return await work.done()
        except Refused as error:
            return refusal(error.word)
        except UnicodeError:
            return refusal("charset")
        except TimeoutError as error:
            raise TransportError("network.timeout", sent=work is not None and work.committing) from error
        except asyncpg.PostgresError as error:
            return _said(error, sent=work is not None and work.committing)
        except (OSError, asyncpg.InterfaceError) as error:
            raise TransportError("network.reset", sent=work is not None and work.committing) from error
        finally:
            if work is not None:
                work.leave()

    async def close(self) -> None:
        """Nothing is kept between requests."""

    async def _connect(self, place: Place, bounds: Bounds) -> Any:
        there = door(place, "db", 5432)
        try:
            async with asyncio.timeout(min(bounds.connect, bounds.total)):
                if there.query.get("host", "").startswith("/"):  # the folder of a local server's socket
                    return await _open(there, there.query["host"], None)
                return await dial(place, lambda address: _open(there, address, place.tls))
        except ssl.SSLError as error:
            raise TransportError("network.tls", sent=False) from error
        except ConnectionError as error:
            # asyncpg's word for a server that has no TLS where the peer's row wants it is among these.
            raise TransportError("network.refused", sent=False) from error
        except (OSError, TimeoutError, asyncpg.InterfaceError) as error:
            raise TransportError("network.refused", sent=False) from error


async def _open(there: Door, address: str, tls: ssl.SSLContext | None) -> Any:
    schema = there.query.get("schema", "")
    return await asyncpg.connect(
        host=address,
        port=there.port,
        user=there.user or None,
        password=there.password or None,
        database=there.path.strip("/") or None,
        ssl=tls or False,
        statement_cache_size=0,  # behind a pooler the next statement may meet another server process
        server_settings={**_SETTINGS, **({"search_path": schema} if schema else {})},
    )


class _Work:
    """One transaction. Run twice at most: when somebody else put the same row in between."""

    def __init__(self, connection: Any, asked: Asked, bounds: Bounds) -> None:
        self.connection, self.asked, self.bounds = connection, asked, bounds
        self.committing = False

    async def done(self) -> WireReply:
        try:
            return await self._once()
        except asyncpg.UniqueViolationError:
            await self.connection.execute("ROLLBACK")
            return await self._once()

    def leave(self) -> None:
        """At once: what was not committed is rolled back by that."""
        with suppress(OSError, asyncpg.InterfaceError):
            self.connection.terminate()

    async def _once(self) -> WireReply:
        run = self.connection
        await run.execute("BEGIN" if self.asked.changes else "BEGIN READ ONLY")
        wait = max(1, int(min(self.bounds.connect, self.bounds.total / 2) * 1000))
        await run.execute("SELECT set_config('lock_timeout', $1, true)", str(wait))
        tables = {name: await find_table(run, name) for name in self.asked.tables}
        await self._queue(tables)
        answer: dict[str, Any] = {"put": [await self._put(tables[one.table], one) for one in self.asked.puts]}
        if self.asked.sets:
            answer["set"] = []
        for one in self.asked.sets:
            statement = Statement(Style())
            text = statement.update(tables[one.table], one)
            answer["set"].append(_count(await run.execute(text, *_texts(statement))))
        answer["look"] = [await self._look(tables[one.table], one) for one in self.asked.looks]
        self.committing = self.asked.changes
        await run.execute("COMMIT")
        return told(answer)

    async def _queue(self, tables: dict[str, Table]) -> None:
        """Our own attempts at the same row go one after another, also where no index keeps them apart."""
        marks = sorted({_mark(tables[put.table].name, put) for put in self.asked.puts})
        for mark in marks:
            await self.connection.execute("SELECT pg_advisory_xact_lock($1)", mark)

    async def _put(self, table: Table, put: Put) -> bool:
        statement = Statement(Style())
        text = statement.insert(table, put)
        return _count(await self.connection.execute(text, *_texts(statement))) == 1

    async def _look(self, table: Table, look: Look) -> list[dict[str, Any]]:
        statement, rows, size = Statement(Style()), [], 0
        text = statement.select(table, look)
        async for record in self.connection.cursor(text, *_texts(statement)):
            values = tuple(record.values())
            rows.append(dict(zip(look.columns, values, strict=True)))
            size += sum(len(str(value)) for value in values)
            if size > self.bounds.answer:
                raise TransportError(TOO_LARGE, sent=False)
        return rows


def _mark(table: str, put: Put) -> int:
    told_apart = json.dumps([table, dict(put.key)], sort_keys=True).encode()
    return int.from_bytes(hashlib.blake2b(told_apart, digest_size=8).digest(), signed=True)


def _texts(statement: Statement) -> list[str | None]:
    """Every value goes as text and is cast over there, to what the column is."""
    return [None if value is None else str(value) for value in statement.values]


def _count(tag: str) -> int:
    return int(tag.rpartition(" ")[2])


def _said(error: Any, *, sent: bool) -> WireReply:
    state = error.sqlstate or ""
    found = word(state)
    if not found or (sent and state[:2] not in _TAKEN_BACK):
        raise TransportError("network.reset", sent=sent) from error
    return refusal(found)


def carrier(onward: Onward) -> Postgresql:
    """For the entry point; DriverMissingError without asyncpg."""
    if asyncpg is None:
        raise DriverMissingError("postgresql", "asyncpg", "postgres")
    return Postgresql()
