"""An answer that says "taken, not finished" is followed up when the same question comes again."""

from __future__ import annotations

from core_kit import NOW, Bench
from following import Bureau, Following, folds_alike

from hub.engine import Reader
from hub.message import wall
from hub.standard import load

T01 = Reader("T01")
PAID = {
    "kind": "delivered",
    "code": "ok",
    "data": {"refundState": "paid", "resultState": "done", "paidTime": wall(NOW)},
}
TAKEN = {"kind": "delivered", "data": {"refundState": "in-process", "resultState": "pending"}}
FIELDS = {
    "refundNo": "TK-1",
    "section": {"tradeClass": "A01", "BID_SECTION_CODE": "E6210262602013950001001"},
    "payee": {"type": "1", "code": "91620700MAXG7RXC17", "name": "示例公司"},
    "MARGIN_ACCOUNT": "62220000",
    "amount": {"amount": "50000", "unit": "0"},
    "reason": "not-winning",
    "bankSerial": "HS1",
}


def _refund(bench, number="r1"):
    head = {
        "ver": "1", "realm": "sandbox", "from": "T01", "msgId": number, "msgType": "deposit.refund",
        **bench.circumstance(),
    }  # fmt: skip
    return bench.signed({"head": head, "body": {"fields": FIELDS}})


def _bench(tmp_path, *states):
    bench = Bench(tmp_path)
    bench.transport = Bureau(*states)
    bench.dialects = {name: Following() for name in (*bench.dialects, "bank-tcp-xml")}
    bench.transport.behave["F03"] = lambda said: TAKEN
    return bench


async def test_a_refund_is_ordered_once_and_asked_after(tmp_path):
    waiting = {"kind": "delivered", "code": "ok", "data": TAKEN["data"]}
    bench = _bench(tmp_path, waiting, {"there": None}, PAID)
    hub = await bench.open("T01")
    for _ in range(3):
        answer = await hub.service(_refund(bench))
        assert (answer.status, answer.data.get("resultState")) == (200, "pending"), answer
    states = [one["state"] for one in hub.find(T01, "T01", "r1")["states"]]
    assert states.count("answered") == 1, "what tells nothing new is not written down"
    answer = await hub.service(_refund(bench))
    assert (answer.status, answer.data["refundState"]) == (200, "paid")
    assert (await hub.service(_refund(bench))).data["refundState"] == "paid"
    assert len(bench.transport.got["F03"]) == 1
    assert len(bench.transport.asked["F03"]) == 3, "and nothing is asked of what is done"
    await hub.drain()
    assert folds_alike(tmp_path)


async def test_a_bank_that_never_had_it_gets_it_again(tmp_path):
    bench = _bench(tmp_path, {"there": False})
    hub = await bench.open("T01")
    await hub.service(_refund(bench))
    bench.transport.behave["F03"] = lambda said: PAID
    assert (await hub.service(_refund(bench))).data["refundState"] == "paid"
    first, second = bench.transport.got["F03"]
    assert first["key"] == second["key"] and first["nonce"] != second["nonce"]
    await hub.drain()


def test_unfinished_values_are_values_of_the_standard():
    from hub.services.tables import read_all
    from hub.services.terms import load as load_terms

    found = load_terms(load(), read_all())
    assert found["deposit.refund"].open({"resultState": "pending"})
    assert not found["deposit.refund"].open({"resultState": "done"})
    assert not found["project.query"].open({"resultState": "pending"})
