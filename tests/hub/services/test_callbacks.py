"""A provider calls back: kept once, matched by key, told to whoever asked and to nobody else."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from datetime import datetime, timedelta

import pytest
from core_kit import NOW, STANDARD, Bench, until
from following import folds_alike

from adapters.scan_oauth import DIALECT, proof
from hub.engine import Reader
from hub.journal.sqlite import FILE
from hub.message import wall
from hub.ports import Call, WireRequest
from hub.services.callbacks import load
from hub.services.tables import read_all

N05, T01 = Reader("N05"), Reader("T01")
KEYS = {"client_id": "N05-hub", "client_secret": "s3cret-of-n05"}
END = wall(NOW + timedelta(seconds=90))
TICKET = {"ticket": "QR-SECRET-0001", "qrContent": "https://x/q", "expireTime": END, "pollSeconds": 2}
ASKING = {
    "requestNo": "REQ-SECRET-1", "appId": "app", "scene": "login", "authMethods": ["licence"],
    "sessionHash": "s" * 64, "challenge": "c" * 32,
}  # fmt: skip
CERTIFICATE = {
    "caId": "C01", "issuer": "CN=示例", "serialNo": "01", "digest": "00", "medium": "tokenless",
    "usage": "sign", "notBefore": wall(NOW), "notAfter": END,
}  # fmt: skip
SIGNING = {
    "requestNo": "SIGN-SECRET-1", "certificate": CERTIFICATE, "signKind": "detached", "digest": "00" * 32,
    "digestAlgorithm": "01", "platformId": "T01", "action": "bid", "businessId": "b" * 64,
    "challenge": "c" * 32, "expireTime": END,
}  # fmt: skip


def _bench(tmp_path):
    bench = Bench(tmp_path)
    bench.dialects = dict.fromkeys((*bench.dialects, "scan-oauth"), bench.dialects["hub-unified-v1"])
    bench.states = iter(())

    def provider(said):
        if said["message"] == "auth.ticket":
            return {"kind": "delivered", "data": TICKET}
        if said["message"] == "ca.sign":
            return {"kind": "delivered", "data": {"state": "created", "ticket": "QR-2"}}
        return {"kind": "delivered", "data": {"state": next(bench.states, "new"), "expireTime": END}}

    bench.transport.behave["N05"] = provider
    return bench


def _question(bench, message, number, fields, sender="T01"):
    head = {
        "ver": "1", "realm": "sandbox", "from": sender, "to": "N05", "msgId": number, "msgType": message,
        **bench.circumstance(),
    }  # fmt: skip
    return bench.signed({"head": head, "body": {"fields": fields}})


def _state(bench, number="s1", sender="T01", **change):
    asked = {"ticket": TICKET["ticket"], "appId": "app", "sessionHash": ASKING["sessionHash"], **change}
    return _question(bench, "auth.state", number, asked, sender)


def _called(bench, event, number, data, nonce):
    """What the real dialect makes of a signed callback."""
    body = json.dumps({"event": event, "req_no": number, "data": data}).encode()
    headers = proof.headers(KEYS, "/oauth/callback", bench.clock(), nonce * 16, body)
    call = Call("N05", "", KEYS, bench.clock(), "n", "")
    return DIALECT.accept(WireRequest("POST", "/oauth/callback", headers, body), call)


def _millis(text=END):
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def _scanned(bench, state, nonce, **more):
    data = {"state": state, "ticket": TICKET["ticket"], "expire_time": _millis(), **more}
    return _called(bench, "state", ASKING["requestNo"], data, nonce)


async def _ticket(bench, hub):
    answer = await hub.service(_question(bench, "auth.ticket", "t1", ASKING))
    assert answer.status == 200, answer


async def test_the_asker_sees_the_new_state_and_nobody_is_asked_again(tmp_path):
    bench = _bench(tmp_path)
    hub = await bench.open("T01", "T03", "N05")
    await _ticket(bench, hub)
    first = await hub.submit_foreign("N05", _scanned(bench, 2, "a", code="CODE-SECRET"))
    assert (first.status, first.code) == (202, "0000"), first
    asked = len(bench.transport.got["N05"])
    answer = await hub.service(_state(bench))
    assert (answer.status, answer.data["state"], answer.data["code"]) == (200, "confirmed", "CODE-SECRET")
    assert (answer.story["source"], answer.story["provider"]) == ("callback", "N05")
    assert len(bench.transport.got["N05"]) == asked
    again = await hub.submit_foreign("N05", _scanned(bench, 2, "b", code="CODE-SECRET"))
    assert (again.status, again.data) == (200, first.data), "told again: the first receipt"
    other = await hub.submit_foreign("N05", _scanned(bench, 2, "c", code="OTHER"))
    assert (other.status, other.code) == (409, "idempotency.conflict")
    used = await hub.submit_foreign("N05", _scanned(bench, 2, "a", code="THIRD"))
    assert (used.status, used.code) == (401, "auth.nonce-reused")
    assert hub.trace(N05, first.data["hubId"])["state"] == "accepted"
    assert hub.trace(T01, first.data["hubId"]) is None, "its own sender's"
    await hub.timers.seal()
    assert hub.proof(N05, first.data["hubId"]) is not None
    await hub.drain()
    assert folds_alike(tmp_path)
    index = sqlite3.connect(tmp_path / FILE)
    tables = [list(index.execute(f"SELECT * FROM {name}")) for name in ("asked", "heard")]
    index.close()
    assert all(tables) and not [
        one for table in tables for row in table for one in row if isinstance(one, str)
    ]


async def test_another_session_or_asker_hears_nothing(tmp_path):
    bench = _bench(tmp_path)
    hub = await bench.open("T01", "T03", "N05")
    await _ticket(bench, hub)
    await hub.submit_foreign("N05", _scanned(bench, 2, "a", code="CODE-SECRET"))
    for envelope in (_state(bench, "x1", sessionHash="z" * 64), _state(bench, "x2", sender="T03")):
        answer = await hub.service(envelope)
        assert answer.data.get("code") is None and answer.story["source"] == "provider"
    await hub.drain()


async def test_a_late_callback_does_not_undo_a_later_state(tmp_path):
    bench = _bench(tmp_path)
    hub = await bench.open("T01", "N05")
    await _ticket(bench, hub)
    for state, nonce in ((2, "a"), (1, "b")):
        more = {"code": "K"} if state == 2 else {}
        assert (await hub.submit_foreign("N05", _scanned(bench, state, nonce, **more))).status == 202
    assert (await hub.service(_state(bench))).data["state"] == "confirmed"
    assert (await hub.submit_foreign("N05", _scanned(bench, 5, "d"))).status == 202
    assert (await hub.service(_state(bench, "s2"))).data["state"] == "used"
    await hub.drain()
    assert folds_alike(tmp_path)


async def test_an_unfinished_state_is_told_for_a_moment_only(tmp_path):
    """The callback after it may have been lost."""
    bench = _bench(tmp_path)
    bench.states = iter(["confirmed"])
    hub = await bench.open("T01", "N05")
    await _ticket(bench, hub)
    await hub.submit_foreign("N05", _scanned(bench, 1, "a"))
    assert (await hub.service(_state(bench))).story["source"] == "callback"
    bench.clock.on(3)
    answer = await hub.service(_state(bench, "s2"))
    assert (answer.data["state"], answer.story["source"]) == ("confirmed", "provider")
    await hub.drain()


async def test_what_nobody_asked_is_unknown_and_what_is_over_expired(tmp_path):
    bench = _bench(tmp_path)
    hub = await bench.open("T01", "N05", "C04")
    await _ticket(bench, hub)
    strange = _called(
        bench, "state", "REQ-OF-NOBODY", {"state": 1, "ticket": "x", "expire_time": _millis()}, "a"
    )
    answer = await hub.submit_foreign("N05", strange)
    assert (answer.status, answer.code) == (422, "ticket.unknown")
    told = await hub.submit_foreign("C04", _scanned(bench, 1, "e"))
    assert (told.status, told.code) == (422, "ticket.unknown"), "C04 was not asked"
    spent = await hub.submit_foreign("N05", _scanned(bench, 1, "a"))
    assert (spent.status, spent.code) == (401, "auth.nonce-reused"), "a refused callback uses its proof up"
    assert (await hub.submit_foreign("N05", _scanned(bench, 1, "b"))).status == 202
    bench.clock.on(91)
    late = await hub.submit_foreign("N05", _scanned(bench, 2, "c", code="K"))
    assert (late.status, late.code) == (422, "ticket.expired")
    assert (await hub.submit_foreign("N05", _scanned(bench, 1, "d"))).status == 200, (
        "known: the first receipt"
    )
    wire = DIALECT.reply(late, _scanned(bench, 2, "f"), Call("N05", "", KEYS, bench.clock(), "n", ""))
    assert b'"code":4102' in wire.body.replace(b" ", b"")
    assert (await hub.service(_state(bench))).story["source"] == "provider", "an old state is not told"
    await hub.drain()
    assert folds_alike(tmp_path)


async def test_a_callback_that_comes_before_the_answer_ends_the_waiting(tmp_path):
    bench = _bench(tmp_path)
    never = asyncio.Event()

    async def slow(said):
        await never.wait()
        return {"kind": "delivered", "data": {"state": "created"}}

    bench.transport.behave["N05"] = slow
    hub = await bench.open("T01", "N05")
    waiting = asyncio.ensure_future(hub.service(_question(bench, "ca.sign", "g1", SIGNING)))
    await until(lambda: bench.transport.got["N05"])
    data = {"state": 2, "evidence_no": "EV-1"}
    told = await hub.submit_foreign("N05", _called(bench, "sign", SIGNING["requestNo"], data, "a"))
    assert told.status == 202, told
    async with asyncio.timeout(60):
        answer = await waiting
    assert (answer.status, answer.data["state"]) == (200, "confirmed"), answer
    assert not len(hub.live.services.sources.memory.ears)
    never.set()
    assert hub.trace(N05, told.data["hubId"])["state"] == "accepted"
    repeated = await hub.service(_question(bench, "ca.sign", "g1", SIGNING))
    assert repeated.data["state"] == "confirmed"
    await hub.drain()
    assert folds_alike(tmp_path)


async def test_a_signature_comes_to_the_question_it_was_asked_with(tmp_path):
    """Sealed like its question; the same message again brings it, one about another digest does not."""
    bench = _bench(tmp_path)
    hub = await bench.open("T01", "N05")
    assert (await hub.service(_question(bench, "ca.sign", "g1", SIGNING))).data["state"] == "created"
    before = hub.metrics()
    data = {"state": 2, "evidence_no": "EV-1"}
    told = await hub.submit_foreign("N05", _called(bench, "sign", SIGNING["requestNo"], data, "a"))
    assert told.status == 202
    assert hub.trace(Reader("centre"), told.data["hubId"]) is None
    assert hub.metrics() == before, "a sealed question's callback is counted nowhere"
    answer = await hub.service(_question(bench, "ca.sign", "g1", SIGNING))
    assert (answer.data["state"], answer.data["evidenceNo"]) == ("confirmed", "EV-1")
    other = await hub.service(_question(bench, "ca.sign", "g2", {**SIGNING, "digest": "11" * 32}))
    assert other.data["state"] == "created"
    await hub.drain()
    assert folds_alike(tmp_path)


async def test_who_was_refused_a_number_does_not_keep_it(tmp_path):
    bench = _bench(tmp_path)
    refuse = iter([{"kind": "refused", "code": "receiver.field-format"}])
    good = bench.transport.behave["N05"]
    bench.transport.behave["N05"] = lambda said: next(refuse, None) or good(said)
    hub = await bench.open("T01", "T03", "N05")
    assert (await hub.service(_question(bench, "auth.ticket", "t0", ASKING, "T03"))).status == 422
    await _ticket(bench, hub)
    await hub.submit_foreign("N05", _scanned(bench, 2, "a", code="K"))
    assert (await hub.service(_state(bench))).story["source"] == "callback"
    await hub.drain()
    assert folds_alike(tmp_path)


async def test_half_a_callback_is_refused_with_its_findings(tmp_path):
    bench = _bench(tmp_path)
    hub = await bench.open("T01", "N05")
    await _ticket(bench, hub)
    stateless = {"ticket": TICKET["ticket"], "expire_time": _millis()}
    for nonce, data in (("a", {"state": 1, "expire_time": _millis()}), ("b", stateless)):
        answer = await hub.submit_foreign("N05", _called(bench, "state", ASKING["requestNo"], data, nonce))
        assert (answer.status, answer.code) == (422, "field.required"), answer
    assert (await hub.service(_state(bench))).story["source"] == "provider"
    await hub.drain()


@pytest.mark.parametrize(
    "change",
    [
        {"service": "no.such"},
        {"key": "noField"},
        {"by": "noField"},
        {"same": "noField"},
        {"order": "new"},
        {"ends": "no"},
    ],
)
def test_a_table_that_says_what_is_not_stops_the_start(change):
    tables = read_all()
    rows = tables["callbacks.csv"]
    assert len(load(STANDARD, tables)) == len(rows)
    with pytest.raises(ValueError, match=r"callbacks\.csv"):
        load(STANDARD, {**tables, "callbacks.csv": [{**rows[0], **change}, *rows[1:]]})
