"""A question is kept, put to the provider within its budget, answered; a section stays here."""

from __future__ import annotations

import asyncio

from core_kit import CENTRE, NOW, Bench

from hub.delivery.transport import TransportError
from hub.engine import Reader
from hub.message import wall
from hub.ports import Incoming

T01 = Reader("T01")
FOUND = {
    "found": True, "PROJECT_NAME": "示例项目", "LEGAL_PERSON": "示例单位", "APPROVAL_AUTHORITY": "示例局",
    "approvalResult": "approved", "asOf": wall(NOW),
}  # fmt: skip
CREDIT = {"creditCheckNo": "C1", "barred": False, "hits": [], "sourceSystem": "R01", "asOf": wall(NOW)}
SECTION = "E6210262602013950001001"


def _query(bench, message="project.query", number="q1", **fields):
    if message == "project.query":
        fields = {
            "queryKind": "invest-code",
            "INVEST_PROJECT_CODE": "2602-621026-89-01-491212",
            "purpose": "招标",
            **fields,
        }
    else:
        party = {"type": "1", "code": "91620700MAXG7RXC17", "name": "示例公司"}
        fields = {"party": party, "point": "sign-up", "atTime": wall(NOW), "purpose": "报名核验", **fields}
    head = {
        "ver": "1",
        "realm": "sandbox",
        "from": "T01",
        "msgId": number,
        "msgType": message,
        **bench.circumstance(),
    }
    return {"head": head, "body": {"fields": fields}}


async def _ask(bench, hub, envelope):
    return await hub.service(bench.signed(envelope))


async def test_a_project_is_fetched_and_the_question_is_in_the_trace(tmp_path):
    bench = Bench(tmp_path)
    bench.transport.behave["D01"] = lambda said: {"kind": "delivered", "data": FOUND}
    hub = await bench.open("T01")
    envelope = _query(bench)
    answer = await _ask(bench, hub, envelope)
    assert (answer.status, answer.code, dict(answer.data)) == (200, "0000", FOUND), answer
    trace = hub.find(T01, "T01", "q1")
    assert [state["state"] for state in trace["states"]] == ["received", "accepted", "answered"]
    again = await _ask(bench, hub, {**envelope, "head": {**envelope["head"], **bench.circumstance()}})
    assert dict(again.data) == FOUND and len(bench.transport.got["D01"]) == 1, "answered from the journal"
    elsewhere = await hub.submit(bench.signed(_query(bench, number="q2")))
    assert (elsewhere.status, elsewhere.code) == (422, "service.path"), (
        "never accepted and then left unanswered"
    )
    await hub.drain()


async def test_requests_are_checked_like_any_message(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    answer = await _ask(bench, hub, _query(bench, queryKind="by-guess", purpose=""))
    assert answer.status == 422 and not bench.transport.got["D01"]
    assert {finding.at for finding in answer.findings} >= {"/body/fields/queryKind", "/body/fields/purpose"}
    answer = await _ask(bench, hub, bench.record("eng-project"))
    assert (answer.status, answer.code) == (422, "service.unknown")
    assert hub.find(T01, "T01", "q1") is None
    await hub.drain()


async def test_the_providers_failures_have_their_names(tmp_path):
    async def slow(said):
        await asyncio.sleep(3600)

    hasty = Bench(tmp_path / "hasty", service_timeout=1.0)
    hasty.transport.behave["D01"] = slow
    hub = await hasty.open("T01")
    answer = await _ask(hasty, hub, _query(hasty, number="a"))
    assert (answer.status, answer.code) == (504, "upstream.timeout")
    await hub.drain()

    bench = Bench(tmp_path / "patient")
    hub = await bench.open("T01")

    async def told(number, behave):
        bench.transport.behave["D01"] = behave
        answer = await _ask(bench, hub, _query(bench, number=number))
        return answer.status, answer.code

    assert await told("b", lambda said: TransportError("network.refused", sent=False)) == (
        502,
        "upstream.unavailable",
    )
    assert await told("c", lambda said: {"kind": "refused", "code": "project.not-found"}) == (
        422,
        "project.not-found",
    )
    assert await told("d", lambda said: {"kind": "delivered", "data": {"found": True}}) == (
        502,
        "upstream.reply",
    )
    assert await told("e", lambda said: {"kind": "delivered", "data": {"found": False}}) == (200, "0000")
    await hub.drain()


async def test_a_failed_question_is_asked_again(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    envelope = _query(bench)
    bench.transport.behave["D01"] = lambda said: {"kind": "unknown", "code": "receiver.internal"}
    assert (await _ask(bench, hub, envelope)).status == 502
    bench.transport.behave["D01"] = lambda said: {"kind": "delivered", "data": FOUND}
    assert (
        await _ask(bench, hub, {**envelope, "head": {**envelope["head"], **bench.circumstance()}})
    ).status == 200
    await hub.drain()


async def test_what_a_bid_caused_is_sealed_like_the_bid(tmp_path):
    bench = Bench(tmp_path)
    bench.transport.behave["R01"] = lambda said: {"kind": "delivered", "data": CREDIT}
    hub = await bench.open("T01")
    before = (hub.status(), hub.metrics(), hub.outbox(CENTRE, None))
    section = {"tradeClass": "A03", "BID_SECTION_CODE": SECTION}
    answer = await _ask(bench, hub, _query(bench, "credit.query", section=section))
    assert (answer.status, dict(answer.data)) == (200, CREDIT), answer
    (said,) = bench.transport.got["R01"]
    assert "section" not in said["fields"] and SECTION not in str(said)
    assert hub.find(CENTRE, "T01", "q1") is None and hub.find(T01, "T01", "q1") is not None
    assert (hub.status(), hub.metrics(), hub.outbox(CENTRE, None)) == before
    await hub.drain()


async def test_a_foreign_caller_asks_through_its_dialect(tmp_path):
    bench = Bench(tmp_path)
    bench.transport.behave["D01"] = lambda said: {"kind": "delivered", "data": FOUND}
    hub = await bench.open("T03")
    fields = _query(bench)["body"]["fields"]
    asked = Incoming("project.query", "", "", "", 0, "abc-1", fields, authenticated=True)
    assert dict((await hub.submit_foreign("T03", asked)).data) == FOUND
    stranger = Incoming("project.query", "", "", "", 0, "abc-2", fields, authenticated=False)
    assert (await hub.submit_foreign("T03", stranger)).status == 401
    await hub.drain()


async def test_a_foreign_record_is_the_same_message_when_it_comes_again(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T03")
    body = bench.record("eng-project", sender="T03")["body"]
    incoming = Incoming(
        "project.info", "eng-project", "insert", body["key"], 1, "row-1", body["fields"], authenticated=True
    )
    first = await hub.submit_foreign("T03", incoming)
    bench.clock.on(900)
    again = await hub.submit_foreign("T03", incoming)
    assert (first.status, again.status) == (202, 200), (first, again)
    assert first.data == again.data
    await hub.drain()
