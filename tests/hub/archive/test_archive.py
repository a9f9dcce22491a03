"""Old messages go into files that verify; nothing that is still of use ever leaves the journal."""

from __future__ import annotations

import random
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from core_kit import CENTRE, NOW, Bench, until

from hub.archive.archive import archive, backlog, drop
from hub.archive.package import nodes_needed, verify
from hub.engine import Reader
from hub.errors import SettingsError
from hub.evidence import merkle
from hub.journal.archived import FOLDER, MARK, ArchivedError
from hub.journal.rebuild import differences, fresh_index
from hub.journal.sqlite import FILE, SqliteJournal
from tests.rows import each

LATER = NOW + timedelta(days=400)
T01 = Reader("T01")


def archived(data, before=LATER):
    files = []
    while (done := archive(data, "sandbox", before, datetime.now(UTC))).path is not None:
        files.append(done.path)
    return files


def dropped(data):
    connection = sqlite3.connect(data / FILE)
    rows = {row[0] for row in connection.execute("SELECT seq FROM entry WHERE raw = ?", (MARK,))}
    connection.close()
    return rows


async def settled(hub):
    await until(lambda: not hub.outbox(CENTRE, "waiting"))
    await hub.timers.seal()


@pytest.mark.parametrize("seed", range(8))
async def test_nothing_undelivered_held_or_sealed_is_ever_cleaned_up(tmp_path, seed):
    """Whatever receivers do and whatever waits: what left the journal was done with in every respect."""
    chance = random.Random(seed)
    bench = Bench(tmp_path)
    hub = await bench.open("T01", by_hand=True)
    kinds = {
        name: chance.choice(["delivered", "retry", "refused", "unknown"]) for name in ("D09", "R01", "P02")
    }
    for name, kind in kinds.items():
        bench.transport.behave[name] = lambda said, kind=kind: {"kind": kind}
    stages = ["eng-project", "eng-tender-project", "eng-section", "eng-tender-notice", "eng-bidder-list"]
    for number in range(12):
        stage = chance.choice(stages)
        record = bench.record(stage, seed=chance.randrange(1, 4), key=f"k{number}", msgId=f"m{number}")
        await hub.submit(bench.signed(record))
    await hub.timers.seal()
    bench.clock.on(chance.choice([0, 1, 5000]))
    for name in chance.sample(sorted(kinds), 1):
        bench.transport.behave.pop(name)
    await hub.drain()
    hub = await bench.open()
    await hub.timers.seal()
    await hub.drain()
    files = archived(tmp_path)
    count = drop(tmp_path, LATER)
    gone = dropped(tmp_path)
    assert len(gone) == count and bool(files) == bool(gone)
    connection = sqlite3.connect(tmp_path / FILE)
    for seq, state, hidden in connection.execute("SELECT seq, state, hidden FROM message"):
        open_ones = connection.execute(
            "SELECT count(*) FROM delivery WHERE seq = ? AND state != 'delivered'", (seq,)
        ).fetchone()[0]
        in_use = bool(open_ones or hidden or state in {"held", "received"})
        assert (seq in gone) != in_use, (seq, state, hidden, open_ones)
    assert differences(connection, fresh_index(SqliteJournal(connection))) == []
    connection.close()
    shutil.rmtree(tmp_path / FOLDER, ignore_errors=True)
    for name in kinds:
        bench.transport.behave.pop(name, None)
    bench.transport.got.clear()
    bench.clock.on(100_000)
    hub = await bench.open()
    await until(lambda: not hub.outbox(CENTRE, "waiting"))
    assert not [row for row in hub.outbox(T01, None) if row["state"] == "waiting"], (
        "it all still goes its way"
    )
    await hub.drain()


async def test_reads_go_to_the_file_and_proofs_never_need_it(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    answer = await bench.send(hub, "eng-project")
    one = answer.data["hubId"]
    await until(lambda: hub.trace(CENTRE, one)["state"] == "delivered")
    await hub.timers.seal()
    before = hub.proof(T01, one)
    assert before["entries"][0]["raw"]
    (path,) = archived(tmp_path)
    with pytest.raises(SettingsError):
        drop(tmp_path, LATER)  # the hub holds the directory
    await hub.drain()
    assert drop(tmp_path, LATER) == 1 and drop(tmp_path, LATER) == 0
    assert not archived(tmp_path), "nothing is archived twice"
    hub = await bench.open()
    assert hub.proof(T01, one)["entries"][0]["raw"] == before["entries"][0]["raw"]
    assert await hub.replay(CENTRE, {"hubId": one, "state": "delivered"}) > 0
    await until(lambda: hub.trace(CENTRE, one)["state"] == "delivered" and not hub.outbox(CENTRE, "waiting"))
    path.rename(tmp_path / "elsewhere")
    with pytest.raises(ArchivedError) as caught:
        hub.proof(T01, one)
    assert (caught.value.status, caught.value.code) == (410, "archive.absent")
    assert hub.trace(CENTRE, one)["state"] == "delivered"
    assert hub.proof(CENTRE, one)["entries"][0]["path"] is not None, "a proof without the bytes needs no file"
    with pytest.raises(ArchivedError):
        await hub.replay(CENTRE, {"hubId": one, "state": "delivered"})
    assert not hub.outbox(CENTRE, "waiting")
    await hub.drain()


async def test_only_what_is_older_than_asked(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    await bench.send(hub, "eng-project", seed=1, key="old", msgId="old")
    await settled(hub)
    bench.clock.on(86_400 * 30)
    await bench.send(hub, "eng-project", seed=2, key="new", msgId="new")
    await settled(hub)
    await hub.drain()
    assert backlog(tmp_path, NOW) == 0
    assert backlog(tmp_path, NOW + timedelta(days=1)) == 1
    (path,) = archived(tmp_path, NOW + timedelta(days=1))
    assert verify(path).entries == 1 and backlog(tmp_path, NOW + timedelta(days=1)) == 0
    assert not dropped(tmp_path), "the journal keeps everything until it is told otherwise"


@pytest.mark.parametrize("seed", range(10))
async def test_an_altered_file_does_not_verify_and_drops_nothing(tmp_path, seed):
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    for number in range(3):
        await bench.send(hub, "eng-project", seed=number + 1, key=f"k{number}", msgId=f"m{number}")
    await settled(hub)
    await hub.drain()
    (path,) = archived(tmp_path)
    chance = random.Random(seed)
    connection = sqlite3.connect(path)
    change = [
        "UPDATE entry SET raw = raw || x'20' WHERE seq = (SELECT min(seq) FROM entry)",
        "UPDATE entry SET head = head || x'20' WHERE seq = (SELECT max(seq) FROM entry)",
        "UPDATE entry SET seq = seq + 1000 WHERE seq = (SELECT max(seq) FROM entry)",
        "DELETE FROM entry WHERE seq = (SELECT min(seq) FROM entry)",
        "UPDATE node SET hash = x'00'",
        "DELETE FROM node",
        "UPDATE about SET text = replace(text, '\"size\": ', '\"size\": 1')",
        'UPDATE about SET text = replace(text, \'"root": "\', \'"root": "0\')',
        "DELETE FROM about",
        "DELETE FROM entry",
    ][seed]
    assert chance and connection.execute(change).rowcount
    connection.commit()
    connection.close()
    with pytest.raises(SettingsError):
        verify(path)
    with pytest.raises(SettingsError):
        drop(tmp_path, LATER)
    assert not dropped(tmp_path)


@each("seed", range(20))
def test_the_nodes_are_those_that_are_missing(seed):
    chance = random.Random(seed)
    size = chance.randrange(1, 70)
    leaves = [merkle.leaf(bytes([at]), "sm3") for at in range(size)]
    made = merkle.append(leaves, 0, lambda node: made[node], "sm3")
    seqs = sorted(chance.sample(range(1, size + 1), chance.randrange(1, size + 1)))
    needed = nodes_needed(seqs, size)
    covered = sorted(leaf for level, place in needed for leaf in range(place << level, (place + 1) << level))
    assert covered == [leaf for leaf in range(size) if leaf + 1 not in seqs]
    assert all(node in made for node in needed)
