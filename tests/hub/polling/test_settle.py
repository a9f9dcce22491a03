"""The verdict is written back where the item lies: after it is durable, at least once, also after a crash."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from core_kit import CENTRE, until
from wire_kit import SYSTEM, RowDialect, RowPeers, bench_over, lay_down, make, sql

from hub.engine import Reader
from hub.journal.entry import Kind
from hub.journal.rebuild import differences, fresh_index
from hub.journal.sqlite import FILE, SqliteJournal
from hub.peers import Poll

HERE = Path(__file__).parent
MINE = Reader(SYSTEM)
OFTEN = Poll(0.05, 4, 60.0, "")


async def _polled(tmp_path, **settings):
    table = tmp_path / "front.db"
    make(table)
    bench = bench_over(tmp_path / "data", RowPeers(SYSTEM, table, OFTEN), RowDialect(), **settings)
    return bench, await bench.open(SYSTEM), table


def _flags(table):
    return [row[0] for row in sql(table, "SELECT flag FROM outbox ORDER BY n")]


def _kept(hub):
    kinds = [one.facts["kind"] for one in hub._parts.reading.journal.heads(0, 100_000)]
    return [kind for kind in kinds if kind in {Kind.MESSAGE, Kind.WATERMARK, Kind.REFUSED}]


async def test_every_item_gets_its_own_verdict_once_it_is_durable(tmp_path):
    bench, hub, table = await _polled(tmp_path)
    ids = lay_down(table, bench, range(1, 7))
    sql(table, "UPDATE outbox SET fields = '{}' WHERE n = 3")
    sql(table, "UPDATE outbox SET stage = '' WHERE n = 5")
    await until(lambda: 0 not in _flags(table))
    assert _flags(table) == [1, 1, 2, 1, 2, 1]
    for number, name in enumerate(ids, 1):
        said = sql(table, "SELECT said FROM outbox WHERE n = ?", number)[0][0]
        kept = hub.find(MINE, SYSTEM, name)
        assert said == f"0000 {kept['hubId']}" if number not in {3, 5} else not said.startswith("0000"), said
    before = _kept(hub)
    await asyncio.sleep(0.3)
    assert _kept(hub) == before, "all settled: nothing to look at, nothing written"
    await hub.drain()


async def test_a_verdict_that_could_not_be_written_is_written_later(tmp_path):
    bench, hub, table = await _polled(tmp_path)
    sql(table, "CREATE TRIGGER closed BEFORE UPDATE OF flag ON outbox BEGIN SELECT RAISE(ABORT, 'no'); END")
    ids = lay_down(table, bench, range(1, 4))
    await until(lambda: hub.find(MINE, SYSTEM, ids[-1]))
    fuse = hub._parts.breakers.of(SYSTEM)
    await until(lambda: fuse.breaker.state(bench.clock().timestamp()) == "open")
    assert _flags(table) == [0, 0, 0]
    assert _kept(hub) == [Kind.MESSAGE] * 3 + [Kind.WATERMARK], "looking again keeps nothing again"
    sql(table, "DROP TRIGGER closed")
    await until(lambda: bench.clock.on(1) or _flags(table) == [1, 1, 1])
    await hub.drain()


async def test_a_sealed_item_gets_its_verdict_and_tells_nobody_else(tmp_path):
    bench, hub, table = await _polled(tmp_path)
    for stage in ("eng-project", "eng-tender-project", "eng-section", "eng-tender-notice"):
        await bench.send(hub, stage, sender=SYSTEM)
    await until(lambda: not hub.outbox(CENTRE, "waiting"))
    before = (hub.status(), hub.metrics())
    (name,) = lay_down(table, bench, range(1, 2), "eng-bidder-list")
    await until(lambda: _flags(table) == [1])
    trace = hub.find(MINE, SYSTEM, name)
    assert trace["state"] == "accepted" and hub.trace(CENTRE, trace["hubId"]) is None
    assert (hub.status(), hub.metrics()) == before
    await hub.drain()


@pytest.mark.parametrize(
    ("points", "least"),
    [(["before-settle:1", "before-settle:2", "after-commit:3", "after-fetch:2", "before-commit:4", ""], 4)],
)
def test_killed_between_keeping_and_settling_nothing_is_lost_and_all_is_told(tmp_path, points, least):
    table, data = tmp_path / "front.db", tmp_path / "data"
    make(table)
    unused = bench_over(tmp_path / "unused", None, RowDialect())
    ids = lay_down(table, unused, range(1, 15))
    killed = 0
    for point in points:
        done = subprocess.run(
            [sys.executable, str(HERE.parent / "killed_settle.py"), data, table, point],
            capture_output=True, text=True, timeout=300, check=False, cwd=HERE.parent,
            env={"PYTHONPATH": f"{HERE.parent}:{HERE.parents[2]}", "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        killed += done.returncode == -signal.SIGKILL
        assert done.returncode in {0, -signal.SIGKILL}, done.stderr[-2000:]
    assert killed >= least and done.stdout.endswith("done\n")
    live = sqlite3.connect(data / FILE)
    journal = SqliteJournal(live)
    facts = [one.facts for one in journal.heads(0, 100_000)]
    assert [one["msgId"] for one in facts if one["kind"] == Kind.MESSAGE] == ids, "each once, in order"
    assert differences(live, fresh_index(journal)) == []
    live.close()
    assert sql(table, "SELECT DISTINCT flag, written FROM outbox") == [(1, 1)]
