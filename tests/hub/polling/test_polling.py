"""What lies in a table is fetched once: in order, with its watermark, over crashes and trouble."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from core_kit import CENTRE, Bench, until
from table_kit import DIALECT_OF_T03, SYSTEM, TableDialect, TablePeers, lay_down, make

from hub.engine import Reader
from hub.errors import SettingsError
from hub.journal.entry import Kind
from hub.journal.rebuild import differences, fresh_index
from hub.journal.sqlite import FILE, SqliteJournal
from hub.peers import Poll, read_peers

HERE = Path(__file__).parent
MINE = Reader(SYSTEM)
OFTEN = Poll(0.05, 4, 60.0, "")


async def _polled(tmp_path, plan=OFTEN, admitted=SYSTEM, **settings):
    """A hub that polls, its table empty; the bench, the hub, the table, the dialect."""
    table = tmp_path / "table.db"
    make(table)
    bench = Bench(tmp_path / "data", **settings)
    bench.dialects[DIALECT_OF_T03] = dialect = TableDialect()
    bench.peers = TablePeers(table, plan)
    return bench, await bench.open(*([admitted] if admitted else [])), table, dialect


def _entries(hub, *kinds):
    return [one.facts for one in hub._parts.reading.journal.heads(0, 100_000) if one.facts["kind"] in kinds]


def _watermark(hub, source=""):
    parts = hub._parts
    seq = parts.index.watermark(SYSTEM, source)
    return parts.reading.journal.entry(seq).facts["watermark"] if seq else ""


async def test_rows_become_messages_in_order_and_the_watermark_goes_with_them(tmp_path):
    bench, hub, table, dialect = await _polled(tmp_path)
    ids = lay_down(table, bench, range(1, 11))
    await until(lambda: hub.find(MINE, SYSTEM, ids[-1]))
    kept = _entries(hub, Kind.MESSAGE, Kind.WATERMARK)
    assert [one["msgId"] for one in kept if one["kind"] == Kind.MESSAGE] == ids
    assert [one["watermark"] for one in kept if one["kind"] == Kind.WATERMARK] == ["4", "8", "10"]
    assert [one["kind"] for one in kept].index(Kind.WATERMARK) == 4, "beside what it brought"
    looks = len(dialect.made[0].looks)
    await until(lambda: len(dialect.made[0].looks) > looks + 2)
    assert len(_entries(hub, Kind.WATERMARK)) == 3, "nothing new, nothing written"
    await until(lambda: "eng-project" in bench.transport.stages("D09"))
    await hub.drain()
    assert dialect.made[0].closed
    live = sqlite3.connect(bench.settings.data / FILE)
    assert differences(live, fresh_index(SqliteJournal(live))) == []
    live.close()


async def test_after_a_restart_it_goes_on_where_it_was(tmp_path):
    bench, hub, table, dialect = await _polled(tmp_path)
    first = lay_down(table, bench, range(1, 4))
    await until(lambda: hub.find(MINE, SYSTEM, first[-1]))
    await hub.drain()
    more = lay_down(table, bench, range(4, 6))
    hub = await bench.open()
    await until(lambda: hub.find(MINE, SYSTEM, more[-1]))
    assert dialect.made[1].looks[0] == "3"
    assert [one["msgId"] for one in _entries(hub, Kind.MESSAGE)] == first + more
    await hub.drain()


async def test_a_look_that_overlaps_doubles_nothing(tmp_path):
    bench, hub, table, _ = await _polled(tmp_path)
    ids = lay_down(table, bench, range(1, 4))
    await until(lambda: hub.find(MINE, SYSTEM, ids[-1]))
    with sqlite3.connect(table) as there:  # the same rows under new numbers
        there.execute("INSERT INTO outbox(id, stage, op, key, version, fields)"
                      " SELECT id, stage, op, key, version, fields FROM outbox")  # fmt: skip
    await until(lambda: _watermark(hub) == "6")
    assert Counter(one["msgId"] for one in _entries(hub, Kind.MESSAGE)) == Counter(ids)
    assert not any(one["refused"] for one in _entries(hub, Kind.WATERMARK))
    await hub.drain()


async def test_what_cannot_be_taken_is_written_down_and_holds_up_nothing(tmp_path):
    bench, hub, table, _ = await _polled(tmp_path)
    lay_down(table, bench, range(1, 2))
    with sqlite3.connect(table) as there:
        rows = [
            ("bad-1", "eng-project", "insert", "k1", 1, "{}"),
            (
                "row-eng-project-1",
                "eng-project",
                "insert",
                "other",
                1,
                json.dumps({"PROJECT_NAME": "另一个"}),
            ),
            ("ask-1", "", "query", "", 0, "{}"),
        ]
        there.executemany("INSERT INTO outbox(id, stage, op, key, version, fields) VALUES(?,?,?,?,?,?)", rows)
    after = lay_down(table, bench, range(2, 3))
    await until(lambda: hub.find(MINE, SYSTEM, after[-1]))
    refused = [code for one in _entries(hub, Kind.WATERMARK) for _, code in one["refused"]]
    assert len(refused) == 3 and "field.required" in refused, refused
    assert len(_entries(hub, Kind.MESSAGE)) == 2 and _entries(hub, Kind.REFUSED)
    assert "bad-1" not in str(_entries(hub, Kind.WATERMARK)), "by token, like every other key"
    await hub.drain()


async def test_a_system_in_trouble_is_looked_at_less_and_comes_back(tmp_path, caplog):
    bench, hub, table, dialect = await _polled(tmp_path, breaker_failures=2, breaker_pause=60.0)
    await until(lambda: dialect.made and dialect.made[0].looks)
    poller = dialect.made[0]
    well, poller.path = poller.path, str(tmp_path / "nothing" / "here.db")
    fuse = hub._parts.breakers.of(SYSTEM)
    await until(lambda: fuse.breaker.state(bench.clock().timestamp()) == "open")
    looks = len(poller.looks)
    await asyncio.sleep(0.3)
    assert len(poller.looks) == looks and str(tmp_path) not in caplog.text
    ids = lay_down(table, bench, range(1, 3))
    poller.path = well
    bench.clock.on(61)
    await until(lambda: hub.find(MINE, SYSTEM, ids[-1]))
    await hub.drain()


async def test_rows_wait_where_they_lie_while_the_writer_is_busy(tmp_path):
    bench, hub, table, dialect = await _polled(tmp_path)
    await until(lambda: dialect.made and dialect.made[0].looks)
    writer = hub._parts.writer
    limit, writer.limit = writer.limit, -1
    await asyncio.sleep(0.2)
    looks = len(dialect.made[0].looks)
    ids = lay_down(table, bench, range(1, 3))
    await asyncio.sleep(0.5)
    assert len(dialect.made[0].looks) == looks and hub.find(MINE, SYSTEM, ids[0]) is None
    writer.limit = limit
    await until(lambda: hub.find(MINE, SYSTEM, ids[-1]))
    await hub.drain()


async def test_nobody_is_polled_before_admission_nor_without_a_schedule(tmp_path):
    bench, hub, table, dialect = await _polled(tmp_path, admitted="")
    lay_down(table, bench, range(1, 3))
    await until(lambda: dialect.made)
    await asyncio.sleep(0.2)
    assert dialect.made[0].looks == [] and _watermark(hub) == ""
    await hub.record_event("onboarding.approve", {"system": SYSTEM, "state": "online"})
    await until(lambda: _watermark(hub) == "2")
    bench.peers.poll = None
    await until(lambda: dialect.made[0].closed)
    bench.peers.poll = replace(OFTEN, source="another")
    await until(lambda: len(dialect.made) == 2 and _watermark(hub, "another") == "2")
    assert len(_entries(hub, Kind.MESSAGE)) == 2, "another source with the same ids brings nothing new"
    await hub.drain()


async def test_sealed_rows_are_as_silent_as_sealed_messages(tmp_path):
    bench, hub, table, _ = await _polled(tmp_path)
    for stage in ("eng-project", "eng-tender-project", "eng-section", "eng-tender-notice"):
        await bench.send(hub, stage, sender=SYSTEM)
    await until(lambda: not hub.outbox(CENTRE, "waiting"))
    before = (hub.status(), hub.metrics(), hub.outbox(CENTRE, None))
    (name,) = lay_down(table, bench, range(1, 2), "eng-bidder-list")
    trace = await until(lambda: hub.find(MINE, SYSTEM, name))
    assert trace["state"] == "accepted" and hub.trace(CENTRE, trace["hubId"]) is None
    assert (hub.status(), hub.metrics(), hub.outbox(CENTRE, None)) == before
    await hub.drain()


@pytest.mark.parametrize("seed", [1])
def test_killed_between_any_two_steps_nothing_is_lost_and_nothing_doubled(tmp_path, seed):
    table, data = tmp_path / "table.db", tmp_path / "data"
    make(table)
    ids = lay_down(table, Bench(tmp_path / "unused"), range(seed, seed + 14))
    points = [
        "after-fetch:1", "after-fetch:2", "before-commit:3", "after-commit:3", "while-folding:9",
        "after-commit:2", "",
    ]  # fmt: skip
    killed = 0
    for point in points:
        done = subprocess.run(
            [sys.executable, str(HERE.parent / "killed_poll.py"), data, table, point, ids[-1]],
            capture_output=True, text=True, timeout=300, check=False, cwd=HERE.parent,
            env={"PYTHONPATH": f"{HERE.parent}:{HERE.parents[2]}", "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        killed += done.returncode == -signal.SIGKILL
        assert done.returncode in {0, -signal.SIGKILL}, done.stderr[-2000:]
    assert killed >= 3 and done.stdout.endswith("done\n")
    live = sqlite3.connect(data / FILE)
    journal = SqliteJournal(live)
    facts = [one.facts for one in journal.heads(0, 100_000)]
    assert [one["msgId"] for one in facts if one["kind"] == Kind.MESSAGE] == ids
    marks = [one["watermark"] for one in facts if one["kind"] == Kind.WATERMARK]
    assert marks == ["4", "8", "12", "14"]
    assert differences(live, fresh_index(journal)) == []
    live.close()


def _peers(tmp_path, poll):
    path = tmp_path / "peers.toml"
    path.write_text(f"[systems.M13]\nbase = ''\npoll = {poll}\n", encoding="utf-8")
    return read_peers(path, realm="sandbox", env={})["M13"]


def test_the_schedule_stands_in_the_list_of_peers(tmp_path):
    assert _peers(tmp_path, "{every = 30}").poll == Poll(30.0, 200, 30.0, "")
    assert _peers(tmp_path, "{every = 5, limit = 50, patience = 2, source = 'A'}").poll == Poll(
        5.0, 50, 2.0, "A"
    )
    for wrong in (
        "{}",
        "{every = 0}",
        "{every = 1, limit = 0}",
        "{every = 1, often = 2}",
        "3",
        "{every = 'x'}",
    ):
        with pytest.raises(SettingsError):
            _peers(tmp_path, wrong)
