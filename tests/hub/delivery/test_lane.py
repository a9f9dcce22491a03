"""One lane per receiver: order, schedule, dead letters, asking first, and nobody waits for a slow one."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3

import pytest
from core_kit import CENTRE, Bench, FakeDialect, quiet, until

from hub.delivery.transport import TransportError
from hub.engine import Reader
from hub.journal.claims import OPEN
from hub.journal.rebuild import differences, fresh_index
from hub.journal.sqlite import FILE, SqliteJournal
from hub.journal.writer import Writer

T01 = Reader("T01")


async def _told(hub, answer):
    return {row["receiver"]: row for row in hub.trace(T01, answer.data["hubId"])["deliveries"]}


async def test_a_slow_receiver_delays_nobody_else(tmp_path):
    bench = Bench(tmp_path)
    never = asyncio.Event()

    async def stuck(said):
        await never.wait()
        return {"kind": "delivered"}

    bench.transport.behave["D01"] = stuck
    hub = await bench.open("T01")
    for seed in range(1, 21):
        await bench.send(hub, "eng-project", seed=seed)
    await until(lambda: len(bench.transport.got["D09"]) == 20)
    assert len(bench.transport.got["D01"]) == bench.settings.delivery_parallel, (
        "and its own calls are bounded"
    )
    never.set()
    await until(lambda: len(bench.transport.got["D01"]) == 20)
    await hub.drain()


class Away:
    """Some systems have no address."""

    def __init__(self, listed, *systems):
        self.listed, self.systems = listed, set(systems)

    def get(self, system):
        return None if system in self.systems else self.listed.get(system)


async def test_nothing_is_read_or_flushed_alone_for_a_receiver_without_an_address(tmp_path, monkeypatch):
    bench = Bench(tmp_path, retry_schedule=(0.02, 3600.0))
    bench.peers = away = Away(bench.peers, "D01")
    hub = await bench.open("T01", by_hand=True)
    opened = []
    read = SqliteJournal.entry
    monkeypatch.setattr(
        SqliteJournal, "entry", lambda self, seq, claim=OPEN: opened.append(claim) or read(self, seq, claim)
    )
    answers = [await bench.send(hub, "eng-project", seed=seed) for seed in range(1, 6)]

    mine = [(await _told(hub, answer))["D01"]["id"] for answer in answers]

    async def tries():
        return [(await _told(hub, answer))["D01"]["attempts"] for answer in answers]

    async with asyncio.timeout(60):
        while [len(one) for one in await tries()] != [2] * 5:
            bench.clock.on(0.05)
            await asyncio.sleep(0.01)
    said = {(one["outcome"], one["code"]) for row in await tries() for one in row if one["ended"]}
    assert said == {("retry", "peer.unlisted")}
    assert opened and not {claim.number for claim in opened}.intersection(mine), "nobody needed the bytes"
    away.systems.clear()
    bench.clock.on(5000.0)
    await until(lambda: len(bench.transport.got["D01"]) == 5)
    await hub.drain()
    with contextlib.closing(sqlite3.connect(tmp_path / FILE)) as kept:
        assert differences(kept, fresh_index(SqliteJournal(kept))) == [], "gathered or not: one index"


async def test_a_call_that_ended_gives_its_place_away_before_that_is_on_the_disk(tmp_path):
    bench = Bench(tmp_path, delivery_parallel=2)
    abreast, most, held = 0, 0, asyncio.Event()

    async def counted(said):
        nonlocal abreast, most
        abreast, most = abreast + 1, max(most, abreast + 1)
        await asyncio.sleep(0)
        abreast -= 1
        return {"kind": "delivered"}

    bench.transport.behave["D01"] = counted
    hub = await bench.open("T01", by_hand=True)
    await bench.send(hub, "eng-project", seed=1)
    await until(lambda: len(bench.transport.got["D01"]) == 1)  # it is well: more may be in work now
    await quiet(hub, "D01")
    record, waiting = Writer.do, []

    async def slow(self, work, **how):
        """The disk keeps the outcomes waiting, and them alone."""
        if "_record" in work.__code__.co_names:
            waiting.append(work)
            await held.wait()
        return await record(self, work, **how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Writer, "do", slow)
        for seed in range(2, 12):
            await bench.send(hub, "eng-project", seed=seed)
        await until(lambda: len(bench.transport.got["D01"]) == 1 + 8)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(bench.transport.got["D01"]) == 9, "four for each place, and no more"
        held.set()
        await until(lambda: len(bench.transport.got["D01"]) == 11)
    assert most <= 2
    await hub.drain()


async def test_versions_of_one_record_arrive_in_order(tmp_path):
    bench = Bench(tmp_path)

    async def dawdle(said):
        await asyncio.sleep(0.05 if said["version"] == 1 else 0)
        return {"kind": "delivered"}

    bench.transport.behave["D09"] = dawdle
    hub = await bench.open("T01")
    for version in range(1, 6):
        op = "insert" if version == 1 else "update"
        await bench.send(hub, "eng-tender-project", op=op, version=version, msgId=f"v{version}")
    await until(lambda: len(bench.transport.got["D09"]) == 5)
    assert [said["version"] for said in bench.transport.got["D09"]] == [1, 2, 3, 4, 5]
    await hub.drain()


async def test_a_version_that_must_wait_holds_back_the_next(tmp_path):
    bench = Bench(tmp_path, breaker_failures=100)
    replies = iter([{"kind": "retry", "code": "busy"}] * 2)
    bench.transport.behave["D09"] = lambda said: next(replies, {"kind": "delivered"})
    hub = await bench.open("T01")
    await bench.send(hub, "eng-tender-project")
    await bench.send(hub, "eng-tender-project", op="update", version=2, msgId="v2")
    await until(lambda: bench.clock.on(0.05) or len(bench.transport.got["D09"]) == 4)
    assert [said["version"] for said in bench.transport.got["D09"]] == [1, 1, 1, 2]
    await hub.drain()


async def test_retries_follow_the_schedule_then_a_dead_letter_waits_for_a_person(tmp_path):
    bench = Bench(tmp_path, retry_schedule=(10.0, 100.0), breaker_failures=100)
    bench.transport.behave["D01"] = lambda said: {"kind": "retry", "code": "receiver.busy", "foreign": "503"}
    hub = await bench.open("T01")
    answer = await bench.send(hub, "eng-project")
    got = lambda: bench.transport.got.get("D01", [])  # noqa: E731
    await until(lambda: len(got()) == 1)
    await quiet(hub, "D01")
    assert len(got()) == 1, "not before its time"
    bench.clock.on(12.1)
    await until(lambda: len(got()) == 2)
    await quiet(hub, "D01")
    bench.clock.on(50)
    await quiet(hub, "D01")
    assert len(got()) == 2
    bench.clock.on(80)
    await until(lambda: hub.outbox(CENTRE, "dead"))
    (dead,) = hub.outbox(CENTRE, "dead")
    assert (dead["receiver"], dead["reason"], dead["attempts"]) == ("D01", "receiver.busy", 3)
    keys = {said["key"] for said in got()}
    assert len(keys) == 1 and len({said["nonce"] for said in got()}) == 3, "one key, fresh nonces"

    assert await hub.retry(Reader("T03"), [dead["id"]]) == 0, "not theirs"
    del bench.transport.behave["D01"]
    assert await hub.retry(T01, [dead["id"]]) == 1
    await until(lambda: hub.trace(T01, answer.data["hubId"])["state"] == "delivered")
    row = (await _told(hub, answer))["D01"]
    assert [attempt["outcome"] for attempt in row["attempts"]] == ["retry", "retry", "retry", "delivered"]
    assert {said["key"] for said in got()} == keys
    await hub.drain()


async def test_a_refusal_is_dead_at_once_and_replayed_by_filter(tmp_path):
    bench = Bench(tmp_path)
    bench.transport.behave["D01"] = lambda said: {
        "kind": "refused",
        "code": "receiver.field",
        "foreign": "E17 字段",
    }
    hub = await bench.open("T01")
    for seed in (1, 2):
        await bench.send(hub, "eng-project", seed=seed)
    await until(lambda: len(hub.outbox(CENTRE, "dead")) == 2)
    assert hub.status()["deliveries"]["dead"] == 2
    del bench.transport.behave["D01"]
    assert await hub.replay(CENTRE, {"receiver": "D09"}) == 0
    assert await hub.replay(CENTRE, {"receiver": "D01", "sender": "T01", "stage": "eng-project"}) == 2
    await until(lambda: not hub.outbox(CENTRE, None))
    await hub.drain()


async def test_an_unknown_effect_is_repeated_with_the_key_or_asked_about(tmp_path):
    bench = Bench(tmp_path, breaker_failures=100)
    bench.dialects["soap11-wsse"] = FakeDialect(keyless=True)

    def lost(system):
        first = iter([True])

        def behave(said):
            if next(first, False):
                bench.transport.effects[(system, said["key"])] = 1
                return TransportError("network.timeout", sent=True)
            return {"kind": "duplicate"}

        return behave

    bench.transport.behave = {name: lost(name) for name in ("D09", "P02", "M01")}
    hub = await bench.open("T01")
    await bench.send(hub, "eng-tender-project")
    answer = await bench.send(hub, "eng-tender-notice")
    await until(lambda: bench.clock.on(0.05) or hub.trace(T01, answer.data["hubId"])["state"] == "delivered")
    await until(lambda: bench.clock.on(0.05) or not hub.outbox(CENTRE, "waiting"))
    assert bench.transport.stages("D09").count("eng-tender-notice") <= 2
    assert all(times == 1 for times in bench.transport.effects.values())
    keyless, keyed = bench.transport.got["D09"], bench.transport.got["P02"]
    assert len({said["key"] for said in keyless}) == len(keyless) == 2, "each sent once, then asked"
    assert len(bench.transport.asked["D09"]) >= 1 and "P02" not in bench.transport.asked
    assert [said["key"] for said in keyed] == [keyed[0]["key"]] * 2
    await hub.drain()


async def test_a_receiver_that_answers_nothing_clear_when_asked_is_not_sent_to(tmp_path):
    bench = Bench(tmp_path, breaker_failures=100, retry_schedule=(0.1,) * 50)
    dialect = FakeDialect(keyless=True)
    dialect.asked = lambda reply, outgoing, call: None
    bench.dialects["soap11-wsse"] = dialect
    bench.transport.behave["D09"] = lambda said: {"kind": "unknown", "code": "receiver.internal"}
    hub = await bench.open("T01")
    await bench.send(hub, "eng-tender-project")
    await until(lambda: bench.clock.on(0.2) or len(bench.transport.asked.get("D09", [])) > 3)
    assert len(bench.transport.got["D09"]) == 1
    await hub.drain()


async def test_a_dead_receiver_is_left_alone_until_its_pause_is_over(tmp_path):
    bench = Bench(
        tmp_path, breaker_failures=3, breaker_pause=60.0, retry_schedule=(0.01,) * 50, delivery_parallel=1
    )
    bench.transport.behave["D01"] = lambda said: TransportError("network.refused", sent=False)
    hub = await bench.open("T01")
    for seed in range(1, 8):
        await bench.send(hub, "eng-project", seed=seed)
    await until(lambda: bench.clock.on(0.05) or len(bench.transport.got["D01"]) >= 3)
    await quiet(hub, "D01")
    assert len(bench.transport.got["D01"]) == 3
    bench.clock.on(61)
    await until(lambda: len(bench.transport.got["D01"]) == 4)
    await quiet(hub, "D01")
    assert len(bench.transport.got["D01"]) == 4, "one probe"
    del bench.transport.behave["D01"]
    bench.clock.on(61)
    await until(lambda: bench.clock.on(0.05) or not hub.outbox(CENTRE, None))
    await hub.drain()


async def test_attempts_that_died_with_the_hub_use_up_no_patience(tmp_path):
    bench = Bench(tmp_path, retry_schedule=(0.01,))
    hung = asyncio.Event()

    async def hang(said):
        await hung.wait()

    bench.transport.behave["D01"] = hang
    for _ in range(4):
        hub = await bench.open("T01")
        if bench.clock.now.second == 0:
            await bench.send(hub, "eng-project")
        before = len(bench.transport.got["D01"])
        await until(lambda before=before: len(bench.transport.got["D01"]) > before)
        bench.clock.on(1)
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()  # as dead as a killed process: started, no outcome
        await asyncio.wait(tasks)
        await hub._parts.writer.close()
        hub._parts.store.close()
    bench.transport.behave["D01"] = lambda said: {"kind": "delivered"}
    hub = await bench.open()
    await until(lambda: bench.clock.on(0.05) or not hub.outbox(CENTRE, None))
    assert len(bench.transport.got["D01"]) == 5
    await hub.drain()


async def test_a_codec_that_breaks_its_word_loses_nothing(tmp_path, caplog):
    bench = Bench(tmp_path)
    dialect = FakeDialect()
    broken = [True]

    def encode(outgoing, call, whole=dialect.encode):
        if broken[0]:
            raise RuntimeError(f"a bug about {outgoing.fields}")
        return whole(outgoing, call)

    dialect.encode = encode
    bench.dialects["hub-unified-v1"] = dialect
    hub = await bench.open("T01")
    await bench.send(hub, "eng-tender-project")
    await bench.send(hub, "eng-tender-notice")
    await until(lambda: len(bench.transport.got.get("M01", [])) == 1)
    await until(lambda: "RuntimeError at delivery/test_lane.py" in caplog.text)
    broken[0] = False
    assert "TENDER" not in caplog.text
    await until(lambda: bench.clock.on(1) or len(bench.transport.got.get("P02", [])) == 1)
    await hub.drain()
