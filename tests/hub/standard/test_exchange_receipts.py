"""The table of receipt states against the running hub: only its moves are made, and all of them are."""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from pathlib import Path

from core_kit import CENTRE, NOW, Bench, until

import hub.pipeline.stateful as stateful
from hub.delivery.transport import TransportError
from hub.engine import Reader
from hub.message import wall

T01 = Reader("T01")
FOUND = {
    "found": True, "PROJECT_NAME": "示例项目", "LEGAL_PERSON": "示例单位", "APPROVAL_AUTHORITY": "示例局",
    "approvalResult": "approved", "asOf": wall(NOW),
}  # fmt: skip


def _verdicts():
    """Every literal `Verdict(state, reason)` of the stateful rules."""
    for path in sorted(Path(inspect.getfile(stateful)).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Verdict":
                state = node.args[0].value
                texts = [
                    one.value for one in ast.walk(ast.Tuple(node.args[1:])) if isinstance(one, ast.Constant)
                ]
                yield from ((state, reason) for reason in texts or [""])


def test_every_verdict_of_the_stateful_rules_is_a_move_of_the_table_and_the_other_way_round(standard):
    exchange, found = standard.exchange, set(_verdicts())
    assert len(found) > 9
    stated = {
        (move.to, reason) for move in exchange.moves if move.origin == "checked" for reason in move.reasons
    } | {("accepted", "")}
    assert found == stated
    again = {(move.to, reason) for move in exchange.moves if move.origin == "held" for reason in move.reasons}
    # An erasure ends a held record; that is an act of the centre, not a verdict of a rule.
    assert again - stated == {("refused", "privacy.erased")}


def _moves(trace):
    """(from, to, reason) of one trace; the 202 was `checked`, between `received` and the first verdict."""
    states = [(one["state"], one["reason"]) for one in trace["states"]]
    assert states[0] == ("received", "")
    walk = [("", ""), states[0], ("checked", ""), *states[1:]]
    return {(origin, to, reason) for (origin, _), (to, reason) in pairwise(walk)}


async def _life(bench, hub):
    """Messages of every fate; gives the answers that left a trace, by hub id."""
    ids = []

    async def send(stage, **more):
        answer = await bench.send(hub, stage, **more)
        assert answer.status == 202, answer
        ids.append(answer.data["hubId"])
        return answer

    big = {"CONTRACT_RECKON_PRICE": "300001", "PRICE_UNIT": "1"}
    await send("eng-section", fields=big)  # held for its parent, then for the officer, then released
    await send("eng-bid-opening", fields={"BID_OPENING_TIME": "2027-01-04T09:00:00+08:00"})  # held, refused
    await send("eng-tender-project")
    assert await hub.release(CENTRE, ids[0])
    await send("eng-project")
    await until(lambda: hub.trace(T01, ids[3])["state"] == "delivered")
    await send("eng-project", msgId="same")  # the very same record
    await send("eng-project", seed=2, op="update", version=2)  # held: never inserted
    await send("eng-project", msgId="gap", op="update", version=4)  # held: two versions missing
    await send("eng-project", msgId="next", op="update", version=2)
    await send(
        "eng-project", msgId="old", op="update", version=2, fields={"PROJECT_NAME": "另一名称"}
    )  # refused
    assert await hub.replay(CENTRE, {"state": "delivered", "hubId": ids[3]}) > 0
    await until(lambda: [one["state"] for one in hub.trace(T01, ids[3])["states"]].count("delivered") > 1)
    return ids


OTHER = "2602-621026-89-01-491213"  # what was answered once may be remembered


def _query(bench, number, code="2602-621026-89-01-491212"):
    fields = {
        "queryKind": "invest-code",
        "INVEST_PROJECT_CODE": code,
        "purpose": "招标",
    }
    head = {"ver": "1", "realm": "sandbox", "from": "T01", "msgId": number, "msgType": "project.query"}
    return {"head": {**head, **bench.circumstance()}, "body": {"fields": fields}}


async def _questions(bench, hub):
    """One answered at once; one twice unanswered, then answered."""
    bench.transport.behave["D01"] = lambda said: {"kind": "delivered", "data": FOUND}
    assert (await hub.service(bench.signed(_query(bench, "q1")))).status == 200
    bench.transport.behave["D01"] = lambda said: TransportError("network.refused", sent=False)
    for _ in range(2):
        assert (await hub.service(bench.signed(_query(bench, "q2", OTHER)))).status == 502
    bench.transport.behave["D01"] = lambda said: {"kind": "delivered", "data": FOUND}
    assert (await hub.service(bench.signed(_query(bench, "q2", OTHER)))).status == 200
    return [hub.find(T01, "T01", name) for name in ("q1", "q2")]


async def test_the_running_hub_moves_as_the_table_says_and_uses_all_of_it(tmp_path, standard):
    bench, exchange = Bench(tmp_path), standard.exchange
    hub = await bench.open("T01", "T03")
    ids = await _life(bench, hub)
    traces = [hub.trace(T01, one) for one in ids] + await _questions(bench, hub)
    seen = set().union(*(_moves(trace) for trace in traces))
    await hub.drain()
    for origin, to, reason in seen:
        assert exchange.may(origin, to), (origin, to)
        assert reason == "" or reason in exchange.reasons(to) or to in {"answered", "unanswered"}, (
            to,
            reason,
        )
    pairs = {(origin, to) for origin, to, _ in seen}
    assert {(move.origin, move.to) for move in exchange.moves} - pairs == {("received", "refused")}
    assert {state for pair in pairs for state in pair} - {""} <= set(exchange.states)


async def test_what_the_stateless_checks_refuse_leaves_no_trace_and_may_come_again_mended(tmp_path, standard):
    assert standard.exchange.may("received", "refused")
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    wrong = await bench.send(hub, "eng-project", msgId="once", fields={"PROJECT_CODE": "x"})
    assert wrong.status == 422 and wrong.findings and "hubId" not in wrong.data
    assert hub.find(T01, "T01", "once") is None
    mended = await bench.send(hub, "eng-project", msgId="once")
    assert (mended.status, mended.data["receiptState"]) == (202, "accepted")
    await hub.drain()
