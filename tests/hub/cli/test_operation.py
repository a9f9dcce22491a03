"""What the doctor says of a data directory in operation, and that it really looks."""

from __future__ import annotations

import csv
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from core_kit import CENTRE, NOW, Bench, until

from hub.catalogue.load import DATA
from hub.cli.operation import operation
from hub.journal.sqlite import FILE, ROOM
from hub.settings import Settings

DISK = "/dev/sda1 / ext4 rw 0 0\n"


def seen(settings, tmp_path, now=NOW, mounts=DISK):
    (tmp_path / "mounts").write_text(mounts, "utf-8")
    return {name: (level, zh) for name, level, zh in operation(settings, now, tmp_path / "mounts")}


async def lived(tmp_path):
    bench = Bench(tmp_path / "data")
    hub = await bench.open("T01")
    await bench.send(hub, "eng-project")
    await until(lambda: not hub.outbox(CENTRE, "waiting"))
    await hub.timers.seal()
    await hub.drain()
    return bench.settings


async def test_a_sound_directory(tmp_path):
    settings = await lived(tmp_path)
    found = seen(settings, tmp_path, NOW + timedelta(hours=1))
    assert {level for level, _ in found.values()} == {"ok"}, found
    assert set(found) == {"storage", "wal", "room", "clock", "archive"}


@pytest.mark.parametrize("kind", ["tmpfs", "nfs4"])
async def test_storage_that_forgets(tmp_path, kind):
    found = seen(Settings(data=tmp_path / "x"), tmp_path, mounts=f"{DISK}none {tmp_path} {kind} rw 0 0\n")
    assert found["storage"][0] == "fail" and kind in found["storage"][1]


async def test_a_clock_behind_the_heads_or_before_the_house_was_built(tmp_path):
    settings = await lived(tmp_path)
    assert seen(settings, tmp_path, NOW - timedelta(hours=1))["clock"][0] == "fail"
    assert seen(settings, tmp_path, datetime(1970, 1, 1, tzinfo=UTC))["clock"][0] == "fail"
    assert seen(Settings(data=tmp_path / "none"), tmp_path, NOW)["clock"][0] == "ok"


async def test_a_large_log_an_old_backlog_and_another_mode(tmp_path):
    settings = await lived(tmp_path)
    with (settings.data / f"{FILE}-wal").open("wb") as log:
        log.truncate(5 * ROOM)
    found = seen(settings, tmp_path, NOW + timedelta(days=800))
    assert found["wal"][0] == "warn" and found["archive"][0] == "warn" and " 1 " in found["archive"][1]
    (settings.data / f"{FILE}-wal").unlink()
    connection = sqlite3.connect(settings.data / FILE)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    assert seen(settings, tmp_path)["journal-mode"][0] == "fail"


async def test_settings_that_give_up_at_once_and_a_broken_overlay(tmp_path):
    folder = tmp_path / "data" / "catalogue"
    folder.mkdir(parents=True)
    with (DATA / "systems.csv").open(encoding="utf-8", newline="") as handle:
        row = {**next(csv.DictReader(handle)), "seq": "", "dialect": "none-such"}
    with (folder / "systems.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, row)
        writer.writeheader()
        writer.writerow(row)
    settings = Settings(data=tmp_path / "data", retry_schedule=(), failpoints="after-send:1")
    found = seen(settings, tmp_path)
    assert found["retry"][0] == found["failpoints"][0] == "warn"
    assert found["catalogue"][0] == "fail" and "systems.csv:2" in found["catalogue"][1]
