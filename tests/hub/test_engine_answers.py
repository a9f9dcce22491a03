"""What a sender is told, in which order of reasons, and that it is told the same again."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest
from core_kit import Bench, until

from hub.engine import Reader


def _with(envelope, **head):
    return {**envelope, "head": {**envelope["head"], **head}}


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"{", 400, "json.malformed"),
        ('{"中'.encode("gbk"), 400, "json.encoding"),
        (b"[" * 40 + b"]" * 40, 400, "json.depth"),
        (b'{"head":{},"head":{},"body":1.5}', 422, "json.duplicate-key"),
        (b"[]", 422, "envelope.type"),
        (b" " * 5_000_000, 413, "message.too-large"),
    ],
)
async def test_bytes_are_judged_before_anything_else(tmp_path, raw, status, code):
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    answer = await hub.submit(raw)
    assert (answer.status, answer.code) == (status, code)
    await hub.drain()


async def test_every_reason_has_its_own_answer(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    good = bench.record("eng-project")
    signed = json.loads(bench.signed(good))

    async def told(envelope):
        answer = await hub.submit(json.dumps(envelope).encode())
        return answer.status, answer.code

    assert await told(_with(signed, **{"from": "T09"})) == (401, "auth.key")
    assert await told(_with(signed, **{"from": "T03"})) == (403, "member.not-online")
    assert await told(_with(signed, realm="production")) == (422, "realm.mismatch")
    assert await told(_with(signed, msgId="other")) == (401, "auth.signature")
    assert await told(_with(signed, sign={**signed["head"]["sign"], "keyId": "T03-1"})) == (401, "auth.key")
    stale = json.loads(bench.signed(_with(good, time="2026-11-22T08:00:00+08:00")))
    assert await told(stale) == (401, "auth.time-window")
    bad = bench.record("eng-project", fields={"REGION_CODE": "999999", "PROJECT_NAME": "", "WRONG": "1"})
    answer = await hub.submit(bench.signed(bad))
    assert answer.status == 422
    assert {finding.at for finding in answer.findings} >= {
        "/body/fields/REGION_CODE", "/body/fields/PROJECT_NAME", "/body/fields/WRONG"
    }  # fmt: skip
    assert await told(signed) == (202, "0000")
    await hub.drain()


async def test_a_repeated_message_gets_its_first_receipt_even_after_a_restart(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    envelope = bench.record("eng-project")
    raw = bench.signed(envelope)
    first = await hub.submit(raw)
    again = await hub.submit(raw)
    assert (first.status, again.status) == (202, 200)
    assert again.data == first.data
    await hub.drain()
    bench.clock.on(3600)
    hub = await bench.open()
    assert (await hub.submit(raw)).data == first.data, "same bytes, an hour later"
    fresh = await hub.submit(bench.signed(_with(envelope, **bench.circumstance())))
    assert (fresh.status, fresh.data) == (200, first.data), "fresh time and nonce, same content"
    other = _with(envelope, **bench.circumstance())
    other["body"] = {**other["body"], "key": "another"}
    refused = await hub.submit(bench.signed(other))
    assert (refused.status, refused.code, refused.data) == (409, "idempotency.conflict", {})
    await hub.drain()


async def test_requests_without_envelope_use_up_their_nonces_too(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    assert await hub.use_nonce("T01-1", "n1") and not await hub.use_nonce("T01-1", "n1")
    assert await hub.use_nonce("T03-1", "n1"), "nonces belong to a key"
    await hub.drain()
    hub = await bench.open()
    assert not await hub.use_nonce("T01-1", "n1")
    bench.clock.on(601)
    assert await hub.use_nonce("T01-1", "n2") and await hub.use_nonce("T01-1", "n1"), "kept for two windows"
    await hub.drain()


async def test_too_many_at_once_are_told_to_come_back_and_nothing_is_lost(tmp_path):
    bench = Bench(tmp_path, queue_limit=5)
    hub = await bench.open("T01")
    raws = [bench.signed(bench.record("eng-project", seed=seed)) for seed in range(1, 41)]
    entered, gate = threading.Event(), threading.Event()
    busy = asyncio.ensure_future(
        hub._parts.writer.do(lambda tx: entered.set() or gate.wait(60), own=True, long=True)
    )
    await until(entered.is_set)
    many = [asyncio.ensure_future(hub.submit(raw)) for raw in raws]
    await until(lambda: sum(one.done() for one in many) == 35)
    gate.set()
    await busy
    answers = await asyncio.gather(*many)
    turned = [answer for answer in answers if answer.status == 503]
    assert len(turned) == 35 and all(answer.retry_after for answer in turned)
    again = [await hub.submit(raw) for raw in raws]
    assert sorted({answer.status for answer in again}) == [200, 202]
    assert len({answer.data["hubId"] for answer in again}) == 40
    await hub.drain()
    assert (await hub.submit(raws[0])).code == "hub.draining"


async def test_a_nonce_is_good_once_even_across_a_restart(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    envelope = bench.record("eng-project")
    assert (await hub.submit(bench.signed(envelope))).status == 202
    await hub.drain()
    hub = await bench.open()
    replayed = bench.record("eng-project", seed=2, nonce=envelope["head"]["nonce"])
    assert (await hub.submit(bench.signed(replayed))).code == "auth.nonce-reused"
    await hub.drain()


async def test_stateful_rules_show_as_receipt_states(tmp_path):
    bench = Bench(tmp_path)
    hub = await bench.open("T01", "T03")
    early = await bench.send(hub, "eng-section")
    assert (early.status, early.data["receiptState"], early.data["reason"]) == (202, "held", "R05")
    assert (await bench.send(hub, "eng-tender-project")).data["receiptState"] == "accepted"
    released = hub.trace(Reader("T01"), early.data["hubId"])
    assert [state["state"] for state in released["states"]][:3] == ["received", "held", "accepted"]
    twin = bench.record("eng-tender-project", sender="T03", key="mine-1")
    answer = await hub.submit(bench.signed(twin))
    assert (answer.data["receiptState"], answer.data["reason"]) == ("refused", "R06")
    second = bench.record("eng-tender-project", msgId="again", key="eng-tender-project-1", version=1)
    second["body"]["fields"]["TENDER_PROJECT_NAME"] = "改过的名称"
    assert (await hub.submit(bench.signed(second))).data["reason"] == "R07"
    gap = bench.record("eng-tender-project", op="update", version=3, msgId="v3")
    held = await hub.submit(bench.signed(gap))
    assert held.data["reason"] == "record.gap"
    change = bench.record("eng-tender-project", op="update", version=2, msgId="v2")
    assert (await hub.submit(bench.signed(change))).data["receiptState"] == "accepted"
    assert hub.trace(Reader("T01"), held.data["hubId"])["states"][-1]["state"] in {"accepted", "delivered"}
    await hub.drain()


async def test_an_amount_too_large_waits_for_the_centre(tmp_path):
    from core_kit import CENTRE

    bench = Bench(tmp_path)
    hub = await bench.open("T01")
    await bench.send(hub, "eng-tender-project")
    await bench.send(hub, "eng-tender-notice")
    big = {"CONTRACT_RECKON_PRICE": "400000", "PRICE_UNIT": "1"}
    answer = await bench.send(hub, "eng-section", fields=big)
    assert (answer.data["receiptState"], answer.data["reason"]) == ("held", "R04"), answer
    hub_id = answer.data["hubId"]
    assert not await hub.release(Reader("T01"), hub_id)
    assert await hub.release(CENTRE, hub_id)
    assert not await hub.release(CENTRE, hub_id)
    assert hub.trace(Reader("T01"), hub_id)["states"][-1]["state"] in {"accepted", "delivered"}
    await hub.drain()
