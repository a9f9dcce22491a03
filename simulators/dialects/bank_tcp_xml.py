"""合作银行: one gb2312 document a connection, code pairs, long de-duplication, a night of its own.

Written from `dialects/bank-tcp-xml/rules.md`; `bank_documents.py` is the paper, `bank_book.py` the money.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from hub.catalogue.papers import Papers
from hub.message import CST
from simulators.desk import Desk
from simulators.dialects.bank_book import BOUNCED, BRANCHES, HOLDER, PAID, UNDERWAY, UNION, BankBook, Refund
from simulators.dialects.bank_documents import Document, Part, Parts, head, understood, whole, written
from simulators.dialects.xmlread import BadXmlError
from simulators.sheet import Sheet, body, moment, sheet
from simulators.state import Push, forgotten
from simulators.wire import Reply, Request

NAME = "bank-tcp-xml"
TEXTS = {
    "1001": "授权码错误",
    "1002": "来源地址不在名单",
    "2001": "必填项为空",
    "2002": "字段格式错误",
    "2003": "代码不存在",
    "2004": "子账户、到账流水或退款不存在",
    "2006": "同一流水号内容不一致",
    "2007": "退款金额大于到账余额",
    "2008": "开标前不办退款",
    "3001": "夜间批处理,暂停服务",
    "3002": "系统繁忙",
    "4001": "交易码不存在",
    "4002": "报文不是合法XML",
    "4003": "报文过大",
    "9999": "系统异常",
}
PAIRS = {"3001": "3002", "3041": "3042", "4011": "3012", "3031": "3032", "3051": "3052"}
_KINDS = {"required": "2001", "format": "2002", "code": "2003"}
_MOODS = {"busy": "3002", "internal-error": "9999"}
_DRIFT = {"Result": "result", "HstSeqNum": "hstSeqNum", "Bank": "BanK", "AcctNo": "acctno"}
_PASSING = frozenset({"authcode", "hubno", "senddate", "sendtime"})
_SECTION = ("SecNo", "PackNo", "TradeNo", "ReqNo")
_QUERIES = {"3051": ("RefundNo", "HstSeqNum"), "4011": ("AcctNo", "FromDate", "ToDate")}
PIECE = 7


class No(Exception):
    """The bank says no, with one of its codes."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class BankTcpXml:
    """The listening half; `book` is the bank's own and also what a notice to the hub is made of."""

    def __init__(self, desk: Desk) -> None:
        papers = Papers.load(NAME)
        self._desk = desk
        self._limit = int(papers.facts["limits"]["max_body_bytes"])
        first, last = (time.fromisoformat(text) for text in papers.facts["night_batch"])
        self._night = (first, last)
        self.book: BankBook = desk.switches.setdefault("bank", BankBook())
        self._forms = {
            "3001": body(NAME, "deposit.account", "request"),
            "3031": body(NAME, "deposit.refund", "request"),
            "3041": sheet(NAME, "eng-tender-notice"),
        }
        self._trades = {
            "3001": self._account,
            "3031": self._refund,
            "3041": self._opening,
            "3051": self._refund_state,
            "4011": self._pay_ins,
        }

    def forget(self) -> None:
        """A reset: a bank without accounts, lines and numbers."""
        forgotten(self.book)

    def whole(self, received: bytes) -> bool:
        return whole(received)

    def answer(self, request: Request, now: datetime) -> Reply:
        """The order of rules.md 15; a document nobody can read is answered without a head."""
        document: Document | None = None
        try:
            if not self._listed(request.base):
                raise No("1002")
            if len(request.body) > self._limit:
                raise No("4003")
            document = understood(request.body)
            parts = self._checked(document, now)
        except BadXmlError:
            parts = _refusal("4002")
        except No as no:
            parts = _refusal(no.code)
        return self._reply(document, parts, now)

    def _listed(self, base: str) -> bool:
        allowed = self._desk.switches.get("allow_from")
        return allowed is None or any(base.startswith(address) for address in allowed)

    def _checked(self, document: Document, now: datetime) -> Parts:
        if document.code not in PAIRS:
            raise No("4001")
        if not self._authorised(document.body.get("authcode", "")):
            raise No("1001")
        if self._desk.feels("night-batch-window") or self.closed(now):
            raise No("3001")
        for mood, code in _MOODS.items():
            if self._desk.feels(mood):
                raise No(code)
        trade = self._trades[document.code]
        if document.code in _QUERIES:
            return trade(self._asked(document), now)
        return self._once(document, now)

    def _authorised(self, code: str) -> bool:
        known = (self._desk.credentials["auth_code"], *self._desk.switches.get("auth_codes", ()))
        return sum(hmac.compare_digest(code.encode(), each.encode()) for each in known) > 0

    def closed(self, now: datetime) -> bool:
        """Is it between the evening and the end of the night batch?"""
        if self._desk.switches.get("sleepless"):
            return False
        first, last = self._night
        clock = now.astimezone(CST).time()
        return clock >= first or clock < last

    def _once(self, document: Document, now: datetime) -> Parts:
        """Long de-duplication by code and number; what was refused may be tried again."""
        content = {n: v for n, v in document.body.items() if n not in _PASSING}
        place = (document.code, document.head.get("seqno", ""))
        if place in self.book.told:
            before, first = self.book.told[place]
            if before != content:
                raise No("2006")
            return _doubled(first)
        form = self._forms[document.code]
        fields = _spelled(document.body, form)
        wrong = form.missing(fields) or form.wrong(fields)
        if wrong:
            raise No(_KINDS[wrong[0].kind])
        parts = self._trades[document.code](fields, now)
        self.book.told[place] = (content, parts)
        return parts

    def _asked(self, document: Document) -> dict[str, str]:
        names = _QUERIES[document.code]
        asked = {name: document.body.get(name.lower(), "") for name in names}
        if any(not value for value in asked.values()):
            raise No("2001")
        dates = [value for name, value in asked.items() if name.endswith("Date")]
        if any(moment("yyyyMMdd", value) is None for value in dates):
            raise No("2002")
        return asked

    # -- trades -----------------------------------------------------------------------------------

    def _account(self, fields: Mapping[str, str], now: datetime) -> Parts:
        """One sub-account a section (and bidder, mode 2), whoever asks and how often."""
        place: tuple[str, ...] = (next(fields[name] for name in _SECTION if fields.get(name)),)
        if fields["Mode"] == "2":
            place += (fields.get("BidderNo", ""),)
        opening = fields["OpenDate"] + fields["OpenTime"]
        apart = "sub-account-per-section" not in self._desk.switches.get("without", ())
        account = self.book.open(place, opening, apart=apart)
        self._keep("deposit.account", fields["ReqNo"], 1, fields, now)
        banks: list[Part] = [("Result", PAID), ("HstSeqNum", self.book.number("HS", now))]
        for branch, number in zip(BRANCHES, account.numbers, strict=True):
            where = (("BankName", branch), ("AcctName", HOLDER), ("AcctNo", number), ("UnionNo", UNION))
            banks.append(("Bank", where))
        return banks

    def _opening(self, fields: Mapping[str, str], now: datetime) -> Parts:
        """A higher version sets the time of every section named; a lower one is answered and forgotten."""
        if fields["OpType"] == "D":
            raise No("2003")
        accounts = [self.book.of_section(section) for section in fields["SecNos"].split(",")]
        if not all(accounts):
            raise No("2004")
        version = int(fields["Version"])
        for account in (each for group in accounts for each in group):
            if version > account.version:
                account.version, account.opening = version, fields["OpenDate"] + fields["OpenTime"]
        held = self._desk.ledger.find("eng-tender-notice", fields["RowKey"])
        if held is None or version > held.version:
            self._keep("eng-tender-notice", fields["RowKey"], version, fields, now)
        return [("Result", PAID), ("HstSeqNum", self.book.number("HS", now))]

    def _refund(self, fields: Mapping[str, str], now: datetime) -> Parts:
        line = self.book.lines.get(fields["HstSeqNum"])
        if line is None:
            raise No("2004")
        if Decimal(fields.get("Amt") or "0") > self.book.left(fields["HstSeqNum"]):
            raise No("2007")
        opening = self.book.opening_of(line.get("AcctNo", ""))
        if opening and f"{now.astimezone(CST):%Y%m%d%H%M%S}" < opening:
            raise No("2008")
        state = UNDERWAY if self._slow(fields) else PAID
        if self._desk.feels("refund-bounced") and state == PAID:
            state = BOUNCED
        becomes = BOUNCED if self._desk.feels("refund-bounced") else PAID
        refund = Refund(fields, self.book.number("TS", now), state, now, becomes)
        self.book.refunds[fields["RefundNo"]] = refund
        self._keep("deposit.refund", fields["RefundNo"], 1, fields, now)
        return _state_of(refund)

    def _slow(self, fields: Mapping[str, str]) -> bool:
        return self._desk.feels("refund-in-two-steps") or fields.get("HoldFlag") == "Y"

    def _refund_state(self, asked: Mapping[str, str], now: datetime) -> Parts:
        refund = self.book.refunds.get(asked["RefundNo"])
        if refund is None or refund.fields["HstSeqNum"] != asked["HstSeqNum"]:
            raise No("2004")
        refund.settle(now)
        return _state_of(refund)

    def _pay_ins(self, asked: Mapping[str, str], _now: datetime) -> Parts:
        if not self.book.knows(asked["AcctNo"]):
            raise No("2004")
        found = self.book.came_in(asked["AcctNo"], asked["FromDate"], asked["ToDate"])
        times = 2 if self._desk.feels("duplicate-pay-in") else 1
        lines: list[Part] = [("Line", tuple(line.items())) for line in found for _ in range(times)]
        return [("Result", PAID), *lines]

    def _keep(self, stage: str, key: str, version: int, fields: Mapping[str, str], now: datetime) -> None:
        op = "update" if self._desk.ledger.find(stage, key) else "insert"
        self._desk.ledger.append(Push(stage, key, version, op, dict(fields), dict(fields)), now)

    # -- wire -------------------------------------------------------------------------------------

    def _reply(self, document: Document | None, parts: Parts, now: datetime) -> Reply:
        feels = self._desk.feels
        if feels("repeated-bank-single"):
            parts = _first_bank(parts)
        pair = PAIRS.get(document.code) if document else None
        seq = document.head.get("seqno", "") if document else ""
        seq = seq if seq.isascii() else ""  # what is no number is not said back
        top = None if pair is None or feels("answer-without-head") else head(pair, seq, now)
        raw = written(top, parts, _DRIFT if feels("element-case-drift") else None)
        steering: dict[str, str] = {}
        if feels("no-length-prefix"):
            steering["pieces"] = str(PIECE)
        if feels("half-close-needed"):
            steering["after"] = "eof"
        return Reply(200, steering, raw)


def _refusal(code: str) -> Parts:
    return [("Result", "0"), ("ErrCode", code), ("ErrMsg", TEXTS[code])]


def _state_of(refund: Refund) -> Parts:
    parts: list[Part] = [("Result", refund.state)]
    if refund.state == BOUNCED:
        parts.append(("ErrMsg", "收款账号户名不符"))
    parts.append(("RefundSeq", refund.serial))
    if refund.state == PAID:
        at = refund.at.astimezone(CST)
        parts += [("PaidDate", f"{at:%Y%m%d}"), ("PaidTime", f"{at:%H%M%S}")]
    return parts


def _doubled(first: Any) -> Parts:
    """The first answer and the word that it is the first one's."""
    parts = list(first)
    place = next((n for n, (name, _) in enumerate(parts) if name == "Bank"), len(parts))
    return [*parts[:place], ("Dup", "1"), *parts[place:]]


def _first_bank(parts: Parts) -> Parts:
    banks = [part for part in parts if part[0] == "Bank"]
    return [part for part in parts if part not in banks[1:]]


def _spelled(received: Mapping[str, str], form: Sheet) -> dict[str, str]:
    """What was received, under the names of the form, in its order; nothing else."""
    found = {name: received.get(name.lower(), "") for name in form.by_name}
    return {name: value for name, value in found.items() if value}
