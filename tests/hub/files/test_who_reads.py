"""A file is shown to those who may be told of a record that names it, and to nobody a moment earlier."""

from __future__ import annotations

import asyncio
import random
import sqlite3

from certs.algorithms.digest import digest
from hub.engine import Reader
from hub.journal.rebuild import differences, fresh_index
from hub.journal.sqlite import FILE, SqliteJournal

RNG = random.Random(9)
STRANGERS = ("D01", "P02", "T03", "centre")


def named(body: bytes) -> str:
    return f"sm3:{digest(body).hex()}"


async def _put(world, owner, body):
    sent = await world.part(owner, named(body), body, 0, len(body))
    assert sent.status == 201, sent
    return named(body)


async def _tender(world):
    for stage in ("eng-project", "eng-tender-project", "eng-section", "eng-tender-notice"):
        sent = await world.record(stage)
        assert sent.status == 202, sent


async def _answers(world, owner, name):
    """All that somebody can ask about a digest."""
    status = await world.call(owner, "ask", "GET", f"/v1/files/{name}?status")
    head = await world.call(owner, "ask", "HEAD", f"/v1/files/{name}")
    got, body, _ = await world.call(owner, "get_part", name, 0, 100)
    return (status.status, status.document), (head.status, head.document), (got, body)


async def test_a_sealed_records_file_is_nowhere_before_the_gate_and_there_after_it(world):
    await _tender(world)
    sealed = await _put(world, "T01", RNG.randbytes(5000))
    sent = await world.record("eng-bid-fingerprint", files=[sealed], bidder=0, role="fingerprint")
    assert sent.document["receipt"]["receiptState"] == "accepted", sent
    unknown = named(b"never sent")
    for owner in ("D09", *STRANGERS):
        assert await _answers(world, owner, sealed) == await _answers(world, owner, unknown), owner
    assert (await world.fetch("D09", sealed))[0] == 404
    assert (await world.fetch("T01", sealed))[0] == 206, "its sender has it back"
    assert (await world.call("T01", "trace", sent.hub_id))["files"] == [{"digest": sealed, "there": True}]
    assert await world.call("centre", "trace", sent.hub_id) is None

    opened = await world.record("eng-bid-opening")
    assert opened.document["receipt"]["receiptState"] == "accepted", opened
    assert (await world.fetch("D09", sealed)) == (206, (await world.fetch("T01", sealed))[1])
    assert (await world.call("D09", "file_status", sealed))["state"] == "there"
    for owner in STRANGERS:
        assert await _answers(world, owner, sealed) == await _answers(world, owner, unknown), owner
    await world.restart()
    assert (await world.fetch("D09", sealed))[0] == 206
    assert (await world.fetch("D01", sealed))[0] == 404


async def test_the_file_may_come_after_its_record(world):
    body = RNG.randbytes(3000)
    sent = await world.record("eng-project", files=[named(body)])
    assert (await world.call("T01", "trace", sent.hub_id))["files"] == [
        {"digest": named(body), "there": False}
    ]
    assert (await world.fetch("D09", named(body)))[0] == 404
    await _put(world, "T01", body)
    assert (await world.call("T01", "trace", sent.hub_id))["files"] == [
        {"digest": named(body), "there": True}
    ]
    assert (await world.call("centre", "trace", sent.hub_id))["files"][0]["there"] is True
    assert (await world.fetch("D09", named(body)))[1] == body


async def test_who_may_not_see_every_field_of_a_record_does_not_see_its_file(world):
    for stage in ("eng-project", "eng-tender-project", "eng-section"):
        await world.record(stage)
    name = await _put(world, "T01", RNG.randbytes(2000))
    sent = await world.record("eng-tender-notice", files=[name])
    told = {
        row["receiver"]: row["state"] for row in (await world.call("T01", "trace", sent.hub_id))["deliveries"]
    }
    assert {"P02", "D09"} <= set(told) and "sealed" not in told.values(), told
    assert (await world.fetch("D09", name))[0] == 206
    assert (await world.fetch("P02", name))[0] == 404, "it is told of the notice without its files"


async def test_naming_a_file_one_never_had_shows_it_to_nobody(world):
    secret = await _put(world, "P01", RNG.randbytes(4000))
    sent = await world.record("eng-project", files=[secret])
    assert (await world.call("T01", "trace", sent.hub_id))["files"] == [{"digest": secret, "there": False}]
    for owner in ("T01", "D09", "D01"):
        assert (await world.fetch(owner, secret))[0] == 404
    assert (await world.fetch("P01", secret))[0] == 206


async def test_sending_what_somebody_else_has_sent_is_like_sending_something_new(world):
    body = RNG.randbytes(60_000)
    other = RNG.randbytes(60_000)
    await _put(world, "P01", body)
    seen = []
    for content in (body, other):
        name = named(content)
        first = await world.call("T01", "ask", "GET", f"/v1/files/{name}?status")
        half = await world.part("T01", name, content[:30_000], 0, 60_000)
        wrong = await world.part("T01", name, content[:30_000], 30_000, 60_000)
        again = await world.part("T01", name, content[:30_000], 0, 60_000)
        whole = await world.part("T01", name, content[30_000:], 30_000, 60_000)
        steps = [first, half, wrong, again, whole]
        hide = {name: "", whole.hub_id or "-": "", named(content[:30_000] * 2): ""}
        text = repr([(one.status, one.document) for one in steps])
        for old, new in hide.items():
            text = text.replace(old, new)
        seen.append(text)
    assert seen[0] == seen[1]
    assert "file.digest" in seen[0]


async def test_a_file_on_its_way_does_not_show_in_the_size_of_the_log(world):
    body = RNG.randbytes(90_000)
    await world.hub.timers.seal()
    before = world.hub._parts.reading.journal.last()
    for start in range(0, 80_000, 10_000):
        await world.part("T01", named(body), body[start : start + 10_000], start, 90_000)
    assert world.hub._parts.reading.journal.last() == before
    await world.part("T01", named(body), body[80_000:], 80_000, 90_000)
    assert world.hub._parts.reading.journal.last() > before


async def test_the_arrival_is_proved_to_its_sender_only_and_index_equals_a_fresh_fold(world):
    await _tender(world)
    body = RNG.randbytes(1000)
    name = await _put(world, "T01", body)
    await world.record("eng-bid-fingerprint", files=[name, name], bidder=0, role="fingerprint")
    await world.record("eng-project", seed=2, files=[named(b"not there")])
    await world.record("eng-bid-opening")
    hub_id = (await world.call("T01", "file_status", name))["hubId"]
    async with asyncio.timeout(60):
        while (proof := await world.call("T01", "proof", hub_id)) is None:
            await asyncio.sleep(0.1)
    assert name in str(proof) or hub_id in str(proof)
    assert await world.call("centre", "proof", hub_id) is None
    assert await world.call("D09", "proof", hub_id) is None
    assert world.hub.proof(Reader("T01"), hub_id) is not None
    live = sqlite3.connect(world.data / FILE)
    assert live.execute("SELECT count(*) FROM file_open").fetchone()[0] >= 2
    assert live.execute("SELECT count(*) FROM file_ref").fetchone()[0] == 3
    assert differences(live, fresh_index(SqliteJournal(live))) == []
    live.close()
