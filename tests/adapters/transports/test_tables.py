"""Rows into real tables: once, together or not at all, and every refusal told apart from silence."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from carrying import HOST, QUICK, ask, place
from servers_kit import Postgres, Proxy, free_port
from tls_kit import Trusting, issue

from hub.delivery.limits import Limits
from hub.delivery.secured import Contexts
from hub.delivery.transport import TransportError
from hub.ports import Place

DDL = (
    "CREATE TABLE t_notice(row_key VARCHAR(36) PRIMARY KEY, title VARCHAR(20), version INTEGER,"
    " sync_flag INTEGER DEFAULT 0, err VARCHAR(200), amount NUMERIC(20,2));"
    "CREATE TABLE t_loose(id VARCHAR(36), n INTEGER, mark VARCHAR(20) UNIQUE)"
)


@dataclass
class Database:
    there: Place
    sql: Callable[[str], Any]
    kind: str


@pytest.fixture
def sqlite(tmp_path: Path) -> Database:
    path = tmp_path / "front.db"
    with closing(sqlite3.connect(path)) as made:
        made.executescript(DDL)

    def sql(text: str) -> Any:
        with closing(sqlite3.connect(path, isolation_level=None)) as run:
            return "\n".join("|".join(map(str, row)) for row in run.execute(text).fetchall())

    return Database(place(f"sqlite:///{path}"), sql, "sqlite")


@pytest.fixture
def pg(postgres: Postgres) -> Iterator[Database]:
    name = postgres.database()
    postgres.sql("SET ROLE hub; " + DDL, name)
    yield Database(
        place(postgres.address(name), {"password": "pw-hub"}), lambda text: postgres.sql(text, name), "pg"
    )
    postgres.sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "pg"])
def database(request: pytest.FixtureRequest) -> Database:
    found: Database = request.getfixturevalue(request.param)
    return found


def notice(key: str, title: str = "招标公告", version: Any = 1) -> dict[str, Any]:
    return {
        "table": "t_notice",
        "key": {"row_key": key},
        "row": {"row_key": key, "title": title, "version": version},
    }


def look(**more: Any) -> dict[str, Any]:
    return {
        "table": "t_notice",
        "where": {},
        "columns": ["row_key"],
        "order": ["row_key"],
        "limit": 100,
        **more,
    }


async def test_a_row_is_put_once_and_its_flag_is_read(database: Database) -> None:
    wanted = look(where={"row_key": "k1"}, columns=["sync_flag", "title", "err"])
    asked = {"put": [notice("k1"), notice("k2", "二")], "look": [wanted]}
    first = {"sync_flag": 0, "title": "招标公告", "err": None}
    assert await ask("ROWS", database.there, asked) == (200, {"put": [True, True], "look": [[first]]})
    database.sql("UPDATE t_notice SET sync_flag = 2, err = '字段缺失' WHERE row_key = 'k1'")
    again = {"put": [notice("k1", "改过的"), notice("k2", "二")], "look": [wanted]}
    assert await ask("ROWS", database.there, again) == (
        200, {"put": [False, False], "look": [[{"sync_flag": 2, "title": "招标公告", "err": "字段缺失"}]]},
    )  # fmt: skip
    assert database.sql("SELECT count(*) FROM t_notice") == "2"


async def test_values_come_back_as_text_integer_or_null(database: Database) -> None:
    row = {"row_key": "k", "title": None, "version": 2**31 - 1, "amount": "1234.50"}
    asked = {"put": [{"table": "t_notice", "key": {"row_key": "k"}, "row": row}],
             "look": [look(columns=["title", "version", "amount"])]}  # fmt: skip
    status, told = await ask("ROWS", database.there, asked)
    assert status == 200
    (found,) = told["look"][0]
    # SQLite knows no decimals of its own: its NUMERIC is a floating number, and is told as its text.
    assert found == {
        "title": None,
        "version": 2**31 - 1,
        "amount": "1234.5" if database.kind == "sqlite" else "1234.50",
    }


async def test_names_differ_in_case_as_papers_and_ddl_do(database: Database) -> None:
    asked = {
        "put": [{"table": "T_NOTICE", "key": {"ROW_KEY": "k"}, "row": {"ROW_KEY": "k", "TITLE": "甲"}}],
        "look": [
            {"table": "T_Notice", "where": {"ROW_KEY": "k"}, "columns": ["TITLE"], "order": [], "limit": 1}
        ],
    }
    assert await ask("ROWS", database.there, asked) == (200, {"put": [True], "look": [[{"TITLE": "甲"}]]})


async def test_order_limit_null_and_position(database: Database) -> None:
    await ask("ROWS", database.there, {"put": [notice(f"k{n}", version=n) for n in range(1, 6)]})
    database.sql("UPDATE t_notice SET err = 'x' WHERE row_key <> 'k3'")
    looks = [
        look(order=["-version"], limit=2), look(where={"err": None}),
        look(order=["version", "row_key"], limit=2, after={"version": 2, "row_key": "k2"}),
        look(where={"version": "4"}),
    ]  # fmt: skip
    _, told = await ask("ROWS", database.there, {"look": looks})
    names = [[row["row_key"] for row in rows] for rows in told["look"]]
    assert names == [["k5", "k4"], ["k3"], ["k3", "k4"], ["k4"]]


async def test_a_flag_is_written_only_over_what_was_read(database: Database) -> None:
    await ask("ROWS", database.there, {"put": [notice("k1"), notice("k2")]})
    database.sql("UPDATE t_notice SET version = 2 WHERE row_key = 'k2'")
    flags = [
        {
            "table": "t_notice",
            "key": {"row_key": key},
            "if": {"version": 1},
            "row": {"sync_flag": 1, "err": None},
        }
        for key in ("k1", "k2")
    ]
    status, told = await ask("ROWS", database.there, {"set": flags})
    assert (status, told["set"]) == (200, [1, 0])
    assert database.sql("SELECT sync_flag FROM t_notice ORDER BY row_key") == "1\n0"


@pytest.mark.parametrize(
    "asked",
    [
        b"{", b"[]", {"putt": []}, {"put": [{}]}, {"put": [notice("k", version=1.5)]},
        {"put": [notice("k", version=True)]},
        {"look": [look(limit=0)]}, {"look": [look(columns=[])]}, {"look": [look(limit=10**6)]},
        {"look": [look(columns=['err" FROM t_notice; DROP TABLE t_notice; --'])]},
        {"look": [look(order=["row_key; DROP TABLE t_notice"])]}, {"look": [look(table='t_notice"')]},
        {"put": [{"table": "t_notice", "key": {}, "row": {"row_key": "k"}}]},
    ],
)  # fmt: skip
async def test_what_is_not_of_the_form_reaches_no_table(database: Database, asked: Any) -> None:
    assert await ask("ROWS", database.there, asked) == (400, {"error": "request"})
    assert database.sql("SELECT count(*) FROM t_notice") == "0"


async def test_a_value_is_never_part_of_the_statement(database: Database) -> None:
    nasty = "'); DROP TABLE t_n--"
    asked = {"put": [notice(nasty)], "look": [look(where={"row_key": nasty})]}
    assert await ask("ROWS", database.there, asked) == (200, {"put": [True], "look": [[{"row_key": nasty}]]})


async def test_what_is_absent_is_said_and_nothing_is_left_behind(database: Database) -> None:
    for wrong in (
        look(table="t_other"),
        look(columns=["nothing"]),
        look(where={"nothing": 1}),
        look(order=["no"]),
    ):
        assert await ask("ROWS", database.there, {"put": [notice("k")], "look": [wrong]}) == (
            404,
            {"error": "absent"},
        )
    assert database.sql("SELECT count(*) FROM t_notice") == "0", "all of it or nothing"


async def test_a_clash_with_another_key_is_a_refusal_not_a_duplicate(database: Database) -> None:
    def loose(number: str) -> dict[str, Any]:
        return {"table": "t_loose", "key": {"id": number}, "row": {"id": number, "mark": "same"}}

    assert await ask("ROWS", database.there, {"put": [loose("a")]}) == (200, {"put": [True], "look": []})
    assert await ask("ROWS", database.there, {"put": [loose("b")]}) == (409, {"error": "conflict"})


async def test_many_attempts_at_once_put_one_row_even_without_an_index(database: Database) -> None:
    asked = {"put": [{"table": "t_loose", "key": {"id": "a"}, "row": {"id": "a", "n": 1}}]}
    told = await asyncio.gather(*(ask("ROWS", database.there, asked) for _ in range(12)))
    assert sorted(answer["put"][0] for status, answer in told if status == 200) == [False] * 11 + [True]
    assert database.sql("SELECT count(*) FROM t_loose") == "1"


async def test_an_answer_too_large_takes_nothing_with_it(database: Database) -> None:
    await ask("ROWS", database.there, {"put": [notice(f"k{n}", "字" * 20) for n in range(20)]})
    asked = {"put": [notice("new")], "look": [look(columns=["title"])]}
    with pytest.raises(TransportError) as caught:
        await ask("ROWS", database.there, asked, Limits(60.0, 60.0, 100))
    assert (caught.value.code, caught.value.sent) == ("receiver.answer-too-large", False)
    assert database.sql("SELECT count(*) FROM t_notice WHERE row_key = 'new'") == "0"


async def test_a_lock_is_said_and_nothing_was_written(
    sqlite: Database, pg: Database, postgres: Postgres
) -> None:
    short = Limits(30.0, 1.5)
    with closing(sqlite3.connect(sqlite.there.base.removeprefix("sqlite://"), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert await ask("ROWS", sqlite.there, {"put": [notice("k")]}, short) == (423, {"error": "locked"})
        other.execute("ROLLBACK")
    asyncpg = pytest.importorskip("asyncpg")
    other = await asyncpg.connect(
        host=HOST,
        port=postgres.port,
        user="hub",
        password="pw-hub",
        database=pg.there.base.rpartition("/")[2],
    )
    async with other.transaction():
        await other.execute("LOCK TABLE t_notice IN ACCESS EXCLUSIVE MODE")
        assert await ask("ROWS", pg.there, {"put": [notice("k")]}, short) == (423, {"error": "locked"})
    await other.close()
    for each in (sqlite, pg):
        assert each.sql("SELECT count(*) FROM t_notice") == "0"
        assert (await ask("ROWS", each.there, {"put": [notice("k")]}))[1]["put"] == [True]


async def test_out_of_time_before_the_end_is_certainly_nothing(
    sqlite: Database, pg: Database, postgres: Postgres
) -> None:
    brief = Limits(0.3, 5.0)
    with closing(sqlite3.connect(sqlite.there.base.removeprefix("sqlite://"), isolation_level=None)) as run:
        run.execute(
            "CREATE VIEW slow AS WITH RECURSIVE c(n) AS"
            " (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 300000000)"
            " SELECT count(*) AS n FROM c"
        )
    pg.sql("CREATE VIEW slow AS SELECT 1 AS n, pg_sleep(30)::text AS s; GRANT SELECT ON slow TO hub")
    for each in (sqlite, pg):
        slow = look(table="slow", columns=["n", "s"][: 1 + (each is pg)], order=[])
        asked = {"put": [notice("k")], "look": [slow]}
        with pytest.raises(TransportError) as caught:
            await ask("ROWS", each.there, asked, brief)
        assert (caught.value.code, caught.value.sent) == ("network.timeout", False), each.kind
        assert each.sql("SELECT count(*) FROM t_notice") == "0"


async def test_cut_off_after_commit_was_said_nobody_knows_before_it_everybody(
    pg: Database, postgres: Postgres
) -> None:
    def cutting(word: bytes) -> Callable[[bool, bytes], bool]:
        said = {"committed": False}

        def cut(upward: bool, seen: bytes) -> bool:
            if upward and word in seen:
                said["committed"] = True
            return not upward and said["committed"]

        return cut

    name = pg.there.base.rpartition("/")[2]
    for word, sent in ((b"COMMIT", True), (b"INSERT", False)):
        async with Proxy(postgres.port, cutting(word)) as port:
            there = place(f"postgresql://hub@{HOST}:{port}/{name}", {"password": "pw-hub"})
            with pytest.raises(TransportError) as caught:
                await ask("ROWS", there, {"put": [notice(f"k-{sent}")]})
        assert (caught.value.code, caught.value.sent) == ("network.reset", sent)
    end = time.monotonic() + 60
    while pg.sql("SELECT string_agg(row_key, ',') FROM t_notice") != "k-True":
        assert time.monotonic() < end, "committed, though nobody heard it; the other taken back"
    assert (await ask("ROWS", pg.there, {"put": [notice("k-True"), notice("k-False")]}))[1]["put"] == [
        False,
        True,
    ]


async def test_who_is_not_let_in_and_who_is_not_there(
    pg: Database, postgres: Postgres, tmp_path: Path
) -> None:
    asked = {"look": [look()]}
    assert await ask("ROWS", place(pg.there.base, {"password": "no"}), asked) == (401, {"error": "login"})
    assert await ask("ROWS", place(pg.there.base, {"db_password": "pw-hub", "password": "no"}), asked) == (
        200, {"put": [], "look": [[]]},
    )  # fmt: skip
    other = place(f"postgresql://hub@{HOST}:{postgres.port}/nothing", {"password": "pw-hub"})
    assert await ask("ROWS", other, asked) == (404, {"error": "absent"})
    pg.sql("CREATE TABLE theirs(n INTEGER)")
    assert await ask("ROWS", pg.there, {"look": [look(table="theirs", columns=["n"], order=[])]}) == (
        403, {"error": "right"},
    )  # fmt: skip
    for base in (f"postgresql://hub@{HOST}:{free_port()}/x", f"sqlite:///{tmp_path}/none.db"):
        with pytest.raises(TransportError) as caught:
            await ask("ROWS", place(base), asked)
        assert (caught.value.code, caught.value.sent) == ("network.refused", False)
    assert not (tmp_path / "none.db").exists(), "a table is never made here"


async def test_a_gb_database_takes_what_it_has_and_refuses_what_it_has_not(postgres: Postgres) -> None:
    name = postgres.database("EUC_CN")
    postgres.sql("SET ROLE hub; " + DDL, name)
    there = place(postgres.address(name), {"password": "pw-hub"})
    asked = {"put": [notice("k1", "嘉峪关市")], "look": [look(columns=["title"])]}
    assert await ask("ROWS", there, asked) == (200, {"put": [True], "look": [[{"title": "嘉峪关市"}]]})
    # 龑 is not in GB 2312; it is refused, never stored as a question mark.
    assert await ask("ROWS", there, {"put": [notice("k2", "刘龑")]}) == (422, {"error": "charset"})
    assert postgres.sql("SELECT count(*) FROM t_notice", name) == "1"
    raw = postgres.sql("SELECT encode(textsend(title), 'hex') FROM t_notice", name)
    assert bytes.fromhex(raw).decode("gb2312") == "嘉峪关市"
    postgres.sql(f"DROP DATABASE {name} WITH (FORCE)")


async def test_what_does_not_fit_its_column_is_refused_not_cut(pg: Database) -> None:
    for wrong in (
        notice("k", "字" * 21),
        notice("k", version="x"),
        notice("k" * 37),
        notice("k", version=2**40),
    ):
        assert await ask("ROWS", pg.there, {"put": [wrong]}) == (422, {"error": "value"})
    assert await ask("ROWS", pg.there, {"put": [notice("k", "a\x00b")]}) == (422, {"error": "charset"})
    assert pg.sql("SELECT count(*) FROM t_notice") == "0"


async def test_times_and_dates_are_told_alike_whatever_the_server_prefers(pg: Database) -> None:
    name = pg.there.base.rpartition("/")[2]
    pg.sql(f"ALTER DATABASE {name} SET datestyle = 'German'; ALTER DATABASE {name} SET timezone = 'UTC'")
    pg.sql(
        "CREATE TABLE t_time(id INTEGER, d DATE, ts TIMESTAMP, tz TIMESTAMPTZ, c CHAR(4));"
        " GRANT ALL ON t_time TO hub"
    )
    row = {"id": 1, "d": "2026-11-22", "ts": "2026-11-22 09:00:00", "tz": "2026-11-22 09:00:00", "c": "ab"}
    asked = {
        "put": [{"table": "t_time", "key": {"id": 1}, "row": row}],
        "look": [
            {"table": "t_time", "where": {"d": "2026-11-22"}, "columns": list(row), "order": [], "limit": 1}
        ],
    }
    _, told = await ask("ROWS", pg.there, asked, QUICK)
    assert told["look"][0][0] == {**row, "tz": "2026-11-22 09:00:00+08"}


@contextlib.asynccontextmanager
async def tls_front(port: int, context: ssl.SSLContext) -> AsyncIterator[int]:
    """The server's half of PostgreSQL's TLS, for one that was built without: SSLRequest, S, handshake."""

    async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            assert await reader.readexactly(8) == bytes.fromhex("0000000804d2162f")
            writer.write(b"S")
            await writer.start_tls(context)
            there, back = await asyncio.open_connection(HOST, port)

            async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
                while piece := await source.read(65536):
                    sink.write(piece)
                    await sink.drain()
                sink.close()

            await asyncio.gather(pump(reader, back), pump(there, writer))
        writer.transport.abort()

    server = await asyncio.start_server(met, HOST, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_inside_tls_a_database_must_be_the_one_of_the_row(
    pg: Database, postgres: Postgres, tmp_path: Path
) -> None:
    ca, cert, key = issue(tmp_path, "db.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    asked, name = {"look": [look()]}, pg.there.base.rpartition("/")[2]
    async with tls_front(postgres.port, context) as front:
        for host, port, code in (
            ("db.example", front, ""),
            ("other.example", front, "network.tls"),
            ("db.example", postgres.port, "network.refused"),  # never in clear where the row wants TLS
        ):
            tls = Contexts().of(Trusting(ca), host)
            there = place(f"postgresql://hub@{host}:{port}/{name}", {"password": "pw-hub"}, tls)
            if not code:
                assert (await ask("ROWS", there, asked))[0] == 200
                continue
            with pytest.raises(TransportError) as caught:
                await ask("ROWS", there, asked)
            assert (caught.value.code, caught.value.sent) == (code, False)
