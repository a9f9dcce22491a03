"""Deferred and expiring messages: not before, not after, and never simply gone."""

from __future__ import annotations

from datetime import timedelta

from core_kit import CENTRE, NOW, STANDARD, Bench, FakeDialect, quiet, until

from hub.delivery.transport import TransportError
from hub.engine import Reader
from hub.message import wall
from hub.pipeline.facts import micros
from hub.pipeline.window import Window, window_of

T01 = Reader("T01")


def at(seconds):
    return wall(NOW + timedelta(seconds=seconds))


def dated(bench, stage="eng-project", *, seed=1, ext, **more):
    record = bench.record(stage, seed=seed, **more)
    record["body"]["ext"] = {**record["body"].get("ext", {}), **ext}
    return bench.signed(record)


def to(bench, receiver="D01"):
    return bench.transport.got.get(receiver, [])


async def test_nothing_goes_before_its_time_and_later_versions_wait_behind_it(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    assert (await hub.submit(dated(bench, ext={"DELIVER_AFTER": at(600)}))).status == 202
    await bench.send(hub, "eng-project", op="update", version=2, msgId="v2")
    await bench.send(hub, "eng-project", seed=2)
    await until(lambda: len(to(bench)) == 1)
    bench.clock.on(590)
    await quiet(hub, "D01")
    assert [said["version"] for said in to(bench)] == [1], "only the other record"
    bench.clock.on(11)
    await until(lambda: len(to(bench)) == 3)
    assert [said["version"] for said in to(bench)[1:]] == [1, 2]
    await hub.drain()


async def test_the_time_outlives_a_restart(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    await hub.submit(dated(bench, ext={"DELIVER_AFTER": at(600)}))
    await hub.drain()
    hub = await bench.open()
    await quiet(hub, "D01")
    assert not to(bench)
    bench.clock.on(601)
    await until(lambda: len(to(bench)) == 1)
    await hub.drain()


async def test_what_expired_is_a_dead_letter_with_its_reason_and_can_still_be_replayed(tmp_path):
    bench = Bench(tmp_path, retry_schedule=(300.0,) * 5, breaker_failures=100)
    bench.transport.behave["D01"] = lambda said: TransportError("network.refused", sent=False)
    hub = await bench.open("T01")
    answer = await hub.submit(dated(bench, ext={"VALID_UNTIL": at(60)}))
    await until(lambda: len(to(bench)) == 1)
    await quiet(hub, "D01")
    bench.clock.on(61)
    await until(lambda: hub.outbox(CENTRE, "dead"))
    (dead,) = hub.outbox(CENTRE, "dead")
    assert (dead["receiver"], dead["reason"], dead["attempts"]) == ("D01", "expired", 1)
    told = {row["receiver"]: row for row in hub.trace(T01, answer.data["hubId"])["deliveries"]}
    assert (told["D01"]["state"], told["D01"]["reason"]) == ("dead", "expired")
    assert hub.status()["deliveries"]["dead"] == 1
    del bench.transport.behave["D01"]
    assert await hub.replay(CENTRE, {"receiver": "D01"}) == 1, "who replays it says it is worth sending"
    await until(lambda: hub.trace(T01, answer.data["hubId"])["state"] == "delivered")
    await hub.drain()


async def test_a_dead_receiver_does_not_keep_things_from_expiring_nor_the_next_version_from_going(tmp_path):
    bench = Bench(tmp_path, breaker_failures=1, breaker_pause=30.0, retry_schedule=(0.01,) * 50)
    bench.transport.behave["D01"] = lambda said: TransportError("network.refused", sent=False)
    hub = await bench.open("T01")
    await hub.submit(dated(bench, ext={"VALID_UNTIL": at(20)}))
    await bench.send(hub, "eng-project", op="update", version=2, msgId="v2")
    await until(lambda: len(to(bench)) == 1)
    await quiet(hub, "D01")
    bench.clock.on(21)
    await until(lambda: hub.outbox(CENTRE, "dead"))
    del bench.transport.behave["D01"]
    bench.clock.on(10)
    await until(lambda: bench.clock.on(0.05) or len(to(bench)) == 2)
    assert [said["version"] for said in to(bench)] == [1, 2]
    await hub.drain()


async def test_an_attempt_of_unknown_effect_stays_in_doubt_when_time_runs_out(tmp_path):
    bench = Bench(tmp_path, retry_schedule=(300.0,), breaker_failures=100)
    bench.dialects["soap11-wsse"] = FakeDialect(keyless=True)
    first = iter([True])

    def lost(said):
        if next(first, False):
            bench.transport.effects[("D09", said["key"])] = 1
            return TransportError("network.timeout", sent=True)
        return {"kind": "delivered"}

    bench.transport.behave["D09"] = lost
    hub = await bench.open("T01")
    await hub.submit(dated(bench, ext={"VALID_UNTIL": at(60)}))
    await until(lambda: len(to(bench, "D09")) == 1)
    await quiet(hub, "D09")
    bench.clock.on(61)
    await until(lambda: [row for row in hub.outbox(CENTRE, "dead") if row["receiver"] == "D09"])
    await hub.replay(CENTRE, {"receiver": "D09"})
    await until(lambda: bench.transport.asked.get("D09"))
    await until(lambda: not hub.outbox(CENTRE, None))
    assert len(to(bench, "D09")) == 1, "asked first: its effect was there already"
    await hub.drain()


async def test_a_sealed_one_waits_for_its_gate_and_for_its_time(tmp_path):
    """A seal and a time: both must have gone by; while sealed nothing expires in anybody's sight."""
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    notice = bench.record("eng-tender-notice", seed=1)
    await bench.send(hub, "eng-tender-project")
    own = STANDARD.stage("eng-tender-notice").policy.lifted_by[0].removeprefix("field:")
    notice["body"]["fields"][own] = at(100)
    notice["body"]["ext"] = {**notice["body"].get("ext", {}), "DELIVER_AFTER": at(200)}
    assert (await hub.submit(bench.signed(notice))).status == 202
    bench.clock.on(150)
    await until(lambda: not hub._parts.index.timers_due(micros(bench.clock()), 1))
    await quiet(hub, "D09")
    assert "eng-tender-notice" not in bench.transport.stages("D09")
    bench.clock.on(51)
    await until(lambda: "eng-tender-notice" in bench.transport.stages("D09"))
    await hub.drain()


async def test_times_written_wrongly_are_refused_by_name(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    for ext, places in (
        ({"DELIVER_AFTER": "tomorrow"}, ["/body/ext/DELIVER_AFTER"]),
        ({"VALID_UNTIL": "2026-11-22T09:00:00"}, ["/body/ext/VALID_UNTIL"]),
        ({"VALID_UNTIL": 20261122}, ["/body/ext/VALID_UNTIL"]),
        ({"DELIVER_AFTER": at(60), "VALID_UNTIL": at(60)}, ["/body/ext/VALID_UNTIL"]),
    ):
        answer = await hub.submit(dated(bench, ext=ext, msgId=f"m{places}"))
        assert (answer.status, [one.at for one in answer.findings]) == (422, places)
        assert {one.code for one in answer.findings} == {"delivery.window"}
    await hub.drain()


async def test_they_are_told_to_the_hub_and_nobody_else(tmp_path):
    bench = Bench(tmp_path)
    seen = []

    class Looking(FakeDialect):
        def encode(self, outgoing, call):
            seen.append(dict(outgoing.ext))
            return super().encode(outgoing, call)

    bench.dialects = {name: Looking() for name in bench.dialects}
    hub = await bench.open("T01")
    await hub.submit(dated(bench, ext={"VALID_UNTIL": at(60), "OPERATION_NAME": "x"}))
    await until(lambda: len(seen) >= 2)
    assert all("VALID_UNTIL" not in ext for ext in seen)
    await hub.drain()


def test_what_is_no_time_is_no_window():
    assert window_of({}) == window_of({"ext": {}}) == window_of({"ext": {"VALID_UNTIL": "x"}}) == Window()
