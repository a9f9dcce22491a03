"""Records that wait for an event go out when it has taken place, and nobody but the right one can say so."""

from __future__ import annotations

import pytest
from core_kit import CENTRE, NOW, STANDARD, Bench, until

from hub.catalogue.gates import PREFIX, RECORD, SECTION, events
from hub.engine import Reader
from hub.errors import SenderError
from hub.index.questions import SqliteIndex
from hub.journal.entry import Kind
from hub.message import wall

T01, T03 = Reader("T01"), Reader("T03")
WAITING = {
    rule.removeprefix(PREFIX): stage.id
    for stage in STANDARD.stages
    for rule in stage.policy.lifted_by
    if rule.startswith(PREFIX)
}
WHY = {"reason": "依法公开:甘公资〔2026〕12号"}


async def _waiting(tmp_path, event):
    """A hub in which one record waits for the event, and what an act must say of it."""
    bench = Bench(tmp_path)
    hub = await bench.open("T01", "T03", by_hand=True)
    for stage in ("eng-project", "eng-tender-project", "eng-section", "eng-tender-notice"):
        await bench.send(hub, stage)
    record = bench.record(WAITING[event])
    answer = await hub.submit(bench.signed(record))
    assert answer.data["receiptState"] == "accepted", answer
    body = record["body"]
    scope = events()[event].scope
    about = {"section": body["fields"]["BID_SECTION_CODE"]} if scope == SECTION else {"key": body["key"]}
    return bench, hub, answer.data["hubId"], about


def _seen(hub, hub_id):
    row = hub._parts.index.by_hub_id(hub_id)
    return row.hidden, {one["state"] for one in hub.trace(T01, hub_id)["deliveries"]} & {"sealed"}


def test_every_event_of_the_policy_has_its_row_and_no_row_is_idle():
    assert set(WAITING) == set(events()) and len(WAITING) == 5
    assert {row.scope for row in events().values()} == {SECTION, RECORD}
    for row in events().values():
        request = STANDARD.services[row.message].request if row.message else ()
        assert not row.message or row.time in {field.name for field in request}


@pytest.mark.parametrize("event", sorted(WAITING))
@pytest.mark.parametrize("by", ["T01", "centre"])
async def test_its_sender_and_the_centre_let_it_out_and_what_waited_goes(tmp_path, event, by):
    bench, hub, hub_id, about = await _waiting(tmp_path, event)
    hidden, sealed = _seen(hub, hub_id)
    assert hidden
    said = {**about, **WHY, **({"from": "T01"} if by == "centre" else {})}
    act = await hub.let_out(Reader(by), event, said)
    assert _seen(hub, hub_id) == (0, set())
    assert hub.trace(CENTRE, hub_id) is not None
    if sealed:
        stage = WAITING[event]
        await until(lambda: any(stage in bench.transport.stages(one) for one in bench.transport.got))
    await hub.timers.seal()
    assert hub.proof(CENTRE, act) is not None, "who let it out and why can be proved"
    told = [one.facts for one in hub._parts.reading.journal.heads(0, 10_000)]
    (gate,) = [one for one in told if one["kind"] == Kind.GATE and one.get("act") == act]
    (event_entry,) = [one for one in told if one.get("hubId") == act]
    assert event_entry["payload"]["by"] == by and event_entry["payload"]["reason"] == WHY["reason"]
    assert gate["cause"] == "act" and not any(str(one) in str((gate, event_entry)) for one in about.values())
    later = await bench.send(hub, WAITING[event], op="update", version=2, msgId="v2")
    if later.data.get("receiptState") == "accepted":
        assert _seen(hub, later.data["hubId"])[0] == 0, "a correction of what is out is out"
    await hub.drain()


@pytest.mark.parametrize("event", sorted(WAITING))
async def test_nobody_else_can(tmp_path, event):
    _, hub, hub_id, about = await _waiting(tmp_path, event)
    before = _seen(hub, hub_id)
    refused = []
    for reader, said in (
        (T03, {**about, **WHY, "from": "T01"}),
        (Reader("P12"), {**about, **WHY, "from": "T01"}),
        (T01, about),
        (T01, {**about, "reason": "  "}),
        (T01, WHY),
        (T01, {**about, **WHY, "all": "1"}),
        (CENTRE, {**about, **WHY}),
        (CENTRE, {**about, **WHY, "from": "Z99"}),
        (Reader("Z99"), {**about, **WHY}),
    ):
        with pytest.raises(SenderError) as told:
            await hub.let_out(reader, event, said)
        refused.append(told.value.code)
    assert refused == [
        "auth.forbidden", "auth.forbidden", "gate.act", "gate.act", "gate.act", "gate.act", "gate.act",
        "member.not-online", "member.not-online",
    ]  # fmt: skip
    # The same names in somebody else's mouth mean somebody else's records.
    assert await hub.let_out(T03, event, {**about, **WHY})
    for other in set(events()) - {event}:
        named = "section" if events()[other].scope == SECTION else "key"
        await hub.let_out(T01, other, {named: next(iter(about.values())), **WHY})
    assert _seen(hub, hub_id) == before
    with pytest.raises(SenderError) as told:
        await hub.let_out(CENTRE, "opening", {**about, **WHY, "from": "T01"})
    assert told.value.status == 404
    await hub.drain()


async def test_the_act_tells_nothing_of_whether_anything_waits(tmp_path):
    _, hub, hub_id, about = await _waiting(tmp_path, "alert-release")
    there = await hub.let_out(CENTRE, "alert-release", {**about, **WHY, "from": "T01"})
    absent = await hub.let_out(CENTRE, "alert-release", {"key": "nothing", **WHY, "from": "T01"})
    assert len(there) == len(absent) == 36 and _seen(hub, hub_id)[0] == 0
    await hub.drain()


async def test_one_alert_let_out_lets_out_no_other(tmp_path):
    bench, hub, hub_id, about = await _waiting(tmp_path, "alert-release")
    fields = {"ALERT_DATE": "2026-11-01T09:00:00+08:00"}
    other = await bench.send(hub, "supervise-alert", key="alert-2", msgId="alert-2", fields=fields)
    assert other.data["receiptState"] == "accepted", other
    await hub.let_out(T01, "alert-release", {**about, **WHY})
    assert _seen(hub, hub_id)[0] == 0 and _seen(hub, other.data["hubId"])[0]
    await hub.drain()
    hub = await bench.open()
    assert _seen(hub, hub_id)[0] == 0 and _seen(hub, other.data["hubId"])[0], "over a restart too"
    await hub.drain()


def _result(bench, sender, section, at):
    head = {
        "ver": "1", "realm": "sandbox", "from": sender, "msgId": f"result-{sender}",
        "msgType": "expert.result", **bench.circumstance(),
    }  # fmt: skip
    digest = "sm3:" + "ab" * 32
    fields = {
        "drawNo": "D1", "section": {"tradeClass": "A03", "BID_SECTION_CODE": section},
        "sealedList": {"digest": digest, "size": 10, "media": "application/octet-stream", "name": "list.bin"},
        "listDigest": "ab" * 32, "EXTRACT_TIME": wall(NOW), "releaseTime": wall(at),
        "evidence": {"evidenceId": "b", "digest": "ab" * 32, "digestAlgorithm": "01"},
    }  # fmt: skip
    return {"head": head, "body": {"fields": fields}}


async def test_the_pools_own_result_lets_the_list_out_when_it_says(tmp_path):
    bench, hub, hub_id, about = await _waiting(tmp_path, "draw-release")
    index: SqliteIndex = hub._parts.index
    later = NOW.replace(hour=12)
    theirs = await hub.submit(bench.signed(_result(bench, "T03", about["section"], NOW)))
    assert theirs.status == 202, theirs
    await hub.timers.tick()
    assert _seen(hub, hub_id)[0], "a stranger's result is about a stranger's list"
    mine = await hub.submit(bench.signed(_result(bench, "T01", about["section"], later)))
    assert mine.status == 202, mine
    await hub.timers.tick()
    assert _seen(hub, hub_id)[0], "not before the time it names"
    bench.clock.on(4 * 3600)
    assert index.timers_due(int(bench.clock().timestamp() * 1e6), 10)
    await hub.timers.tick()
    assert _seen(hub, hub_id)[0] == 0
    await hub.drain()
