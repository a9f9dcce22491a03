"""A copy made while messages come in holds all acknowledged before, tells nothing, and lives again."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest
from core_kit import CENTRE, Bench

from hub.backup.make import Wish, make
from hub.backup.manifest import JOURNAL, KEYS, NAME, read_manifest
from hub.backup.restore import EVENT, Order, restore
from hub.ca.keeping import read_standing, write_standing
from hub.ca.standing import REVOKED, Mark, Standing, ToldList
from hub.engine import Reader
from hub.errors import SettingsError
from hub.journal.rebuild import differences, fresh_index
from hub.journal.sqlite import FILE, SqliteJournal
from simulators.systems.certificates import world as pki

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
PHRASE = b"a passphrase that is long enough"


def wish(bench, dest, **more):
    return Wish(bench.settings.data, dest, "sandbox", NOW, **more)


def order(source, data, **more):
    return Order(source, data, "sandbox", NOW, **more)


async def filled(tmp_path, count=3):
    bench = Bench(tmp_path / "data")
    hub = await bench.open("T01")
    ids = []
    for seed in range(1, count + 1):
        answer = await bench.send(hub, "eng-project", seed=seed, key=f"k{seed}", msgId=f"m{seed}")
        assert answer.status == 202
        ids.append(answer.data["hubId"])
    await hub.timers.seal()
    return bench, hub, ids


def index_is_its_fold(path):
    connection = sqlite3.connect(path)
    return differences(connection, fresh_index(SqliteJournal(connection))) == []


async def again(bench, data):
    """The hub of a restored directory."""
    bench.settings = replace(bench.settings, data=data)
    return await bench.open()


async def test_a_copy_made_while_others_post_holds_what_was_acknowledged_before(tmp_path):
    bench, hub, _ = await filled(tmp_path)
    acknowledged, stop = [], asyncio.Event()

    async def member(number):
        turn = 0
        while not stop.is_set():
            turn += 1
            name = f"{number}-{turn}"
            answer = await bench.send(hub, "eng-project", seed=number * 1000 + turn, key=name, msgId=name)
            assert answer.status == 202, answer
            acknowledged.append(answer.data["hubId"])

    members = [asyncio.create_task(member(number)) for number in range(1, 9)]
    async with asyncio.timeout(300):
        while len(acknowledged) < 60:
            await asyncio.sleep(0.01)
        await hub.timers.seal()
        for turn in count():  # until a copy was made while the writer went on: held up, it never would be
            before = list(acknowledged)
            made = await asyncio.to_thread(make, wish(bench, tmp_path / f"copies{turn}"))
            if len(acknowledged) > len(before):
                break
        stop.set()
        await asyncio.gather(*members)
    await hub.drain()
    source = tmp_path / f"copies{turn}" / made.id
    done = restore(order(source, tmp_path / "second", keys=bench.settings.data))
    assert done.head_size == made.head["size"] and done.entries >= made.head["size"]
    second = await again(bench, tmp_path / "second")
    assert all(second.trace(CENTRE, one) is not None for one in before)
    assert index_is_its_fold(tmp_path / "second" / FILE)
    await second.timers.seal()
    assert second.proof(CENTRE, before[0]) is not None
    await second.drain()


async def test_nothing_in_a_copy_can_be_read_without_the_key(tmp_path):
    bench, hub, _ = await filled(tmp_path)
    for stage in ("eng-tender-project", "eng-section", "eng-tender-notice"):
        await bench.send(hub, stage)
    bid = bench.record("eng-bidder-list", bidder=0, key="secret-key", msgId="secret-msg")
    assert (await hub.submit(bench.signed(bid))).status == 202
    await hub.timers.seal()
    made = make(wish(bench, tmp_path / "copies", passphrase=PHRASE))
    folder = tmp_path / "copies" / made.id
    assert {path.name for path in folder.iterdir()} == {NAME, JOURNAL, KEYS}
    stored = b"".join(path.read_bytes() for path in folder.iterdir())
    master = (bench.settings.data / "journal.key").read_bytes()
    for word in (b"eng-tender", b'"T01"', b"secret-", b"BIDDER", master, master.hex().encode(), PHRASE):
        assert word not in stored, word
    assert (folder / JOURNAL).stat().st_size % 2**20 < 64, "full megabytes and the frames' tags"
    await hub.drain()


async def test_keys_only_under_a_passphrase_and_never_by_default(tmp_path):
    bench, hub, ids = await filled(tmp_path)
    bare = make(wish(bench, tmp_path / "copies"))
    full = make(wish(bench, tmp_path / "copies", passphrase=PHRASE))
    await hub.drain()
    assert KEYS not in bare.files and KEYS in full.files
    copies = tmp_path / "copies"
    for source, more, code in (
        (copies / bare.id, {}, "restore.keys"),
        (copies / bare.id, {"passphrase": PHRASE}, "restore.keys"),
        (copies / full.id, {"passphrase": b"another phrase, long"}, "backup.damaged"),
    ):
        with pytest.raises(SettingsError) as caught:
            restore(order(source, tmp_path / "no", **more))
        assert caught.value.code == code and not (tmp_path / "no").exists()
    restore(order(copies / full.id, tmp_path / "second", passphrase=PHRASE))
    second = await again(bench, tmp_path / "second")
    assert second.trace(CENTRE, ids[0])["state"]
    proof = second.proof(Reader("T01"), ids[0])
    assert proof is not None and proof["entries"][0]["raw"]
    await second.drain()


async def test_a_chain_of_copies_and_what_does_not_fit_it(tmp_path):
    bench, hub, ids = await filled(tmp_path)
    copies = tmp_path / "copies"
    first = make(wish(bench, copies))
    answer = await bench.send(hub, "eng-project", seed=77, key="later", msgId="later")
    await hub.timers.seal()
    second = make(wish(bench, copies, base=copies / first.id))
    assert second.base == first.id
    await hub.drain()
    restore(order(copies / second.id, tmp_path / "both", keys=bench.settings.data))
    hub = await again(bench, tmp_path / "both")
    assert all(hub.trace(CENTRE, one) for one in [*ids, answer.data["hubId"]])
    await hub.drain()
    (copies / first.id).rename(tmp_path / "elsewhere")
    with pytest.raises(SettingsError):
        restore(order(copies / second.id, tmp_path / "half", keys=tmp_path / "both"))


async def test_what_is_refused(tmp_path):
    bench, hub, _ = await filled(tmp_path)
    made = make(wish(bench, tmp_path / "copies"))
    await hub.drain()
    source, keys = tmp_path / "copies" / made.id, bench.settings.data
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    for wanted, code in (
        (order(source, tmp_path / "full", keys=keys), "restore.not-empty"),
        (replace(order(source, tmp_path / "p", keys=keys), realm="production"), "restore.realm"),
        (order(source, tmp_path / "p", keys=keys, head_key=made.public_key[::-1]), "restore.head"),
    ):
        with pytest.raises(SettingsError) as caught:
            restore(wanted)
        assert caught.value.code == code
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize("seed", range(12))
async def test_an_altered_copy_is_not_restored(tmp_path, seed):
    bench, hub, _ = await filled(tmp_path, count=1)
    made = make(wish(bench, tmp_path / "copies"))
    await hub.drain()
    folder, chance = tmp_path / "copies" / made.id, random.Random(seed)
    path = folder / chance.choice([JOURNAL, NAME])
    content = bytearray(path.read_bytes())
    if seed % 3 == 0:
        del content[chance.randrange(1, len(content)) :]
    else:
        at = chance.randrange(len(content))
        content[at] ^= 1 << chance.randrange(8)
    path.write_bytes(content)
    if path.name == JOURNAL:
        # Somebody who can write there makes the digest fit as well.
        manifest = json.loads((folder / NAME).read_text("utf-8"))
        manifest["files"] = {}
        (folder / NAME).write_text(json.dumps(manifest), "utf-8")
    else:
        text = path.read_text("utf-8", "replace")
        try:
            same = read_manifest(folder) and json.loads(text)["time"] != made.time
        except (SettingsError, ValueError, KeyError):
            same = False
        if same:
            pytest.skip("only the time of the copy was altered: nothing depends on it")
    with pytest.raises(SettingsError):
        restore(order(folder, tmp_path / "second", keys=bench.settings.data))
    assert not (tmp_path / "second").exists()


async def test_an_older_copy_says_so_in_its_first_word(tmp_path):
    bench, hub, _ = await filled(tmp_path)
    made = make(wish(bench, tmp_path / "copies"))
    lost = await bench.send(hub, "eng-project", seed=50, key="lost", msgId="lost")
    await hub.drain()
    source = tmp_path / "copies" / made.id
    done = restore(order(source, tmp_path / "second", keys=bench.settings.data))
    hub = await again(bench, tmp_path / "second")
    assert hub.trace(CENTRE, lost.data["hubId"]) is None
    entry = hub._parts.reading.journal.entry(done.entries + 1).facts
    assert entry["event"] == EVENT and entry["payload"]["head"]["root"] == made.head["root"]
    assert entry["payload"]["after"] == done.entries
    await hub.drain()
    with pytest.raises(SettingsError) as caught:
        make(Wish(tmp_path / "second", tmp_path / "copies", "production", NOW))
    assert caught.value.code == "backup.realm"


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_what_cas_and_neighbours_told_comes_back(tmp_path, elsewhere):
    """A revocation that was only told (`ca.sync`) would else be forgotten, and an older list come back."""
    bench, hub, _ = await filled(tmp_path, 1)
    folder = tmp_path / "recognition" if elsewhere else bench.settings.data / "ca"
    (folder / "peers").mkdir(parents=True)
    (folder / "peers" / "63.json").write_bytes(b"a neighbour's list")
    (folder / "seen.json").write_bytes(b"{}")
    crl = pki(1).vendors["C01"].crls()[-1]
    mark = Mark("sm3:00", 7, REVOKED, NOW, NOW, "C01")
    standing = Standing(3, (mark,), (ToldList("sm3:00", crl, "C01"),))
    write_standing(folder, standing)
    (folder / "trustlist.json").write_bytes(b"the officer's own affair")
    made = make(wish(bench, tmp_path / "copies", ca=folder if elsewhere else None))
    await hub.drain()
    restore(order(tmp_path / "copies" / made.id, tmp_path / "second", keys=bench.settings.data))
    back = tmp_path / "second" / "ca"
    assert read_standing(back) == standing
    assert (back / "peers" / "63.json").read_bytes() == b"a neighbour's list"
    assert (back / "seen.json").is_file() and not (back / "trustlist.json").exists()


async def test_the_command(tmp_path, capsys):
    import argparse

    from hub.cli import backup as backup_cli
    from hub.cli import restore as restore_cli

    bench, hub, _ = await filled(tmp_path)
    (tmp_path / "phrase").write_bytes(PHRASE + b"\n")

    def said(module, *words):
        parser = argparse.ArgumentParser()
        module.configure(parser)
        assert module.run(parser.parse_args([str(word) for word in words])) == 0
        return capsys.readouterr()

    out = said(backup_cli, tmp_path / "copies", "--data", bench.settings.data, "--with-keys",
               tmp_path / "phrase", "--json")  # fmt: skip
    made = json.loads(out.out)
    assert "备份 " in out.err
    await hub.drain()
    out = said(restore_cli, tmp_path / "copies" / made["id"], "--data", tmp_path / "second",
               "--passphrase-file", tmp_path / "phrase", "--json")  # fmt: skip
    assert json.loads(out.out)["headSize"] == made["head"]["size"]
    (tmp_path / "short").write_bytes(b"short")
    with pytest.raises(SettingsError, match="16"):
        backup_cli.passphrase(tmp_path / "short")
