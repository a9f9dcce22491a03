"""Remembered answers: who may be told them, for how long, what ends them, and what the trace says of it."""

from __future__ import annotations

import pytest
from asking import CREDIT, FOUND, PARTY, SECTION, Steady, ask, asking, good, story
from core_kit import CENTRE, NOW, STANDARD, Bench

from hub.engine import Reader
from hub.message import wall
from hub.services import caching
from hub.services.shelf import Remembered, Shelf
from hub.services.tables import read_all

T01, T03 = Reader("T01"), Reader("T03")


async def _opened(tmp_path, **settings):
    bench = Bench(tmp_path, **settings)
    hub = await bench.open("T01", "T03", by_hand=True)
    bench.transport.behave["D01"] = good(FOUND)
    bench.transport.behave["R01"] = good(CREDIT)
    return bench, hub


async def test_an_equal_question_is_answered_from_memory_and_its_trace_says_so(tmp_path):
    bench, hub = await _opened(tmp_path)
    first = await ask(bench, hub)
    bench.clock.on(90)
    second = await ask(bench, hub, number="q2", purpose="另一个事由")
    assert dict(second.data) == FOUND and len(bench.transport.got["D01"]) == 1
    assert first.story["source"] == "provider" and first.story["provider"] == "D01"
    assert second.story["source"] == "cache" and second.story["ageSeconds"] == 90, second.story
    said = story(hub, T01, "T01", "q2")
    assert said["question"] == hub.find(T01, "T01", "q1")["hubId"] and said["attempts"] == []
    assert said["askedTime"] == first.story["askedTime"]
    await hub.timers.seal()
    proof = hub.proof(T01, hub.find(T01, "T01", "q2")["hubId"])
    assert said["entry"] in {row["leafIndex"] + 1 for row in proof["entries"]}, (
        "the answer is proved with the question"
    )
    await hub.drain()


async def test_whose_question_it_was_is_told_to_nobody_else(tmp_path):
    bench, hub = await _opened(tmp_path)
    await ask(bench, hub)
    other = await ask(bench, hub, number="x", sender="T03")
    assert other.story["source"] == "cache" and len(bench.transport.got["D01"]) == 1
    assert "question" not in story(hub, T03, "T03", "x")
    assert story(hub, CENTRE, "T03", "x")["question"] == hub.find(CENTRE, "T01", "q1")["hubId"]
    await hub.drain()


async def test_another_question_is_another_question(tmp_path):
    bench, hub = await _opened(tmp_path)
    for number, more in enumerate(({}, {"REGION_CODE": "621000"}, {"ext": {"x": "1"}}), 1):
        await ask(bench, hub, number=f"q{number}", **more)
        assert len(bench.transport.got["D01"]) == number
    await hub.drain()


async def test_what_has_arrived_since_ends_it(tmp_path):
    bench, hub = await _opened(tmp_path)
    await ask(bench, hub)
    assert (await bench.send(hub, "eng-project")).status == 202
    assert (await ask(bench, hub, number="q2")).story["source"] == "provider"
    assert (await ask(bench, hub, number="q3")).story["source"] == "cache"
    await hub.drain()


async def test_what_arrives_sealed_ends_nothing_before_it_is_published(tmp_path):
    """Otherwise a slower answer would tell that there is a decision nobody may know of yet."""
    bench, hub = await _opened(tmp_path)
    await bench.send(hub, "eng-tender-project")
    await ask(bench, hub, "credit.query")
    later = {"OPERATE_DATE": "2026-11-23T09:00:00+08:00"}
    kept = await bench.send(hub, "credit-violation", fields=later)
    assert kept.data["receiptState"] == "accepted", kept
    assert hub.trace(CENTRE, kept.data["hubId"]) is None, "a sealed decision, for this test to mean anything"
    assert (await ask(bench, hub, "credit.query", number="q2")).story["source"] == "cache"
    bench.clock.on(86_400)
    await hub.timers.tick()
    assert hub.trace(CENTRE, kept.data["hubId"]) is not None
    assert (await ask(bench, hub, "credit.query", number="q3", atTime=wall(NOW))).story[
        "source"
    ] == "provider"
    await hub.drain()


async def test_nobody_learns_that_somebody_asked_about_a_bidder(tmp_path):
    bench, hub = await _opened(tmp_path)
    section = {"tradeClass": "A03", "BID_SECTION_CODE": SECTION}
    await ask(bench, hub, "credit.query", section=section)
    other = await ask(bench, hub, "credit.query", sender="T03", section=section)
    assert other.story["source"] == "provider" and len(bench.transport.got["R01"]) == 2
    mine = await ask(bench, hub, "credit.query", number="q2", section=section)
    assert mine.story["source"] == "cache" and len(bench.transport.got["R01"]) == 2
    assert hub.find(T01, "T01", "q2")["answers"] == [], "nor how long anything took, before the opening"
    assert hub.find(CENTRE, "T01", "q2") is None
    elsewhere = {"tradeClass": "A03", "BID_SECTION_CODE": SECTION[:-1] + "2"}
    third = await ask(bench, hub, "credit.query", number="q3", section=elsewhere)
    assert third.story["source"] == "provider", "what two sections have in common is not told by either"
    await hub.drain()


async def test_what_holds_a_personal_value_is_not_remembered(tmp_path):
    bench, hub = await _opened(tmp_path)
    person = {"name": "张三", "idType": "01", "idNo": "62010219900101123X"}
    for number in ("a", "b"):
        answer = await ask(bench, hub, "credit.query", number=number, person=person)
        assert answer.story.get("source") == "provider", answer
    assert len(hub.live.services.sources.memory.shelf) == 0
    await hub.drain()


async def test_nothing_found_is_asked_again(tmp_path):
    bench, hub = await _opened(tmp_path)
    bench.transport.behave["D01"] = good({"found": False})
    assert (await ask(bench, hub)).status == 200
    bench.transport.behave["D01"] = good(FOUND)
    assert dict((await ask(bench, hub, number="q2")).data) == FOUND
    await hub.drain()


async def test_after_its_time_it_stands_in_for_a_provider_that_is_away(tmp_path):
    bench, hub = await _opened(tmp_path)
    steady = Steady(hub)
    await ask(bench, hub)
    steady.ahead, _ = 301.0, bench.clock.on(301)
    bench.transport.behave["D01"] = lambda said: {"kind": "unknown", "code": "receiver.internal"}
    answer = await ask(bench, hub, number="q2")
    assert (answer.status, answer.code, dict(answer.data)) == (200, "0000", FOUND), answer
    assert [note.code for note in answer.findings] == ["service.stale"] and answer.story["ageSeconds"] == 301
    said = story(hub, T01, "T01", "q2")
    assert said["source"] == "stale" and {one["outcome"] for one in said["attempts"]} == {"unknown"}
    again = await hub.service(bench.signed(asking(bench, number="q2")))
    assert [note.code for note in again.findings] == ["service.stale"], "the same answer is the same answer"
    steady.ahead += 86_400.0
    assert (await ask(bench, hub, number="q3")).status == 502
    await hub.drain()


async def test_a_restart_forgets_the_memory_and_keeps_the_story(tmp_path):
    bench, hub = await _opened(tmp_path)
    first = await ask(bench, hub)
    await hub.drain()
    hub = await bench.open()
    bench.clock.on(5)
    again = await hub.service(bench.signed(asking(bench)))
    assert again.story == first.story and len(bench.transport.got["D01"]) == 1
    assert (await ask(bench, hub, number="q2")).story["source"] == "provider"
    await hub.drain()


@pytest.mark.parametrize(
    ("row", "change"),
    [
        ("credit.query", {"view": "shared"}),
        ("entity.verify", {"view": "shared"}),
        ("ca.status", {"view": "shared"}),
        ("project.query", {"key": "queryKind"}),
        ("project.query", {"service": "seat.lock"}),
        ("ca.status", {"until": "never"}),
    ],
)
def test_a_table_that_tells_too_much_or_forgets_a_field_is_refused(row, change):
    tables = read_all()
    assert set(caching.load(STANDARD, tables)) == {one["service"] for one in tables["caching.csv"]}
    next(one for one in tables["caching.csv"] if one["service"] == row).update(change)
    with pytest.raises(ValueError, match=r"caching\.csv|invalidation\.csv"):
        caching.load(STANDARD, tables)


def test_the_key_is_made_of_what_decides_the_answer():
    rules = caching.load(STANDARD, read_all())
    head = {"from": "T01", "msgType": "credit.query"}
    fields = {"party": PARTY, "point": "sign-up", "atTime": "2026-11-22T09:00:00+08:00", "purpose": "甲"}

    def key(opened=False, **more):
        return rules["credit.query"].of({"head": head, "body": {"fields": {**fields, **more}}}, opened=opened)

    assert key() == key(purpose="乙") == key(atTime="2026-11-22T17:00:00+08:00")
    others = [
        key(True), key(point="award"), key(atTime="2026-11-23T09:00:00+08:00"),
        key(party={**PARTY, "code": "x"}),
    ]  # fmt: skip
    assert len({key(), *others}) == 5
    status = rules["ca.status"]
    wanted = {"head": head, "body": {"fields": {"certificate": {}, "noCache": True}}}
    assert status.of(wanted, opened=False) is None


def _one(size=100, marks=(), until=0):
    return Remembered({}, "D01", "h", 0, 0.0, marks, until, size)


def test_the_shelf_is_bounded_and_forgets_the_least_used():
    shelf = Shelf(most=3, room=5000)
    for name in (b"a", b"b", b"c"):
        shelf.put(name, _one())
    assert shelf.get(b"a", (), 0) is not None
    shelf.put(b"d", _one())
    assert shelf.get(b"b", (), 0) is None and shelf.get(b"a", (), 0) is not None and len(shelf) == 3
    shelf.put(b"e", _one(size=501))
    assert shelf.get(b"e", (), 0) is None, "too large to be worth it"
    wide = Shelf(most=100, room=1000)
    for number in range(50):
        wide.put(bytes([number]), _one(size=90))
    assert len(wide) == 11 and wide.size == 990
    wide.put(bytes([49]), _one(size=10))
    assert wide.size == 910


def test_what_has_ended_is_dropped():
    shelf = Shelf()
    shelf.put(b"a", _one(marks=(1,), until=1000))
    assert shelf.get(b"a", (1,), 999) is not None
    assert shelf.get(b"a", (1,), 1000) is None and len(shelf) == 0
    shelf.put(b"a", _one(marks=(1,)))
    assert shelf.get(b"a", (2,), 0) is None and shelf.size == 0
