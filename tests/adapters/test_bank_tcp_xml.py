"""bank-tcp-xml: documents in GB2312 on a socket, judged by the body; serials that the bank keeps for good."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar
from xml.etree import ElementTree

import pytest

from adapters.bank_tcp_xml import DIALECT, papers, wire
from adapters.bank_tcp_xml.looking import PayIns
from adapters.transports.table_poller import PollError
from adapters.transports.tcp import Tcp
from hub.catalogue.papers import ROOT, Expectation, Papers
from hub.errors import SenderError
from hub.message import Finding
from hub.ports import Answer, Call, Framed, Incoming, Kind, Outcome, Outgoing, Place, WireReply, WireRequest
from tests.adapters.contract import AT, BOMB, HUB_ID, RECEIPT, answer_to, mutants, octets, refused_by_hub
from tests.adapters.questions import expected, service_fields, unified
from tests.adapters.records import fields_of

PAPERS = Papers.load("bank-tcp-xml")
RECORDS = json.loads((ROOT / "records.json").read_text("utf-8"))
SAMPLES = ROOT / "bank-tcp-xml" / "samples"
SENT = {"3001": "deposit.account", "3031": "deposit.refund", "3041": "eng-tender-notice"}
DECLARED = '<?xml version="1.0" encoding="gb2312"?>'


def parsed(raw: bytes) -> ElementTree.Element:
    """Read without the adapter, as the strictest bank would: GB2312 and nothing else."""
    text = raw.decode("gb2312")
    assert text.startswith(DECLARED)
    return ElementTree.fromstring(text.removeprefix(DECLARED))


def nested(body: ElementTree.Element) -> dict[str, Any]:
    """Members as the papers name them; of repeated elements the first."""
    found: dict[str, Any] = {}
    for node in body:
        value = {inner.tag: inner.text for inner in node} if len(node) else node.text
        found.setdefault(node.tag, value)
    return found


def writable(fields: dict[str, Any]) -> dict[str, Any]:
    """The same without the one character of the generator that GB2312 lacks."""
    made: dict[str, Any] = json.loads(json.dumps(fields, ensure_ascii=False).replace("𠮷", "甘"))
    return made


def answered(
    body: str, *, head: str = "<head><TransCode>3002</TransCode></head>", root: str = "root"
) -> WireReply:
    return WireReply(200, {}, f"{DECLARED}<{root}>{head}<body>{body}</body></{root}>".encode("gb18030"))


class TestBankTcpXml:
    name = "bank-tcp-xml"
    credentials: ClassVar = {"auth_code": "GS6201"}

    def call(self, **change: Any) -> Call:
        base = Call("F03", "", self.credentials, AT, "000102030405060708090a0b0c0d0e0f", "key-1")
        return replace(base, **change)

    def question(self, service: str, fields: dict[str, Any]) -> Outgoing:
        return Outgoing(service, "", "query", 1, fields, sender="T03", key="K-1")

    def notice(self, **change: Any) -> Outgoing:
        kept = RECORDS["eng-tender-notice"]
        base = Outgoing(
            "notice.change", "eng-tender-notice", "insert", kept["version"], kept["fields"],
            sender=kept["from"], key=kept["key"], hub_id=HUB_ID,
        )  # fmt: skip
        return replace(base, **change)

    # -- outward --------------------------------------------------------------------------------
    @pytest.mark.parametrize("service", ["deposit.account", "deposit.refund"])
    def test_a_question_and_its_answer(self, service: str) -> None:
        for seed in range(5):
            share = 0.5 if seed else 1.0
            fields = writable(service_fields(PAPERS, service, "request", seed, share))
            request = DIALECT.encode(self.question(service, fields), self.call())
            assert request.method == "TCP"
            body = parsed(request.body).find("body")
            assert body is not None
            wanted = expected(PAPERS, service, "request", fields)
            assert {node.tag: node.text for node in body} == {"AuthCode": "GS6201", **wanted}
            told = writable(service_fields(PAPERS, service, "reply", seed, share))
            if service == "deposit.account":
                told["resultState"] = "done"
            text = self.body_of(expected(PAPERS, service, "reply", told))
            outcome = DIALECT.decode(answered(text), self.question(service, {}), self.call())
            state = {"paid": "done", "in-process": "pending", "failed": "refused"}
            if service == "deposit.refund":
                told["resultState"] = state[told["refundState"]]
            assert outcome.kind is Kind.DELIVERED
            account = dict(told.get("account", {}))
            if not account.get("accountNo"):
                told.pop("account", None)
            assert dict(outcome.data) == told

    @staticmethod
    def body_of(wanted: dict[str, str]) -> str:
        root = ElementTree.Element("body")
        for path, text in wanted.items():
            above, _, leaf = path.rpartition("/")
            parent = root if not above else root.find(above)
            node = ElementTree.SubElement(root, above) if parent is None else parent
            ElementTree.SubElement(node, leaf).text = text
        return "".join(ElementTree.tostring(node, encoding="unicode") for node in root)

    def test_an_opening_time_as_the_papers_say(self) -> None:
        for seed in range(4):
            fields = writable(fields_of(PAPERS, "eng-tender-notice", "out", seed, share=0.6 if seed else 1.0))
            body = parsed(DIALECT.encode(self.notice(fields=fields), self.call()).body).find("body")
            assert body is not None
            held = {node.tag: node.text for node in body}
            wanted = PAPERS.expected_foreign("eng-tender-notice", fields)
            assert {name: held.get(name) for name in wanted} == wanted
            assert held["RowKey"] == "0fb13534fe1daf96876e29b6866080a7"
            assert next(iter(held)) == "AuthCode"

    def test_golden_transcripts(self, golden: dict[str, Any]) -> None:
        if golden["file"] == "inward.jsonl":
            self.golden_inward(golden)
            return
        raw = octets(golden["request"])
        document = parsed(raw)
        name = SENT.get(document.findtext("head/TransCode") or "", "")
        call = self.call(credentials=golden["secrets"], now=datetime.fromisoformat(golden["at"]))
        body = document.find("body")
        assert body is not None
        outgoing = self.question("deposit.refund", {})
        if name == "eng-tender-notice":
            outgoing = self.notice()
        elif name:
            outgoing = self.question(name, unified(PAPERS, name, "request", nested(body)))
        if name:
            fields = dict(outgoing.fields)
            if fields.pop("authCode", "GS6201") == "GS6201":
                outgoing = replace(outgoing, fields=fields)
            made = DIALECT.encode(outgoing, call)
            assert made.body.decode("gb2312") == golden["plain"]["request"]
            assert made.body == raw
        if document.findtext("head/TransCode") == "4011":
            outgoing = self.question("deposit.payin", {})
        reply = WireReply(200, {}, octets(golden["reply"]))
        outcome = DIALECT.decode(reply, outgoing, call)
        assert (outcome.kind.value, outcome.code) == (golden["outcome"]["kind"], golden["outcome"]["code"])
        if document.findtext("head/TransCode") == "3051":
            self.golden_refund_state(body, reply, outcome)
        if golden["id"].startswith("account-") and outcome.kind is Kind.DELIVERED:
            assert outcome.data["account"]["accountNo"] == "62000000000000010001"

    def golden_refund_state(self, body: ElementTree.Element, reply: WireReply, outcome: Outcome) -> None:
        """The same question, and its answer as one about the refund; the serial is fresh each time."""
        about = {"refundNo": body.findtext("RefundNo"), "bankSerial": body.findtext("HstSeqNum")}
        refund = self.question("deposit.refund", about)
        made = [DIALECT.ask(refund, self.call(nonce=nonce)) for nonce in ("a", "b")]
        assert all(made)
        documents = [parsed(one.body) for one in made if one is not None]
        assert [one.findtext("head/TransCode") for one in documents] == ["3051", "3051"]
        assert documents[0].findtext("head/SeqNo") != documents[1].findtext("head/SeqNo")
        texts = [{node.tag: node.text for node in one.find("body") or ()} for one in documents]
        assert texts == [{node.tag: node.text for node in body}] * 2
        known = DIALECT.asked(reply, refund, self.call())
        assert known == (outcome if outcome.kind is Kind.DELIVERED else False)

    def test_what_a_bank_says_of_itself_tells_nothing_of_a_refund(self) -> None:
        refund = self.question("deposit.refund", {"refundNo": "TK-1", "bankSerial": "HS1"})
        for code in ("3001", "9999", "1001", "2006"):
            reply = answered(f"<Result>0</Result><ErrCode>{code}</ErrCode>")
            assert DIALECT.asked(reply, refund, self.call()) is None
        pending = DIALECT.asked(answered("<Result>2</Result>"), refund, self.call())
        assert isinstance(pending, Outcome)
        assert pending.data["resultState"] == "pending"
        assert DIALECT.ask(self.question("deposit.account", {}), self.call()) is None

    def golden_inward(self, golden: dict[str, Any]) -> None:
        call = self.call(
            credentials=golden["secrets"], now=datetime.fromisoformat("2026-11-22T09:00:01+08:00")
        )
        incoming = DIALECT.accept(WireRequest("TCP", "", {}, octets(golden["request"])), call)
        answer = {
            "delivered": Answer(202, "0000", data=RECEIPT),
            "duplicate": Answer(200, "0000", data=RECEIPT),
        }.get(golden["outcome"]["kind"], refused_by_hub(golden["outcome"]["code"], incoming))
        reply = DIALECT.reply(answer, incoming, call)
        assert reply.body.decode("gb2312") == golden["plain"]["reply"]
        if golden["id"] in ("in-payin-ok", "in-payin-again"):
            body = parsed(octets(golden["request"])).find("body")
            assert body is not None
            assert dict(incoming.fields) == unified(PAPERS, "deposit.payin", "request", nested(body))
            assert incoming.message_id == "3011:HS2026121000000117"

    def test_answers_mean_what_the_papers_say(self, row: Expectation) -> None:
        done = "<Result>1</Result><HstSeqNum>H</HstSeqNum>"
        line = "<Line><HstSeqNum>H</HstSeqNum></Line>"
        service = "deposit.refund" if "refund" in row.situation else "deposit.account"
        if row.situation.startswith("Result 0"):
            reply = answered(f"<Result>0</Result><ErrCode>{row.situation[-4:]}</ErrCode><ErrMsg>m</ErrMsg>")
        else:
            reply = {
                "ok": answered(done),
                "slow": answered(done),
                "same SeqNo and content again": answered(done + "<Dup>1</Dup>"),
                "refund accepted, not yet paid": answered("<Result>2</Result>"),
                "refund bounced": answered("<Result>3</Result><ErrMsg>x</ErrMsg>"),
                "no length prefix, answer in pieces": answered(done),
                "answers only after our half-close": answered(done),
                "answer without head": answered(done, head=""),
                "names in other case": answered("<RESULT>1</RESULT>", root="ROOT"),
                "one Bank instead of several": answered(done + "<Bank><AcctNo>1</AcctNo></Bank>"),
                "same pay-in line twice": answered("<Result>1</Result>" + line + line),
                "no lines": answered("<Result>1</Result>"),
                "closed without a byte": WireReply(200, {}, b""),
                "truncated": WireReply(200, {}, answered(done).body[:-4]),
                "not XML or no Result": answered("<HstSeqNum>1</HstSeqNum>"),
                "HTML": WireReply(200, {}, b"\n<html><body></body></html>"),
                "answer too big": WireReply(200, {}, b" " * (papers.ANSWER_LIMIT + 1)),
                "unlisted ErrCode": answered("<Result>0</Result><ErrCode>7777</ErrCode>"),
            }[row.situation]
        outcome = DIALECT.decode(reply, self.question(service, {}), self.call())
        blame = outcome.blame.value if outcome.blame else "-"
        assert (outcome.kind.value, outcome.code, blame) == (row.kind, row.code, row.blame)
        if row.situation.startswith("refund"):
            told = (outcome.data["refundState"], outcome.data["resultState"])
            assert told == (
                ("in-process", "pending") if "accepted" in row.situation else ("failed", "refused")
            )

    @pytest.mark.parametrize("result", ["2", "3", "4", "x"])
    def test_states_of_a_refund_mean_nothing_elsewhere(self, result: str) -> None:
        reply = answered(f"<Result>{result}</Result>")
        outcome = DIALECT.decode(reply, self.question("deposit.account", {}), self.call())
        assert (outcome.kind, outcome.code) == (Kind.REFUSED, "receiver.unknown-code")

    def test_of_several_banks_the_first_with_an_account_counts(self) -> None:
        banks = (
            "<Bank><BankName>甲</BankName></Bank><bank><ACCTNO>2</ACCTNO></bank>"
            "<Bank><AcctNo>3</AcctNo></Bank>"
        )
        outcome = DIALECT.decode(
            answered("<Result>1</Result>" + banks), self.question("deposit.account", {}), self.call()
        )
        assert outcome.data["account"] == {"accountNo": "2"}

    def test_serials_are_the_same_in_every_attempt(self) -> None:
        def serial(outgoing: Outgoing, **change: Any) -> str | None:
            return parsed(DIALECT.encode(outgoing, self.call(**change)).body).findtext("head/SeqNo")

        account = self.question("deposit.account", {"requestNo": "DA-2026-0001"})
        assert serial(account, nonce="a") == serial(account, nonce="b") == "13743202482473742619"
        assert serial(self.notice()) == "05496327061257192801"
        assert serial(self.notice(version=2)) != serial(self.notice()) != serial(self.notice(op="update"))
        assert serial(self.question("deposit.refund", {}), key="a") != serial(
            self.question("deposit.refund", {}), key="b"
        )
        assert DIALECT.ask(account, self.call()) is None

    def test_the_requests_own_code_goes_before_ours(self) -> None:
        fields = {"requestNo": "1", "authCode": "AB12CD"}
        body = parsed(DIALECT.encode(self.question("deposit.account", fields), self.call()).body).find("body")
        assert body is not None
        assert [(n.tag, n.text) for n in body] == [("AuthCode", "AB12CD"), ("ReqNo", "1")]

    def test_a_deletion_and_a_pay_in_have_no_place(self) -> None:
        for outgoing in (self.notice(op="delete"), self.question("deposit.payin", {})):
            with pytest.raises(SenderError) as refused:
                DIALECT.encode(outgoing, self.call())
            assert refused.value.code == "mapping.no-place"

    def test_what_gb2312_lacks_is_held_with_every_field_named(self) -> None:
        fields = {
            "refundNo": "R",
            "payee": {"name": "陈喆", "code": "x・y"},
            "reason": "late",
            "section": {"name": "镕𠮷"},
        }
        with pytest.raises(SenderError) as refused:
            DIALECT.encode(self.question("deposit.refund", fields), self.call())
        assert {(f.code, f.at) for f in refused.value.findings} == {
            ("mapping.charset", "/body/fields/payee.name"),
            ("mapping.charset", "/body/fields/payee.code"),
            ("mapping.charset", "/body/fields/section.name"),
        }
        assert "喆(U+5586)" in refused.value.findings[1].observed + refused.value.findings[2].observed

    def test_every_character_that_is_written_comes_back(self) -> None:
        held = [
            chr(code)
            for code in range(0x80, 0x10000)
            if not 0xD800 <= code < 0xE000 and wire.writable(chr(code))
        ]
        assert len(held) > 7000
        for one in held:
            raw = one.encode("gb18030")
            assert (len(raw), raw.decode("gb18030")) == (2, one)
            raw.decode("gb2312")
        for text in ("阿依努尔·买买提", "第一标段—土建", "①②Ⅲ", "￥１２３"):
            assert all(map(wire.writable, text)), text

    # -- inward ---------------------------------------------------------------------------------
    def pay_in(self, fields: dict[str, Any], code: str = "GS6201", trans: str = "3011") -> WireRequest:
        body = self.body_of(expected(PAPERS, "deposit.payin", "request", fields))
        text = (
            f"{DECLARED}<root><head><TransCode>{trans}</TransCode><SeqNo>8801</SeqNo></head>"
            f"<body><AuthCode>{code}</AuthCode>{body}</body></root>"
        )
        return WireRequest("TCP", "", {}, text.encode("gb18030"))

    def test_a_pay_in_comes_home_with_every_field(self) -> None:
        for seed in range(5):
            fields = service_fields(PAPERS, "deposit.payin", "request", seed, 0.5 if seed else 1.0)
            incoming = DIALECT.accept(self.pay_in(fields), self.call())
            assert (incoming.message, incoming.authenticated, incoming.findings) == (
                "deposit.payin",
                True,
                (),
            )
            assert dict(incoming.fields) == fields
            assert not incoming.ext

    def test_the_line_is_known_by_its_serial_alone(self) -> None:
        first = DIALECT.accept(self.pay_in({"bankSerial": "H-1"}), self.call())
        again = DIALECT.accept(self.pay_in({"bankSerial": "H-1", "remark": "x"}), self.call(nonce="other"))
        assert first.message_id == again.message_id == "3011:H-1"
        odd = DIALECT.accept(self.pay_in({"bankSerial": "H 1<"}), self.call())
        assert odd.message_id.startswith("3011:")
        bare = [DIALECT.accept(self.pay_in({}), self.call(nonce=n)).message_id for n in "ab"]
        assert bare[0] != bare[1]

    def test_inward_answers_are_those_of_the_papers(self, inward_row: Expectation) -> None:
        if inward_row.wire_status == "-":
            pytest.skip("not a byte is said: tests/hub/server/test_listening.py")
        good = self.pay_in({"bankSerial": "H-1"})
        findings = (Finding("field.required", "/body/fields/payer/code", "x", "s"), Finding("field.length"))
        answer, request = {
            "accepted": (Answer(202, "0000", data=RECEIPT), good),
            "pay-in notified again": (Answer(200, "0000", data=RECEIPT), good),
            "conflict": (Answer(409, "idempotency.conflict"), good),
            "AuthCode wrong or missing": (Answer(401, "auth.failed"), self.pay_in({}, code="")),
            "not online": (Answer(403, "member.not-online"), good),
            "finding field.required / code.unknown / other": (Answer(422, "x", findings=findings), good),
            "not XML, DOCTYPE, bytes outside the charset": (
                Answer(401, "x"),
                replace(good, body=good.body.replace(b"H-1", b"\xff\xff")),
            ),
            "over limit": (Answer(401, "x"), replace(good, body=b" " * papers.LIMIT + good.body)),
            "TransCode other than 3011": (Answer(401, "x"), self.pay_in({}, trans="3001")),
            "overload": (Answer(503, "hub.busy"), good),
            "internal error": (Answer(500, "hub.internal"), good),
        }[inward_row.situation]
        reply = DIALECT.reply(answer, DIALECT.accept(request, self.call()), self.call())
        document = parsed(reply.body)
        assert document.findtext("head/TransCode") == "4012"
        code = document.findtext("body/ErrCode")
        assert code is None if "Result 1" in inward_row.wire else code in inward_row.wire
        if inward_row.kind in ("delivered", "duplicate"):
            assert document.findtext("body/HubNo") == RECEIPT["hubId"]
            state = ("2", "1") if inward_row.kind == "duplicate" else ("1", None)
            assert (document.findtext("body/State"), document.findtext("body/Dup")) == state
        if inward_row.situation.startswith("finding"):
            assert document.findtext("body/ErrMsg") == "PayerNo:field.required;报文:field.length"

    def test_whether_it_matches_a_bidder_is_never_said(self) -> None:
        incoming = DIALECT.accept(self.pay_in({"bankSerial": "H-1"}), self.call())
        plain, matched = (
            DIALECT.reply(Answer(202, "0000", data=RECEIPT | more), incoming, self.call()).body
            for more in ({}, {"matched": True})
        )
        assert plain == matched

    @pytest.mark.parametrize("code", ["", "gs6201", "GS6202", "GS6201 "])
    def test_a_wrong_code_is_not_authenticated(self, code: str) -> None:
        assert not DIALECT.accept(self.pay_in({"bankSerial": "H"}, code=code), self.call()).authenticated
        assert not DIALECT.accept(self.pay_in({"bankSerial": "H"}), self.call(credentials={})).authenticated

    def test_names_in_any_case_and_unknown_ones(self) -> None:
        body = (
            b"<ROOT><Head><transcode>3011</transcode></Head><BODY><AUTHCODE>GS6201</AUTHCODE>"
            b"<hstseqnum>H</hstseqnum><New>1</New></BODY></ROOT> \r\n"
        )
        incoming = DIALECT.accept(WireRequest("TCP", "", {}, body), self.call())
        assert (incoming.fields, dict(incoming.ext)) == ({"bankSerial": "H"}, {"new": "1"})

    def test_where_a_document_ends(self) -> None:
        assert isinstance(DIALECT, Framed)
        for text, ends in (
            (b"<root></ROOT> \n", True),
            (b"<root></root", False),
            (b"", False),
            (b"</root>x", False),
        ):
            assert DIALECT.whole(bytearray(text)) is ends

    def test_nothing_raises_on_hostile_bytes(self) -> None:
        seeds = [octets(g["reply"]) for g in PAPERS.golden()] + [
            octets(g["request"]) for g in PAPERS.golden()
        ]
        for body in mutants(seeds, 600):
            for service in ("deposit.account", "deposit.refund"):
                outcome = DIALECT.decode(WireReply(200, {}, body), self.question(service, {}), self.call())
                assert isinstance(outcome, Outcome)
            incoming = DIALECT.accept(WireRequest("TCP", "", {}, body), self.call())
            assert isinstance(incoming, Incoming)
            parsed(DIALECT.reply(answer_to(incoming), incoming, self.call()).body)

    def test_entities_stay_inert(self) -> None:
        bomb = BOMB.replace(b"<a>", b"<root>").replace(b"</a>", b"</root>")
        assert DIALECT.decode(
            WireReply(200, {}, bomb), self.question("deposit.refund", {}), self.call()
        ).kind is (Kind.UNKNOWN)
        assert not DIALECT.accept(WireRequest("TCP", "", {}, bomb), self.call()).authenticated

    def test_the_published_samples_are_read(self) -> None:
        for path in sorted(SAMPLES.glob("*.reply.xml")):
            reply = WireReply(200, {}, path.read_bytes())
            service = "deposit.refund" if "refund" in path.name else "deposit.account"
            outcome = DIALECT.decode(reply, self.question(service, {}), self.call())
            assert outcome.code not in ("receiver.broken-body", "receiver.unknown-code"), path.name
            assert (outcome.kind is Kind.DELIVERED) is not path.name.startswith("error."), path.name

    @pytest.mark.parametrize("closes", [True, False])
    async def test_over_a_socket_that_waits_for_our_half(self, closes: bool) -> None:
        """The carrier with the words of this dialect; the answer comes in pieces."""
        got: list[bytes] = []

        async def bank(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            got.append(await reader.read())
            answer = answered("<Result>1</Result>").body
            for at in range(0, len(answer), 7):
                writer.write(answer[at : at + 7])
                await writer.drain()
                await asyncio.sleep(0)
            if closes:
                writer.close()

        server = await asyncio.start_server(bank, "127.0.0.1", 0)
        try:
            port = server.sockets[0].getsockname()[1]
            request = DIALECT.encode(self.notice(), self.call())
            place = Place("F03", f"tcp://127.0.0.1:{port}", ("127.0.0.1",))
            reply = await Tcp().carry(place, request, _Bounds())
        finally:
            server.close()
        assert got == [request.body]
        assert DIALECT.decode(reply, self.notice(), self.call()).kind is Kind.DELIVERED


class _Bounds:
    total = 10.0
    connect = 3.0
    answer = 262144


def test_base64_of_the_transcripts_is_used() -> None:
    line = PAPERS.golden()[0]["request"]
    assert octets(line) == base64.b64decode(line["body_b64"])


class TestLooking:
    """4011: the same lines as the notices, however often they are seen."""

    def poller(self, days: dict[str, list[str]], *, code: str = "") -> PayIns:
        async def carry(request: WireRequest) -> WireReply:
            document = parsed(request.body)
            assert (request.method, document.findtext("head/TransCode")) == ("TCP", "4011")
            self.asked.append(document.findtext("body/FromDate") or "")
            body = document.find("body")
            assert body is not None
            assert [n.tag for n in body] == ["AuthCode", "AcctNo", "FromDate", "ToDate"]
            lines = "".join(
                f"<Line><HstSeqNum>{one}</HstSeqNum></Line>" for one in days.get(self.asked[-1], [])
            )
            return answered(
                f"<Result>0</Result><ErrCode>{code}</ErrCode>" if code else f"<Result>1</Result>{lines}"
            )

        self.asked: list[str] = []
        return PayIns("GS6201", "6200", carry, now=lambda: AT)

    async def test_every_line_of_each_day_in_pieces(self) -> None:
        poller = self.poller({"20261122": ["H3", "H1", "H1", "H2"], "20261121": ["H0"]})
        first = await poller.next("", 2)
        assert ([one.message_id for one in first.items], first.more) == (["3011:H1", "3011:H2"], True)
        assert await poller.next("", 2) == first, "the same watermark brings the same"
        second = await poller.next(first.watermark, 2)
        assert ([one.message_id for one in second.items], second.more) == (["3011:H3"], False)
        third = await poller.next(second.watermark, 9)
        assert ([one.message_id for one in third.items], third.more) == (["3011:H0"], True)
        fourth = await poller.next(third.watermark, 9)
        assert len(fourth.items) == 3
        assert self.asked == ["20261122", "20261122", "20261122", "20261121", "20261122"]
        assert all(one.authenticated and one.message == "deposit.payin" for one in fourth.items)
        assert not any("H" in haul.watermark for haul in (first, second, third, fourth))

    async def test_a_line_seen_and_a_line_told_are_one(self) -> None:
        line = next(g for g in PAPERS.golden() if g["id"] == "payin-two")
        told = next(g for g in PAPERS.golden() if g["id"] == "in-payin-ok")

        async def carry(request: WireRequest) -> WireReply:
            return WireReply(200, {}, octets(line["reply"]))

        call = Call("F03", "", {"auth_code": "GS6201"}, AT, "n", "k")
        notice = DIALECT.accept(WireRequest("TCP", "", {}, octets(told["request"])), call)
        poller = DIALECT.poller("F03", "", call.credentials, "62000000000000010001", carry)  # type: ignore[attr-defined]
        found = {one.message_id: one for one in (await poller.next("20261122:0", 10)).items}
        assert found[notice.message_id].fields == notice.fields

    @pytest.mark.parametrize("code", ["3001", "1001"])
    async def test_a_refusal_is_no_empty_day(self, code: str) -> None:
        with pytest.raises(PollError, match=code):
            await self.poller({}, code=code).next("", 5)

    async def test_half_an_answer_is_no_empty_day(self) -> None:
        async def carry(request: WireRequest) -> WireReply:
            return WireReply(200, {}, answered("<Result>1</Result>").body[:-3])

        with pytest.raises(PollError):
            await PayIns("x", "1", carry).next("", 5)

    @pytest.mark.parametrize("watermark", ["x", "20261131:0", "20261122:x", "29991231:4", ":"])
    async def test_a_watermark_that_is_none_begins_today(self, watermark: str) -> None:
        await self.poller({}).next(watermark, 5)
        assert self.asked == ["20261122"]
