"""A notice that carries no record and names nobody goes to who subscribed, and never before its gate."""

from __future__ import annotations

import json

import pytest
from core_kit import CENTRE, NOW, STANDARD, Bench, until
from following import folds_alike

from hub.catalogue import CatalogueError, Papers, load
from hub.catalogue.model import NOTICE, OWNER, Subscription
from hub.engine import Reader
from hub.message import wall
from hub.pipeline.routing import notify
from tests.rows import each

CATALOGUE = load()
KINDS = {row.id: row.kind for row in CATALOGUE.systems}
HEADER = "stage,receiver,message,region,provenance,note"
PARTY = {"type": "1", "code": "91620700MAXG7RXC17", "name": "示例公司"}
FINANCE = {
    "platformApplyNo": "P-1", "applyNo": "A-1", "filingNo": "C-1", "outcome": "granted",
    "resultTime": wall(NOW),
}  # fmt: skip


def _row(receiver, message):
    return Subscription(NOTICE, receiver, message, "*", "ours", "")


def _told(message, *receivers, owner="", sender="F03", sealed=False):
    rows = [_row(one, message) for one in receivers]
    service = STANDARD.services[message]
    legs = notify(STANDARD, service, rows, sender=sender, owner=owner, sealed=sealed, kind_of=KINDS)
    return [(leg.receiver, leg.sealed) for leg in legs]


def test_a_subscriber_must_be_one_the_standard_names():
    assert _told("contract-finance.result", "P13", "P02", "P21", sender="F02") == [
        ("P13", False),
        ("P21", False),
    ]
    assert _told("ca.sync", "P09", "C05", "C04", sender="C05") == [("P09", False)], "and not its own sender"


def test_a_deposit_is_for_the_system_that_runs_the_deal_alone():
    """The standard names P01, yet a margin is the running system's to know (field-policy, class P)."""
    assert _told("deposit.payin", "P01", "P05", OWNER, owner="T01", sealed=True) == [("T01", True)]
    assert _told("deposit.payin", OWNER, owner="") == []
    assert _told("deposit.payin", OWNER, owner="M02") == [], "a centre's platform is not the running system"
    assert _told("entry.accept", OWNER, owner="M02", sender="P01") == [("M02", False)]


@each("row", CATALOGUE.notices, ids=lambda row: f"{row.receiver}-{row.message}")
def test_a_shipped_row_ends_at_somebody_who_may_know_and_can_read(row):
    if row.receiver == OWNER:
        assert _told(row.message, OWNER, owner="T01") == [("T01", False)]
        return
    assert _told(row.message, row.receiver, sender="") == [(row.receiver, False)]
    dialect = CATALOGUE.dialects[CATALOGUE.system(row.receiver).dialect]
    if not dialect.native:
        rows = Papers.load(dialect.id).fields
        assert [one for one in rows if one.message == row.message and one.direction == "request"]


def _subscribe(data, *rows):
    folder = data / "catalogue"
    folder.mkdir()
    text = "\n".join(f"-,{receiver},{message},*,ours," for receiver, message in rows)
    (folder / "subscriptions.csv").write_text(f"{HEADER}\n{text}\n", "utf-8")


def _notice(bench, sender, message, number, fields, **head):
    said = {
        "ver": "1", "realm": "sandbox", "from": sender, "msgId": number, "msgType": message,
        **bench.circumstance(), **head,
    }  # fmt: skip
    return bench.signed({"head": said, "body": {"fields": fields}})


def _bench(data, *rows):
    _subscribe(data, *rows)
    bench = Bench(data)
    bench.keys = type(bench.keys)("T01", "T03", "F02", "F03")
    bench.dialects = dict.fromkeys(CATALOGUE.dialects, next(iter(bench.dialects.values())))
    return bench


async def test_a_result_goes_to_its_subscribers_unless_it_names_one(tmp_path):
    bench = _bench(tmp_path, ("P13", "contract-finance.result"), ("P21", "contract-finance.result"))
    hub = await bench.open("F02")
    got = bench.transport.got
    for number, head in (("n1", {}), ("n2", {"to": "P13"})):
        answer = await hub.submit(_notice(bench, "F02", "contract-finance.result", number, FINANCE, **head))
        assert answer.status == 202, answer
    await until(lambda: len(got["P13"]) == 2 and got["P21"])
    assert got["P13"][0]["fields"]["outcome"] == "granted" and len(got["P21"]) == 1
    await hub.drain()
    assert folds_alike(tmp_path)


def _payin(bench, section, number="HS1"):
    account = {"bank": "示例银行", "accountName": "示例户", "accountNo": "62000001"}
    fields = {
        "bankSerial": number, "account": account, "payer": PARTY, "MARGIN_PAY": "50000",
        "MARGIN_RECEIVE_TIME": wall(NOW), "MARGIN_PAY_FORM": "1",
        **({"section": {"tradeClass": "A01", "BID_SECTION_CODE": section}} if section else {}),
    }  # fmt: skip
    return _notice(bench, "F03", "deposit.payin", number, fields)


async def test_a_pay_in_waits_for_the_opening_and_then_goes_to_who_runs_the_deal(tmp_path):
    bench = _bench(tmp_path, (OWNER, "deposit.payin"), ("P01", "deposit.payin"), ("P05", "deposit.payin"))
    hub = await bench.open("T01", "F03", by_hand=True)
    for stage in ("eng-project", "eng-tender-project", "eng-section", "eng-tender-notice"):
        assert (await bench.send(hub, stage)).status == 202
    section = bench.record("eng-section")["body"]["fields"]["BID_SECTION_CODE"]
    before = hub.metrics()
    for number, code in (("HS1", section), ("HS2", "")):
        assert (await hub.submit(_payin(bench, code, number))).status == 202
    bench.clock.on(5)
    await hub.timers.tick()
    got = bench.transport.got
    assert not [one for said in got.values() for one in said if one["message"] == "deposit.payin"]
    assert hub.find(CENTRE, "F03", "HS1") is None and hub.find(Reader("T01"), "F03", "HS1") is None
    assert not [row for row in hub.outbox(CENTRE, None) if row["message"] == "deposit.payin"]
    assert not [row for row in hub.outbox(Reader("T01"), None) if row["message"] == "deposit.payin"]
    assert "deposit" not in json.dumps([hub.status(), hub.metrics()])
    assert {name: n for name, n in before.items() if "F03" in name} == {
        name: n for name, n in hub.metrics().items() if "F03" in name
    }
    await bench.send(hub, "eng-bidder-list")
    assert (await bench.send(hub, "eng-bid-opening")).status == 202
    told = await until(lambda: [one for one in got["T01"] if one["message"] == "deposit.payin"])
    assert [one["fields"]["bankSerial"] for one in told] == ["HS1"], "one without a section never speaks"
    assert not [one for who in ("P01", "P05") for one in got[who] if one["message"] == "deposit.payin"]
    await hub.drain()
    assert folds_alike(tmp_path)


def test_rows_of_messages_are_judged_like_any(tmp_path):
    """Several messages for one receiver, each once; `@owner` for messages only."""
    (tmp_path / "subscriptions.csv").write_text(
        f"{HEADER}\n-,P13,mall.order,*,ours,\n-,P13,agency.result,*,ours,\n", "utf-8"
    )
    found = load(overlay=tmp_path)
    assert {row.message for row in found.notices if row.receiver == "P13"} >= {"mall.order", "agency.result"}
    assert not [row for row in found.subscriptions if row.stage == NOTICE]
    for row in (
        "-,P13,mall.order,*,ours,\n-,P13,mall.order,*,ours,",
        "eng-project,@owner,project.info,*,ours,",
    ):
        (tmp_path / "subscriptions.csv").write_text(f"{HEADER}\n{row}\n", "utf-8")
        with pytest.raises(CatalogueError):
            load(overlay=tmp_path)
