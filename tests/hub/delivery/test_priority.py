"""绿色通道: who goes first, and what nobody loses by it."""

from __future__ import annotations

import asyncio

import pytest
from core_kit import Bench, until
from hypothesis import given
from hypothesis import strategies as st

from hub import catalogue, standard
from hub.catalogue import priorities
from hub.catalogue.priorities import Row, judge
from hub.delivery.turns import IN_A_ROW, Turns
from hub.errors import OverloadError
from hub.index.port import DeliveryRow
from hub.journal.writer import RESERVE

GREEN = {"GREEN_CHANNEL": "1"}


def row(number, *, urgent=False):
    return DeliveryRow(number, 0, "D01", "m", number, "waiting", 0, 0, 0, False, "", "", urgent)


def envelope(stage="eng-project", sender="T01", **ext):
    return {"head": {"stage": stage, "from": sender}, "body": {"ext": ext}}


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 8))
def test_urgent_ones_go_first_and_no_ordinary_one_waits_for_more_than_a_few(urgent, ordinary, at_once):
    turns = Turns()
    greens = [row(n, urgent=True) for n in range(urgent)]
    others, went = [row(100 + n) for n in range(ordinary)], ""
    while greens or others:
        for _, one in zip(range(at_once), turns.order(list(greens), list(others)), strict=False):
            turns.went(one)
            went += "u" if one.urgent else "o"
            (greens if one.urgent else others).remove(one)
    assert (went.count("u"), went.count("o")) == (urgent, ordinary)
    first, rest = went[: went.rfind("u") + 1], went[went.rfind("u") + 1 :]
    assert set(rest) <= {"o"}
    runs = first.split("o")
    assert all(len(run) == IN_A_ROW for run in runs[:-1]), "before its turn, or starved"
    assert len(runs[-1]) <= IN_A_ROW or not ordinary or first.count("o") == ordinary


def test_among_those_due_an_urgent_one_is_tried_once():
    green, other = row(1, urgent=True), row(2)
    assert [one.id for one in Turns().order([green], [green, other])] == [1, 2]


def test_the_table_names_stages_senders_and_flags():
    urgent = judge(priorities.load())
    assert urgent(envelope("supervise-alert")) and not urgent(envelope("eng-tender-notice"))
    assert urgent(envelope("eng-project", **GREEN)) and not urgent(envelope("eng-project", GREEN_CHANNEL="0"))
    one = judge((Row("eng-project", "T03", ""), Row("*", "T01", "HURRY=yes")))
    assert one(envelope(sender="T03")) and not one(envelope()) and one(envelope("x", HURRY="yes"))
    assert not one(envelope("x", "T03", HURRY="yes")), "a flag counts for those who may set it"
    service = {"head": {"from": "T01", "msgType": "project.query"}, "body": {"fields": {}}}
    assert not urgent(service)


def test_every_row_names_what_there_is():
    stages, systems = standard.load().by_id, catalogue.load().by_id
    for one in priorities.load():
        assert one.stage == "*" or one.stage in stages, one
        assert one.sender == "*" or one.sender in systems, one


async def test_the_green_one_overtakes_what_waits_but_not_its_own_record(tmp_path):
    bench = Bench(tmp_path, delivery_parallel=1)
    go = asyncio.Event()

    async def first_waits(said):
        await go.wait()
        return {"kind": "delivered"}

    bench.transport.behave["D01"] = first_waits
    hub = await bench.open("T01")
    for seed in (1, 2, 3):
        await bench.send(hub, "eng-project", seed=seed)
    await until(lambda: bench.transport.got["D01"])
    record = bench.record("eng-project", seed=2, op="update", version=2, msgId="again")
    record["body"]["ext"] = {**record["body"].get("ext", {}), **GREEN}
    assert (await hub.submit(bench.signed(record))).status == 202
    other = bench.record("eng-project", seed=9)
    other["body"]["ext"] = {**other["body"].get("ext", {}), **GREEN}
    assert (await hub.submit(bench.signed(other))).status == 202
    go.set()
    await until(lambda: len(bench.transport.got["D01"]) == 5)
    said = [(one["record"], one["version"]) for one in bench.transport.got["D01"]]
    keys = {seed: bench.record("eng-project", seed=seed)["body"]["key"] for seed in (1, 2, 3, 9)}
    assert said[:2] == [(keys[1], 1), (keys[9], 1)], "the green one overtakes"
    assert said.index((keys[2], 1)) < said.index((keys[2], 2)), "but never an earlier one of its own record"
    await hub.drain()


async def test_the_last_places_of_the_queue_are_for_urgent_ones(tmp_path):
    bench = Bench(tmp_path, queue_limit=2 * RESERVE)
    hub = await bench.open("T01")
    writer = hub._parts.writer
    held = [asyncio.ensure_future(writer.do(lambda tx: None)) for _ in range(2 * RESERVE - 2)]
    await asyncio.sleep(0)
    # All of them stand in the queue: the loop has not yet come back to them.
    with pytest.raises(OverloadError):
        await writer.do(lambda tx: None)
    urgent = [asyncio.ensure_future(writer.do(lambda tx: None, urgent=True)) for _ in range(3)]
    done = await asyncio.gather(*urgent, return_exceptions=True)
    assert [type(one) for one in done].count(OverloadError) == 1, "two places were kept, not three"
    await asyncio.gather(*held)
    await hub.drain()


async def test_a_green_message_is_taken_where_an_ordinary_one_is_sent_away(tmp_path):
    bench = Bench(tmp_path, queue_limit=RESERVE)
    hub = await bench.open("T01")
    plain, green = bench.record("eng-project", seed=1), bench.record("eng-project", seed=2)
    green["body"]["ext"] = {**green["body"].get("ext", {}), **GREEN}
    raw = [bench.signed(one) for one in (plain, green)]
    held = [asyncio.ensure_future(hub._parts.writer.do(lambda tx: None)) for _ in range(RESERVE - 1)]
    answers = await asyncio.gather(*(hub.submit(one) for one in raw))
    assert [(one.status, one.retry_after) for one in answers] == [(503, 1), (202, None)]
    await asyncio.gather(*held)
    await hub.drain()
