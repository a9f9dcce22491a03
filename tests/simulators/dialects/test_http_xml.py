"""部门 XML 接口 against its papers: charsets, proofs, halves of moments, attachments, golden octets."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from certs.algorithms import rsa
from hub.catalogue.papers import ROOT
from hub.message import CST
from hub.standard import load
from simulators.desk import Refusal
from simulators.dialects.http_xml_form import form_of
from simulators.dialects.http_xml_wire import body_octets, md5_of, parse, rsa_holds, rsa_of, tree_of
from simulators.senders import sender
from simulators.senders.xml_voice import XmlVoice
from simulators.systems.books import open_books
from simulators.trading.voice import Saying
from tests.simulators.conftest import octets

Maker = Callable[..., Any]
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=CST)
FIRST = {"R02": "save-ok", "D03": "gbk-save-ok", "D24": "md5-save-ok"}
NUMBERS = rb"(XYPL|HT|GZ|HZ)[0-9]{12}"


class Office:
    """A system of the dialect with the golden secrets of its own kind."""

    def __init__(self, bench: Maker, ident: str, **own: Any) -> None:
        self.at = bench("http-xml", ident, own=own)
        self.at.lines = {
            line["id"]: line for line in self.at.papers.golden() if line["file"] == "outward.jsonl"
        }
        first = self.at.lines[FIRST.get(ident, "ca-verify-ok")]
        self.at.desk.credentials.clear()
        self.at.desk.credentials.update(first["secrets"])
        self.at.side = type(self.at.side)(self.at.desk)
        self.charset = {"D03": "GBK", "C03": "GBK", "D24": "GB18030"}.get(ident, "UTF-8")
        self.ident = ident

    def raw(
        self, body: bytes, *moods: str, path: str = "/xmlservice", method: str = "POST", late: float = 1.0
    ) -> Any:
        request = {
            "method": method,
            "path": path,
            "headers": {"Content-Type": f"text/xml; charset={self.charset}"},
            "body_b64": base64.b64encode(body).decode(),
        }
        return self.at.say({"at": NOW.isoformat(), "request": request}, moods, late)

    def golden(self, ident: str, *moods: str) -> None:
        line = self.at.lines[ident]
        said = self.raw(octets(line["request"]), *moods)
        wanted = octets(line["reply"])
        plain = (re.sub(NUMBERS, b"#", text) for text in (said.body, wanted))
        assert next(plain) == next(plain), said.body.decode(self.charset, "replace")
        assert said.headers["Content-Type"] == line["reply"]["headers"]["Content-Type"]

    def signed(self, body: bytes) -> bytes:
        """The document with the sign that belongs to its body."""
        part = body[body.find(b"<body>") : body.rfind(b"</body>") + 7]
        secret = self.at.desk.credentials
        if "sign_key" in secret:
            sign = md5_of(part, secret["sign_key"])
        elif "rsa_private_key" in secret:
            sign = rsa_of(part, secret["rsa_private_key"])
        else:
            return body
        return re.sub(rb"<sign>[^<]*</sign>", f"<sign>{sign}</sign>".encode(), body)

    def tell(
        self, ident: str, *changes: tuple[str, str], moods: tuple[str, ...] = (), late: float = 1.0
    ) -> dict[str, Any]:
        """The golden request with texts replaced; the answer as members."""
        body = octets(self.at.lines[ident]["request"])
        for old, new in changes:
            assert old.encode(self.charset) in body
            body = body.replace(old.encode(self.charset), new.encode(self.charset))
        return self.heard(self.raw(self.signed(body), *moods, late=late).body)

    def heard(self, raw: bytes) -> dict[str, Any]:
        told = parse(raw, self.charset, "response")
        code = told.head.get("code") or told.head["msg"][:4]
        return {**told.head, "code": code, "body": tree_of(told.body, frozenset({"fj", "hit"}))}


def test_golden_lines_of_the_credit_office(bench: Maker) -> None:
    office = Office(bench, "R02")
    office.golden("query-none")
    office.golden("save-ok")
    for ident in ("save-duplicate", "save-conflict", "query"):
        office.golden(ident)
    office.golden("save-bad-password")
    office.golden("save-expired")
    office.golden("save-delete")
    assert [record.deleted for record in office.at.desk.ledger] == [True]


def test_golden_lines_of_the_gbk_and_md5_offices(bench: Maker) -> None:
    for ident in ("gbk-save-ok", "gbk-contract", "gbk-missing"):
        Office(bench, "D03").golden(ident)
    office = Office(bench, "D24")
    office.golden("md5-save-ok")
    office.golden("md5-bad")
    assert office.at.desk.ledger.effects == 1


def credit(hits: list[dict[str, Any]]) -> Callable[..., Any]:
    def book(asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        assert asked["atTime"] == "2026-12-16T09:00:00+08:00" and asked["party.code"] == "916201022243338110"
        return {
            "creditCheckNo": "PLXY-20261122-000017",
            "barred": bool(hits),
            "hits": hits,
            "sourceSystem": "R02",
            "asOf": "2026-11-22T08:00:00+08:00",
        }

    return book


HIT = {
    "VIOLATING_CODE": "6f1d2c3b4a5968778695a4b3c2d1e0f1",
    "kind": "punishment",
    "confinedAction": "01",
    "CONFINED_START": "2026-05-01T00:00:00+08:00",
    "CONFINED_END": "2027-05-01T00:00:00+08:00",
    "blocking": True,
}


def test_golden_credit_questions(bench: Maker) -> None:
    office = Office(bench, "R02")
    office.at.desk.books["credit.query"] = credit([HIT])
    office.golden("credit-hit")
    office.golden("credit-hit-single", "repeated-elements-as-single")
    office.golden("credit-page")

    def unknown(asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        raise Refusal("credit.body-unknown")

    office.at.desk.books["credit.query"] = unknown
    office.golden("credit-unknown")
    office.at.desk.books["credit.query"] = credit([])
    told = office.tell("credit-hit")["body"]
    assert told["hits"] == "" and told["barred"] == "0"
    office.at.desk.books["credit.query"] = credit([HIT] * 3)
    pages = ("<pageno>1</pageno><pagesize>1000<", "<pageno>2</pageno><pagesize>2<")
    assert len(office.tell("credit-hit", pages)["body"]["hits"]["hit"]) == 1


def test_quirk_r02_page_size_1000(bench: Maker) -> None:
    change = ("<pagesize>1000<", "<pagesize>1001<")
    for quirks, code in (([{"id": "page-size-1000"}], "1006"), ([], "0000")):
        office = Office(bench, "R02", quirks=quirks)
        office.at.desk.books["credit.query"] = credit([])
        assert office.tell("credit-hit", change)["code"] == code
    office = Office(bench, "R02")
    office.at.desk.books["credit.query"] = credit([])
    assert office.tell("credit-hit", moods=("page-size-over-1000",))["code"] == "1006"


def test_quirk_r02_result_only(bench: Maker) -> None:
    change = ("<password>Xy#2026pl<", "<password>no<")
    for quirks, there in (([{"id": "result-only"}], False), ([], True)):
        office = Office(bench, "R02", quirks=quirks)
        old, new = (text.encode() for text in change)
        body = octets(office.at.lines["save-ok"]["request"]).replace(old, new)
        raw = office.raw(body).body
        assert (b"<code>1001</code>" in raw) == there
        assert (b"<msg>1001:" in raw) != there


def test_quirk_d03_gbk_prolog(bench: Maker) -> None:
    """Only what says GBK and is GBK; switched off, UTF-8 under the same name would do."""
    office = Office(bench, "D03")
    right = octets(office.at.lines["gbk-save-ok"]["request"])
    really = right.decode("gbk").encode("utf-8")
    bare = right.partition(b"\n")[2]
    wrong = [really, bare, right.replace(b"GBK", b"UTF-8", 1), right.replace(b"GBK", b"gb18030", 1)]
    assert [office.heard(office.raw(raw).body)["code"] for raw in wrong] == ["1005"] * 4
    assert office.heard(office.raw(right).body)["code"] == "0000"
    assert Office(bench, "D03", quirks=[]).raw(really).body.find(b"<code>0000<") > 0


def test_quirk_d03_attachments_in_xml(bench: Maker) -> None:
    for own, kept in (({}, True), ({"attachments": False}, False)):
        office = Office(bench, "D03", **own)
        office.tell("gbk-save-ok")
        (held,) = office.at.desk.ledger
        files = held.extra.get("files", [])
        assert bool(files) == kept and "fjlist" not in held.fields
    assert base64.b64decode(files[0]["nr"]) if files else True
    office = Office(bench, "D03")
    office.tell("gbk-save-ok")
    body = octets(office.at.lines["gbk-save-ok"]["request"])
    without = re.sub(rb"<fjlist>.*</fjlist>", b"", body, flags=re.S)
    assert office.heard(office.raw(without).body)["code"] == "2010", "files are not compared"


def test_checks_in_their_order(bench: Maker) -> None:
    office = Office(bench, "R02")
    good = octets(office.at.lines["save-ok"]["request"])

    def code(*changes: tuple[str, str], late: float = 1.0) -> str:
        body = good
        for old, new in changes:
            assert old.encode() in body, old
            body = body.replace(old.encode(), new.encode())
        return str(office.heard(office.raw(body, late=late).body)["code"])

    assert office.heard(office.raw(good + b" " * 5_242_880).body)["code"] == "3002"
    bad: list[list[tuple[str, str]]] = [
        [("<request>", "<request")],
        [("<request>", "<!DOCTYPE r><request>")],
        [("<head>", "<head><!-- x -->")],
        [("<head>", "<head><![CDATA[]]>")],
        [("<head>", "<head><?pi x?>")],
        [("request>", "response>")],
        [("<record>", "<record><a>A & B</a>")],
        [("UTF-8", "GBK")],
    ]
    assert [code(*changes) for changes in bad] == ["1005"] * len(bad)
    assert office.heard(office.raw(b"").body)["seq"] == ""
    wrong = ("<password>Xy#2026pl<", "<password>x<")
    assert code(wrong, late=2000.0) == "1001"
    assert [code(("<func>xyxx.save<", "<func>none.save<"), late=late) for late in (901.0, -901.0)] == [
        "1002"
    ] * 2
    assert [code(late=late) for late in (899.0, -899.0)] == ["0000", "2010"]
    assert code(("<func>xyxx.save<", "<func>htba.save<")) == "1003"
    assert code(("<func>xyxx.save<", "<func>none.save<")) == "1004"
    assert code(("<func>xyxx.save<", "<func>xyxx<")) == "1004"
    assert office.raw(good, path="/other").status == 404
    assert office.raw(b"", method="GET").status == 404


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        (("<op>xz<", "<op>zz<"), "2003", "op"),
        (("<ver>1<", "<ver>one<"), "2002", "ver"),
        (("<op>xz<", "<op>xg<"), "2022", ""),
        (("<op>xz<", "<op>sc<"), "2022", ""),
        (("<xzksrq>20260412<", "<xzksrq>soon<"), "2002", "xzksrq"),
        (("<xzksrq>20260412</xzksrq>", ""), "2002", "xzkssj"),
        (("<xzkssj>150000</xzkssj>", ""), "0000", ""),
        (("<wfsj>20260406<", "<wfsj>2026-04-06<"), "2002", "wfsj"),
    ],
)
def test_a_badly_filled_record(bench: Maker, change: tuple[str, str], code: str, field: str) -> None:
    office = Office(bench, "R02")
    said = office.tell("save-ok", change)
    assert said["code"] == code
    assert said["msg"].endswith(field) and office.at.desk.ledger.effects == (code == "0000")


def test_versions(bench: Maker) -> None:
    office = Office(bench, "R02")
    steps = [
        ([("<ver>1<", "<ver>2<")], "0000"),
        ([("<ver>1<", "<ver>2<"), ("<time>090000<", "<time>090003<")], "2010"),
        ([("<ver>1<", "<ver>2<"), ("<wflx>4<", "<wflx>3<")], "2020"),
        ([], "2021"),
        ([("<ver>1<", "<ver>3<"), ("<op>xz<", "<op>xg<"), ("<wflx>4<", "<wflx>3<")], "0000"),
        ([("<ver>1<", "<ver>4<"), ("<op>xz<", "<op>sc<")], "0000"),
    ]
    assert [office.tell("save-ok", *changes)["code"] for changes, _ in steps] == [code for _, code in steps]


@pytest.mark.parametrize(
    ("mood", "code"),
    [
        ("busy", "3001"),
        ("internal-error", "9999"),
        ("parent-unknown", "2023"),
        ("not-allowed", "1003"),
        ("func-unknown", "1004"),
        ("clock-skew", "1002"),
        ("sign-mismatch", "1001"),
    ],
)
def test_faults_with_a_code(bench: Maker, mood: str, code: str) -> None:
    office = Office(bench, "D24")
    assert office.tell("md5-save-ok", moods=(mood,))["code"] == code
    assert office.at.desk.ledger.effects == 0


def test_faults_of_old_writers(bench: Maker) -> None:
    office = Office(bench, "D03")
    body = octets(office.at.lines["gbk-save-ok"]["request"])
    lying = office.raw(body, "gbk-declared-utf8").body
    assert lying.startswith(b'<?xml version="1.0" encoding="GBK"?>\n') and "操作成功".encode() in lying
    bare = office.raw(body, "missing-prolog").body
    assert bare.startswith(b"<response>")
    loose = office.raw(body, "entity-in-company-name").body
    assert b"A&B" in loose
    bomb = office.raw(body, "xml-bomb").body
    assert b"<!DOCTYPE" in bomb and b"<!ENTITY" in bomb
    assert office.at.desk.ledger.effects == 1, "each was the answer to one and the same push"


def test_what_c03_says_is_signed(bench: Maker) -> None:
    office = Office(bench, "C03")

    def revoked(asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        raise Refusal("ca.issuer-not-recognised")

    office.at.desk.books["ca.verify"] = revoked
    office.golden("ca-verify-issuer")
    line = octets(office.at.lines["ca-verify-ok"]["request"])
    public = rsa.read_public(office.at.desk.credentials["rsa_peer_public_key"].encode())
    for mood, there, good in (
        ("", True, True),
        ("answer-unsigned", False, False),
        ("answer-forged", True, False),
    ):
        told = parse(office.raw(line, *filter(None, [mood])).body, "GBK", "response")
        assert ("sign" in told.head) == there
        assert rsa_holds(told.signed, told.head.get("sign", ""), public) == good
    forged = office.signed(line).replace(b"<usage>sign<", b"<usage>seal<")
    assert office.heard(office.raw(forged).body)["code"] == "1001"


def test_md5_examples_of_the_papers() -> None:
    assert md5_of(b"<body><seq>A</seq></body>", "b7Kq-2026-gzjc") == "412a24c464a926b1e66204f8c918f44a"
    said = body_octets("<mc>甘肃</mc>", "GB18030")
    assert md5_of(said, "b7Kq-2026-gzjc") == "2982d1081a27153caef2e56fc20d9ac9"


def test_halves_of_a_moment_are_read_and_written_together() -> None:
    form = form_of("credit.query", "request")
    told = form.home({"attimerq": "20261216", "attimesj": "090000"})
    assert told["atTime"] == "2026-12-16T09:00:00+08:00"
    assert form.home({"attimerq": "20261216"})["atTime"] == "2026-12-16T00:00:00+08:00"
    assert form.abroad(told) == {"attimerq": "20261216", "attimesj": "090000"}
    lone = form_of("credit.query", "reply").home({"hit": [{"kind": "x", "confinedstartrq": "20260501"}]})
    assert lone["hits"] == [{"kind": "x", "CONFINED_START": "2026-05-01T00:00:00+08:00"}]


def test_the_credit_office_has_a_list_of_its_own(bench: Maker) -> None:
    office = Office(bench, "R02")
    open_books(office.at.desk, 1)
    assert office.tell("credit-hit")["body"]["barred"] == "0"
    barred = ("916201022243338110", "916201037190556627")
    assert office.tell("credit-hit", barred)["body"]["barred"] == "1"
    assert office.tell("credit-hit", ("916201022243338110", "123"))["code"] == "4002"


def test_c03_over_the_wire(bench: Maker) -> None:
    """A certificate goes in as Base64, the verdict on it comes back as elements, signed, in GBK."""
    office = Office(bench, "C03")
    open_books(office.at.desk, 7)
    key = office.at.desk.switches["hierarchy"].signer("builder")
    body = octets(office.at.lines["ca-verify-ok"]["request"])
    for name, content in (
        ("certificate", key.certificate),
        ("signature", key.sign(b"x")),
        ("original", b"x"),
    ):
        text = base64.b64encode(content)
        body = re.sub(b"<%s>[^<]*<" % name.encode(), b"<%s>%s<" % (name.encode(), text), body)
    told = office.heard(office.raw(office.signed(body)).body)
    assert told["code"] == "0000" and told["body"]["verdict"] == "valid", told
    assert told["body"]["subjectname"] == "沙箱精诚建设有限公司"
    assert re.fullmatch("[0-9]{8}", told["body"]["certificaterefnotbeforerq"])
    broken = body.replace(b"<original>eA==<", b"<original>eQ==<")
    assert office.heard(office.raw(office.signed(broken)).body)["body"]["verdict"] == "invalid"
    stamped = office.tell("tsa-stamp-ok")
    assert stamped["code"] == "0000" and base64.b64decode(stamped["body"]["token"])


# -- what D03, D24 and R02 say to the hub ------------------------------------------------------------


@pytest.mark.parametrize("ident", ["in-save-ok", "in-md5-ok", "in-credit", "in-draft", "in-reconcile"])
def test_the_voices_say_the_golden_octets(bench: Maker, ident: str) -> None:
    line = next(line for line in bench("http-xml", "R02").papers.golden() if line["id"] == ident)
    who = line["request"]["path"].split("/")[2]
    office = Office(bench, who)
    office.at.desk.credentials.update(line["secrets"])
    wanted = octets(line["request"])
    asked = parse(wanted, office.charset, "request")
    stages = {module: stage for stage, module in office.at.papers.facts["modules"].items()}
    stage = stages[asked.head["func"].partition(".")[0]]
    service = "." in stage
    form = form_of(stage, "request" if service else "in")
    body = tree_of(asked.body, form.lists)
    fields = form.home(body if service else body["record"])
    voice = XmlVoice(office.at.desk, load(), lambda: asked.head["seq"])
    at = datetime.fromisoformat(line["at"])
    saying = Saying("", asked.head["seq"], stage, fields, service, at)
    wire = voice.write(saying, at)
    assert wire.path == line["request"]["path"]
    assert dict(wire.headers) == line["request"]["headers"]
    assert wire.body.decode(office.charset) == wanted.decode(office.charset)
    heard = voice.read(saying, line["reply"]["status"], octets(line["reply"]))
    assert heard.ok and (service or heard.hub_id)


def test_the_voices_hear_refusals(bench: Maker) -> None:
    lines = {
        line["id"]: line for line in bench("http-xml", "D03").papers.golden() if line["id"].startswith("in-")
    }
    voice = sender(Office(bench, "D03").at.desk, load())
    saying = Saying("", "0" * 32, "contract-performance", {})
    wanted = {
        "in-save-duplicate": (True, True, "0000", True),
        "in-save-bad-password": (True, False, "1001", False),
        "in-save-expired": (False, False, "1002", False),
        "in-no-prolog": (True, False, "1005", False),
    }
    for ident, result in wanted.items():
        heard = voice.read(saying, 200, octets(lines[ident]["reply"]))
        assert (heard.done, heard.ok, heard.code, heard.repeat) == result, ident
    assert not voice.read(saying, 502, b"<html>").done


def test_what_is_meant_is_what_the_form_carries(bench: Maker) -> None:
    records = json.loads((ROOT / "records.json").read_text("utf-8"))
    voice = sender(Office(bench, "R02").at.desk, load())
    record = records["credit-violation"]["fields"]
    told = voice.meant(Saying("", "", "credit-violation", record))
    assert told and all(str(told[name]) == str(record[name]) for name in told if name in record)
