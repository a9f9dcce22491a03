"""Tables as a line: SQLite and a real PostgreSQL behave alike to the side and to the hub."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from simulators.faults import UnknownFaultError, plan
from simulators.faults.table import Fault
from simulators.lines import Lines
from simulators.lines.sqlite import SqlitePlace
from simulators.listening import Drop, Look, Put, Rows, Set


def _neighbour(path: Path) -> Any:
    name = f"hutong_tests_{path.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


kit = _neighbour(Path(__file__).with_name("kit.py"))
servers = _neighbour(Path(__file__).parents[2] / "adapters" / "transports" / "servers_kit.py")
postgres = servers.postgres
SECRETS = {"username": "hub6200", "password": "p'w"}
LOCKED = Fault("table-locked", "place", {"way": "locked"}, frozenset({"front-db"}), "锁表")


class Hub:
    """The other hand: plain SQL with the account the peer table names."""

    def __init__(self, address: Any, secrets: dict[str, str]) -> None:
        self.address, self.secrets = address, {**secrets, **address.credentials}

    async def sql(self, text: str, patience: float = 60.0) -> list[tuple[Any, ...]]:
        if self.address.base.startswith("sqlite:"):
            with contextlib.closing(
                sqlite3.connect(self.address.base.removeprefix("sqlite://"), timeout=patience)
            ) as own:
                rows = own.execute(text).fetchall()
                own.commit()
                return rows
        import asyncpg

        base, _, query = self.address.base.partition("?")
        own = await asyncpg.connect(
            base,
            password=self.secrets["password"],
            server_settings={"search_path": query.removeprefix("schema=")},
        )
        try:
            return [tuple(row) for row in await own.fetch(text)]
        finally:
            await own.close()

    async def flags(self) -> list[str]:
        return [str(row[0]) for row in await self.sql("SELECT SYNC_FLAG FROM XF_T ORDER BY SEQ_ID")]


@pytest.fixture(params=["sqlite", "postgresql"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Any]:
    """(lines, watch): everything opened in it is closed."""
    database = ""
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        name = server.database()
        server.sql("ALTER ROLE owner PASSWORD 'own'")
        database = f"postgresql://owner:own@127.0.0.1:{server.port}/{name}"
    watch = kit.Watch()
    lines = Lines(tmp_path, watch, database)
    yield lines, watch
    await lines.close()


async def _judged(hub: Hub, wanted: list[str]) -> None:
    async with asyncio.timeout(60):
        while await hub.flags() != wanted:
            await asyncio.sleep(0.02)


async def test_rows_are_taken_and_flagged(bench: Any) -> None:
    lines, _ = bench
    side = kit.TableSide()
    system = kit.system_of(side, "front-db", "rows", **SECRETS)
    hub = Hub(await lines.open(system, "127.0.0.1"), SECRETS)
    await hub.sql("INSERT INTO XF_T (NAME, N, AT_TIME) VALUES ('甲', 1.50, '2026-11-22 09:00:00')")
    await hub.sql("INSERT INTO XF_T (NAME) VALUES (NULL)")
    await _judged(hub, ["1", "2"])
    assert side.seen[0]["NAME"] == "甲" and side.seen[0]["AT_TIME"] == "2026-11-22 09:00:00"
    assert isinstance(side.seen[0]["SEQ_ID"], int)
    assert system.journal.received == 2 and system.journal.last(1)[0].request.path == "/XF_T"


async def test_silence_of_a_fault_leaves_the_row_to_the_next_round(bench: Any) -> None:
    lines, _ = bench
    side = kit.TableSide()
    system = kit.system_of(side, "front-db", "rows", **SECRETS)
    hub = Hub(await lines.open(system, "127.0.0.1"), SECRETS)
    system.faults.arm("drop-after-effect")
    await hub.sql("INSERT INTO XF_T (NAME) VALUES ('甲')")
    await kit.until(lambda: len(side.seen) == 1)
    assert await hub.flags() == ["0"]
    lines.open_lines["X03"].wake()
    await _judged(hub, ["1"])
    assert [e.fault for e in system.journal.last(9)] == ["", "drop-after-effect"]


async def test_the_hour_of_the_side_is_an_hour_of_the_movable_clock(bench: Any) -> None:
    lines, watch = bench
    side = kit.TableSide(hour=kit.NOW.replace(hour=20))
    hub = Hub(await lines.open(kit.system_of(side, "front-db", "rows", **SECRETS), "127.0.0.1"), SECRETS)
    await hub.sql("INSERT INTO XF_T (NAME) VALUES ('甲')")
    await kit.until(lambda: side.rounds)
    before = len(side.rounds)
    await asyncio.sleep(0.3)
    assert len(side.rounds) <= before + 1  # nothing new, nothing done
    watch.on(hours=11)
    await kit.until(lambda: any(when.hour == 20 for when in side.rounds))


async def test_a_locked_place_refuses_the_hub_and_the_side_until_lifted(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines, _ = bench
    monkeypatch.setattr(plan, "faults", lambda: {"table-locked": LOCKED})
    side = kit.TableSide()
    system = kit.system_of(side, "front-db", "rows", **SECRETS)
    hub = Hub(await lines.open(system, "127.0.0.1"), SECRETS)
    system.faults.arm("table-locked")
    place = lines.open_lines["X03"]._tables
    await kit.until(lambda: place._lock is not None)
    with pytest.raises(Exception, match="lock"):
        if hub.address.base.startswith("postgresql"):
            await _pg_locked(hub)
        else:
            await hub.sql("INSERT INTO XF_T (NAME) VALUES ('甲')", patience=0.1)
    lines.open_lines["X03"].wake()
    await kit.until(lambda: side.refused)
    system.faults.lift()
    await kit.until(lambda: place._lock is None)
    await hub.sql("INSERT INTO XF_T (NAME) VALUES ('乙')")
    await _judged(hub, ["1"])


async def _pg_locked(hub: Hub) -> None:
    import asyncpg

    base, _, query = hub.address.base.partition("?")
    settings = {"search_path": query.removeprefix("schema="), "lock_timeout": "100ms"}
    own = await asyncpg.connect(base, password=hub.secrets["password"], server_settings=settings)
    try:
        await own.execute("INSERT INTO XF_T (NAME) VALUES ('甲')")
    finally:
        await own.close()


@pytest.mark.parametrize(
    ("way", "word"), [("shut", "too many"), ("full", "disk full"), ("read-only", "permission")]
)
async def test_a_server_can_be_shut_full_or_read_only(
    way: str, word: str, postgres: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = Fault("place", "place", {"way": way}, frozenset({"front-db"}), "")
    monkeypatch.setattr(plan, "faults", lambda: {"place": fault})
    postgres.sql("ALTER ROLE owner PASSWORD 'own'")
    lines = Lines(
        tmp_path, kit.Watch(), f"postgresql://owner:own@127.0.0.1:{postgres.port}/{postgres.database()}"
    )
    system = kit.system_of(kit.TableSide(), "front-db", "rows", **SECRETS)
    try:
        hub = Hub(await lines.open(system, "127.0.0.1"), SECRETS)
        await hub.sql("INSERT INTO XF_T (NAME) VALUES ('甲')")
        system.faults.arm("place")
        place = lines.open_lines["X03"]._tables
        await kit.until(lambda: place._suffering == {way})
        with pytest.raises(Exception, match=word):
            await hub.sql("INSERT INTO XF_T (NAME) VALUES ('乙')")
        system.faults.lift()
        await kit.until(lambda: not place._suffering)
        await hub.sql("INSERT INTO XF_T (NAME) VALUES ('乙')")
        await _judged(hub, ["1", "1"])
    finally:
        await lines.close()


async def test_what_a_place_cannot_suffer_is_refused_when_armed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = Fault("full", "place", {"way": "full"}, frozenset({"front-db"}), "")
    monkeypatch.setattr(plan, "faults", lambda: {"full": fault})
    lines = Lines(tmp_path, kit.Watch())
    system = kit.system_of(kit.TableSide(), "front-db", "rows", **SECRETS)
    await lines.open(system, "127.0.0.1")
    with pytest.raises(UnknownFaultError, match="locked, shut"):
        system.faults.arm("full")
    await lines.close()


async def test_a_step_is_one_transaction_and_null_equals_null(bench: Any) -> None:
    lines, _ = bench
    system = kit.system_of(kit.TableSide(), "front-db", "rows", **SECRETS)
    await lines.open(system, "127.0.0.1")
    place = lines.open_lines["X03"]._tables
    row = {"NAME": "甲", "N": "12.50", "AT_TIME": "2026-11-22 09:00:00", "SYNC_FLAG": "1"}
    put = Put("XF_T", row, {"NAME": "甲"})
    said = await place.do(Rows(put=(put, put)))
    assert said.put == (True, False)
    with pytest.raises(Exception, match=r"(?i)unique"):
        await place.do(Rows(put=(Put("XF_T", {"NAME": "乙", "SYNC_FLAG": "1"}), Put("XF_T", row))))
    look = Look("XF_T", {"ERR_MSG": None}, ("NAME", "N", "AT_TIME"), ("-SEQ_ID",))
    said = await place.do(
        Rows(set=(Set("XF_T", {"NAME": "甲", "ERR_MSG": None}, {"N": "7.50"}),), look=(look,))
    )
    assert said.set == (1,) and len(said.look[0]) == 1  # 乙 was rolled back
    assert said.look[0][0]["AT_TIME"] == "2026-11-22 09:00:00" and float(str(said.look[0][0]["N"])) == 7.5
    kept = await lines.open_lines["X03"].snapshot()
    assert (await place.do(Rows(drop=(Drop("XF_T", {"NAME": "甲"}),), look=(look,)))).look == ((),)
    await lines.open_lines["X03"].restore(kept)
    assert (await place.do(Rows(look=(look,)))).look[0][0]["NAME"] == "甲"


async def test_systems_of_one_place_share_it(bench: Any) -> None:
    lines, _ = bench
    one, two = kit.TableSide(), kit.TableSide()
    first = await lines.open(kit.system_of(one, "front-db", "rows", "X03", **SECRETS), "127.0.0.1")
    second = await lines.open(
        kit.system_of(two, "front-db", "rows", "X09", **{**SECRETS, "password": "other"}), "127.0.0.1"
    )
    await Hub(first, SECRETS).sql("INSERT INTO XF_T (NAME, SYNC_FLAG) VALUES ('甲', '1')")
    assert await Hub(second, {**SECRETS, "password": "other"}).flags() == ["1"]
    await kit.until(lambda: one.rounds and two.rounds)  # both notice


async def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    for _ in range(2):
        place = SqlitePlace(tmp_path / "a.db", kit.DDL["sqlite"])
        await place.do(Rows(put=(Put("XF_T", {"NAME": "甲"}, {"NAME": "甲"}),)))
        await place.close()
    place = SqlitePlace(tmp_path / "a.db", "")
    assert len((await place.do(Rows(look=(Look("XF_T"),)))).look[0]) == 1
    await place.close()
