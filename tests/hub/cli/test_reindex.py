"""`hutong doctor --rebuild-index`: equal to the index that was, and deliveries go on from it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from core_kit import CENTRE, Bench, until

from hub.cli.main import main
from hub.delivery.transport import TransportError
from hub.index.schema import TABLES
from hub.journal.rebuild import differences, fresh_index
from hub.journal.sqlite import FILE, SqliteJournal


def rebuilt(data: Path, *flags: str) -> int:
    return main(["doctor", "--rebuild-index", "--data", str(data), *flags])


async def test_equal_state_and_the_waiting_deliveries_arrive(tmp_path: Path, capsys: Any) -> None:
    bench = Bench(tmp_path)
    bench.transport.behave["D09"] = lambda said: TransportError("network.refused", sent=False)
    hub = await bench.open("T01")
    for seed in range(1, 6):
        assert (await bench.send(hub, "eng-project", seed=seed)).status == 202
    await until(lambda: len(hub.outbox(CENTRE, "waiting")) == 5)
    assert rebuilt(tmp_path) == 3
    assert "data.in-use" in capsys.readouterr().err
    await hub.drain()
    with sqlite3.connect(tmp_path / FILE) as live:
        before = fresh_index(SqliteJournal(live))
        assert differences(live, before) == []
        for table in TABLES:
            live.execute(f"DELETE FROM {table}")
    live.close()

    assert rebuilt(tmp_path, "--json") == 0
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert told["ok"] is True
    assert f"{told['entries']}/{told['entries']}" in said.err
    with sqlite3.connect(tmp_path / FILE) as live:
        assert differences(live, before) == []
    live.close()

    del bench.transport.behave["D09"]
    bench.clock.on(60)
    hub = await bench.open()
    await until(lambda: len([said for said in bench.transport.got["D09"] if said["stage"]]) >= 10)
    await until(lambda: not hub.outbox(CENTRE, None))
    assert {row["receiver"] for row in hub.outbox(CENTRE, "delivered")} > {"D09"}
    await hub.drain()


async def test_two_hubs_never_have_one_data_directory(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    with pytest.raises(Exception, match="in use") as told:
        await bench.open()
    assert getattr(told.value, "code", "") == "data.in-use"
    await hub.drain()
    again = await bench.open()
    await again.drain()


def test_without_a_journal_there_is_nothing_to_make_it_from(tmp_path: Path, capsys: Any) -> None:
    assert rebuilt(tmp_path) == 3
    assert "journal" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
