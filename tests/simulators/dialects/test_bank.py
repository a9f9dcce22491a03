"""The bank: golden transcripts, its order of checks, its money, its night."""

from __future__ import annotations

import base64
import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.catalogue.papers import Papers
from hub.message import CST
from simulators.desk import Desk
from simulators.dialects.bank_documents import understood
from simulators.dialects.bank_tcp_xml import BankTcpXml
from simulators.roll import roll
from simulators.systems.build import Making, build
from simulators.wire import Reply, Request

PAPERS = Papers.load("bank-tcp-xml")
LINES = {line["id"]: line for line in PAPERS.golden()}
DAY = datetime(2026, 11, 22, 9, 0, 1, tzinfo=CST)
AFTER = datetime(2026, 12, 20, 9, 0, 0, tzinfo=CST)
ACCOUNT = base64.b64decode(LINES["account-ok"]["request"]["body_b64"])
OPENING = base64.b64decode(LINES["opening-ok"]["request"]["body_b64"])
REFUND = base64.b64decode(LINES["refund-paid"]["request"]["body_b64"])
STATE = base64.b64decode(LINES["refund-state-paid"]["request"]["body_b64"])
PAYINS = base64.b64decode(LINES["payin-two"]["request"]["body_b64"])


class Counter:
    """The bank's counter without a socket."""

    def __init__(self, **switches: Any) -> None:
        self.desk = Desk("F03", "银行", "bank-tcp-xml", "", {"auth_code": "GS6201"}, switches=switches)
        self.side = BankTcpXml(self.desk)

    def raw(self, document: bytes, *moods: str, at: datetime = DAY) -> Reply:
        self.desk.moods = frozenset(moods)
        try:
            return self.side.answer(Request("TCP", "/", base="tcp://127.0.0.1:9", body=document), at)
        finally:
            self.desk.moods = frozenset()

    def say(self, document: bytes, *moods: str, at: datetime = DAY) -> dict[str, str]:
        return dict(understood(self.raw(document, *moods, at=at).body).body)

    def golden(self, ident: str, *moods: str) -> None:
        line = LINES[ident]
        at = datetime.fromisoformat(line["at"]) + timedelta(seconds=1)
        said = self.raw(base64.b64decode(line["request"]["body_b64"]), *moods, at=at).body
        assert mask(said) == mask(base64.b64decode(line["reply"]["body_b64"])), ident

    def receive(self, *idents: str) -> None:
        """Money came in: the lines as the golden answer has them."""
        told = understood(base64.b64decode(LINES["payin-two"]["reply"]["body_b64"]))
        names = {row.foreign.lower(): row.foreign for row in PAPERS.rows("deposit.payin", "request")}
        for line in told.lists["line"]:
            if line["hstseqnum"] in idents:
                self.side.book.lines[line["hstseqnum"]] = {names[n]: v for n, v in line.items()}


def mask(raw: bytes) -> str:
    return re.sub("(<RefundSeq>TS)[0-9]+", r"\1#", raw.decode("gb2312"))


def changed(document: bytes, old: str, new: str) -> bytes:
    text = document.decode("gb18030")
    assert old in text
    return text.replace(old, new).encode("gb18030")


def numbered(document: bytes, seq: str) -> bytes:
    return re.sub(rb"<SeqNo>[0-9]+<", f"<SeqNo>{seq}<".encode("gb18030"), document)


def test_golden_accounts_and_opening() -> None:
    at = Counter()
    at.golden("opening-unknown")
    for ident in ("account-ok", "account-again", "opening-ok"):
        at.golden(ident)
    assert at.desk.ledger.effects == 2
    Counter().golden("account-one-bank", "repeated-bank-single")
    Counter().golden("account-case", "element-case-drift", "repeated-bank-single")
    Counter().golden("account-no-head", "answer-without-head")
    Counter().golden("account-night")
    stranger = Counter()
    stranger.desk.credentials = {"auth_code": "GS9999"}
    stranger.golden("account-bad-auth")


def test_golden_money() -> None:
    at = Counter()
    at.receive("HS2026121000000117", "HS2026121000000118")
    at.golden("payin-two")
    at.golden("refund-state-none")
    at.golden("refund-accepted", "refund-in-two-steps")
    assert at.say(STATE)["result"] == "2"
    assert at.say(STATE, at=DAY + timedelta(minutes=11))["result"] == "1"
    bounced = Counter()
    bounced.receive("HS2026121000000117")
    bounced.raw(REFUND, "refund-bounced")
    bounced.golden("refund-state-bounced")
    paid = Counter()
    paid.receive("HS2026121000000117")
    paid.golden("refund-paid")
    paid.golden("refund-state-paid")
    poor = Counter()
    poor.receive("HS2026121000000117")
    poor.side.book.lines["HS2026121000000117"] = {"HstSeqNum": "HS2026121000000117", "Amt": "1.00"}
    poor.golden("refund-too-much")


def test_pay_in_lines_once_or_twice_and_none() -> None:
    at = Counter()
    at.receive("HS2026121000000117")
    once = understood(at.raw(PAYINS).body).lists["line"]
    twice = understood(at.raw(PAYINS, "duplicate-pay-in").body).lists["line"]
    assert len(once) == 1 and twice == (once[0], once[0])
    at.golden("payin-doubled", "duplicate-pay-in")
    empty = Counter()
    empty.raw(ACCOUNT)
    empty.golden("payin-none")
    assert Counter().say(PAYINS)["errcode"] == "2004"


def test_refunds_and_what_is_left() -> None:
    at = Counter()
    at.raw(ACCOUNT)
    assert at.say(REFUND)["errcode"] == "2004"
    at.receive("HS2026121000000117")
    assert at.say(REFUND)["errcode"] == "2008", "the section is not open yet"
    assert at.say(REFUND, at=AFTER)["result"] == "1"
    again = at.say(REFUND, at=AFTER)
    assert (again["result"], again["dup"]) == ("1", "1")
    more = numbered(changed(REFUND, "TK-2026-0001", "TK-2026-0002"), "7")
    assert at.say(more, at=AFTER)["errcode"] == "2007"
    assert at.desk.ledger.find("deposit.refund", "TK-2026-0001") is not None
    other = changed(REFUND, "18.05", "18.06")
    assert at.say(other, at=AFTER)["errcode"] == "2006"


def test_a_bounced_refund_frees_the_money() -> None:
    at = Counter()
    at.receive("HS2026121000000117")
    assert at.say(REFUND, "refund-bounced", "refund-in-two-steps")["result"] == "2"
    assert at.say(STATE, at=DAY + timedelta(minutes=11))["result"] == "3"
    more = numbered(changed(REFUND, "TK-2026-0001", "TK-2026-0002"), "7")
    assert at.say(more)["result"] == "1"


def test_the_order_of_checks() -> None:
    night = DAY.replace(hour=23)
    broken = changed(changed(ACCOUNT, "GS6201", "XXXXXX"), "<Mode>1", "<Mode>9")
    at = Counter()
    assert at.say(b"x" * 65537)["errcode"] == "4003"
    assert at.say(b"<root><head>")["errcode"] == "4002"
    assert at.say(b'<!DOCTYPE r [<!ENTITY a "b">]><root></root>')["errcode"] == "4002"
    assert at.say(b"<html></html>")["errcode"] == "4002"
    assert at.say(changed(broken, "3001<", "3999<"), at=night)["errcode"] == "4001"
    assert at.say(broken, at=night)["errcode"] == "1001"
    wrong = changed(ACCOUNT, "<Mode>1", "<Mode>9")
    assert at.say(wrong, at=night)["errcode"] == "3001"
    assert at.say(wrong)["errcode"] == "2003"
    assert at.say(changed(ACCOUNT, "<OpenDate>20261214", "<OpenDate>2026121x"))["errcode"] == "2002"
    assert at.say(changed(ACCOUNT, "<ReqNo>DA-2026-0001</ReqNo>", ""))["errcode"] == "2001"
    assert at.desk.ledger.effects == 0
    assert at.say(ACCOUNT)["result"] == "1", "what was refused may be said again under its number"
    assert at.say(wrong)["errcode"] == "2006", "known number first, fields later"
    assert Counter(allow_from=("tcp://10.",)).say(ACCOUNT)["errcode"] == "1002"


@pytest.mark.parametrize(
    ("hour", "minute", "shut"), [(22, 59, False), (23, 0, True), (0, 29, True), (0, 30, False)]
)
def test_the_night(hour: int, minute: int, shut: bool) -> None:
    said = Counter().say(ACCOUNT, at=DAY.replace(hour=hour, minute=minute, second=0))
    assert (said.get("errcode") == "3001") is shut


def test_a_fleet_that_is_shown_at_any_hour_has_no_night() -> None:
    night = DAY.replace(hour=23, minute=30)
    assert Counter().side.closed(night) and not Counter(sleepless=True).side.closed(night)
    assert Counter(sleepless=True).say(ACCOUNT, at=night).get("errcode") != "3001"
    for ident in ("M13", "M14"):
        shut, awake = (build(roll()[ident], Making(sleepless=on)).side for on in (False, True))
        at = DAY.replace(hour=2, minute=30)
        assert shut.closed(at) and not awake.closed(at), ident  # type: ignore[attr-defined]


def test_faults_by_name() -> None:
    codes = {"busy": "3002", "internal-error": "9999", "night-batch-window": "3001"}
    for fault, code in codes.items():
        at = Counter()
        assert at.say(ACCOUNT, fault)["errcode"] == code
        assert at.desk.ledger.effects == 0
    assert Counter().raw(ACCOUNT, "no-length-prefix").headers == {"pieces": "7"}
    assert Counter().raw(ACCOUNT, "half-close-needed").headers == {"after": "eof"}


def test_one_account_for_each_section() -> None:
    """Quirk sub-account-per-section; off, all sections share one."""
    other = changed(changed(ACCOUNT, "DA-2026-0001", "DA-2"), "001001001<", "001001002<")
    other = numbered(other, "2")
    again = numbered(changed(ACCOUNT, "DA-2026-0001", "DA-3"), "3")
    numbers = {}
    for off in ((), ("sub-account-per-section",)):
        at = Counter(without=off)
        banks = [understood(at.raw(doc).body).lists["bank"][0]["acctno"] for doc in (ACCOUNT, other, again)]
        numbers[off] = banks
    assert numbers[()][0] != numbers[()][1] and numbers[()][0] == numbers[()][2]
    assert len(set(numbers[("sub-account-per-section",)])) == 1


def test_gb2312_is_written_and_gb18030_is_read() -> None:
    """Quirk gb2312: what only GB18030 has is read and kept, and is never written as a question mark."""
    at = Counter()
    assert at.say(changed(ACCOUNT, "永登县城区", "喆镕县䶮区"))["result"] == "1"
    held = at.desk.ledger.find("deposit.account", "DA-2026-0001")
    assert held is not None and held.fields["SecName"].startswith("喆镕县䶮区")
    at.receive("HS2026121000000117")
    at.side.book.lines["HS2026121000000117"] = {
        **at.side.book.lines["HS2026121000000117"],
        "PayerName": "喆",
    }
    with pytest.raises(UnicodeEncodeError):
        at.raw(PAYINS)


def test_a_lower_version_is_answered_and_forgotten() -> None:
    at = Counter()
    at.raw(ACCOUNT)
    second = changed(OPENING, "<Version>1", "<Version>2")
    second = numbered(changed(second, "<OpenDate>20261214", "<OpenDate>20261216"), "2")
    assert at.say(second)["result"] == "1"
    assert at.say(OPENING)["result"] == "1"
    assert at.side.book.opening_of("62000000000000010001").startswith("20261216")
    assert at.say(numbered(changed(OPENING, "<OpType>A", "<OpType>D"), "3"))["errcode"] == "2003"


def test_a_reset_forgets_accounts_and_numbers() -> None:
    at = Counter()
    at.golden("account-ok")
    assert at.say(ACCOUNT)["dup"] == "1"
    book = at.side.book
    at.side.forget()
    at.golden("account-ok")
    assert at.side.book is book is at.desk.switches["bank"]


def test_a_number_that_is_none_is_not_said_back() -> None:
    said = Counter().raw(numbered(ACCOUNT, "喆")).body
    assert "<SeqNo>" not in said.decode("gb2312") and b"<Result>1<" in said
