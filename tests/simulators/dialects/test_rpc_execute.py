"""rpc-execute (M11, D06, D10) against its papers: golden calls, ciphers, statuses, quirks, faults."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.catalogue.papers import Papers
from simulators.desk import Desk, Refusal
from simulators.dialects.rpc_cipher import close, lines, open_text
from simulators.dialects.rpc_execute import RpcExecute
from simulators.dialects.rpc_reading import tree_of
from simulators.dialects.xmlread import read
from simulators.nested import service
from simulators.roll import roll
from simulators.systems.build import Making, build
from simulators.wire import Reply, Request

D = "rpc-execute"
LINES = {line["id"]: line for line in Papers.load(D).golden() if line["file"] == "outward.jsonl"}
SITES = Papers.load(D).facts["systems"]
NOW = datetime.fromisoformat("2026-11-22T09:00:01+08:00")


class At:
    def __init__(self, ident: str) -> None:
        line = next(one for one in LINES.values() if one["system"] == ident)
        self.desk = Desk(ident, "", D, "", line["secrets"])
        self.side = RpcExecute(self.desk)
        self.site = SITES[ident]
        self.key = line["secrets"]["site_key"].encode()

    def say(self, line: str, moods: Iterable[str] = (), *, body: str = "") -> Reply:
        asked = LINES[line]["request"]
        self.desk.moods = frozenset(moods)
        now = datetime.fromisoformat(LINES[line]["at"]) + timedelta(seconds=1)
        return self.side.answer(Request("POST", asked["path"], body=(body or asked["body"]).encode()), now)

    def call(self, func: str, plain: str, moods: Iterable[str] = (), **other: Any) -> dict[str, Any]:
        """A call of our own with these plain parameters."""
        raw = plain.encode(other.get("charset") or self.site["charset"])
        params = other.get("params") or lines(close(self.site["params"], self.key, raw), broken=True)
        given = (other.get("site") or self.desk.credentials["site_code"], func, params)
        inside = "".join(
            f"<{n}>{v}</{n}>" for n, v in zip(("siteCode", "func", "params"), given, strict=True)
        )
        if self.site["form"] != "execute":
            names, kind = ("parmString1", "action", "parmString2"), ' xsi:type="xsd:string"'
            inside = "".join(f"<{n}{kind}>{v}</{n}>" for n, v in zip(names, given, strict=True))
        body = other.get("envelope", ENVELOPES[self.site["form"]]).replace("INSIDE", inside)
        self.desk.moods = frozenset(moods)
        return told(self, self.side.answer(Request("POST", "/services/DataService", body=body.encode()), NOW))


SOAP = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
ENVELOPES = {
    "execute": f'{SOAP}><s:Body><x:execute xmlns:x="http://service.ggzy.example/">INSIDE</x:execute>'
    "</s:Body></s:Envelope>",
    "DataByXML": f'{SOAP} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema"><s:Body><x:DataByXML '
    'xmlns:x="http://service.ggzy.example/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">'
    "INSIDE</x:DataByXML></s:Body></s:Envelope>",
}


def told(at: At, said: Reply) -> dict[str, Any]:
    """Status, message and the opened data of an answer; a Fault as its code."""
    root = read(said.body)
    code = root.find(".//faultcode")
    if code is not None:
        return {"status": code.text, "message": root.findtext(".//faultstring"), "data": None}
    text = root.findtext(".//multiRef") or root.findtext(f".//{at.site['form']}Return") or ""
    if text.startswith("<"):
        inner = read(text)
        answer: dict[str, Any] = {e.tag: e.text or "" for e in inner}
    else:
        answer = json.loads(text)
    answer["raw"] = answer["data"]
    opened = open_text(at.site["data"], at.key, answer["data"]) if answer["data"] else None
    answer["data"] = None if opened is None else opened.decode(at.site["charset"])
    return answer


def same(at: At, line: str, moods: Iterable[str] = ()) -> None:
    """Byte for byte, but for the numbers of receipts inside the cipher."""
    said, wanted = at.say(line, moods), LINES[line]["reply"]
    assert (said.status, said.headers["Content-Type"]) == (
        wanted["status"],
        wanted["headers"]["Content-Type"],
    )
    if said.body.decode() == wanted["body"]:
        return
    ours, theirs = told(at, said), told(at, Reply(200, {}, wanted["body"].encode()))
    for one in (ours, theirs):
        one["data"] = re.sub(r'(slh":"|<slh>)[^"<]*', r"\1#", one["data"] or "")
        one.pop("raw")
    assert ours == theirs


def test_the_worked_examples_of_the_papers() -> None:
    assert (
        lines(close("des", b"Dx#26hub", '{"sn":"甘A"}'.encode("gbk")), broken=False)
        == "WBDGofZsyPlU3N+ABkUdFA=="
    )
    key = b"Jt-2026-ggzy-hub-key-3DE"
    closed = lines(close("3des", key, b"<Params><sn>A</sn></Params>"), broken=False)
    assert closed == "vh2449+SUMNmIcJ2R98dZB9EthXZPQzYudSGnYRGaPc="
    assert open_text("3des", key, closed) == b"<Params><sn>A</sn></Params>"


def test_m11() -> None:
    at = At("M11")
    for line in ("save-ok", "save-duplicate", "save-conflict", "get", "save-delete", "get-none"):
        same(at, line)
    assert [record.effects for record in at.desk.ledger] == [2]
    for line in ("save-bad-key", "save-missing", "func-unknown"):
        same(At("M11"), line)
    same(At("M11"), "answer-number", ("status-as-number",))
    same(At("M11"), "fault-server", ("soap-fault",))


def test_d06() -> None:
    same(At("D06"), "des-save-ok")
    same(At("D06"), "des-zero-padding", ("des-padding",))
    at = At("D06")
    assert told(at, at.say("des-data-broken", ("data-cut",)))["data"] is None
    assert at.desk.ledger.effects == 1
    golden = open_text("des", at.key, params_of("des-failure-number")) or b""
    plain = json.loads(golden) | {"WF_SJ": "2026/11/22"}
    answer = At("D06").call("saveXYXX", json.dumps(plain, ensure_ascii=False))
    assert (answer["status"], answer["message"]) == (411, "字段格式错误:WF_SJ"), "a number in failures"
    assert told(at, at.say("des-save-ok"))["status"] == "201"


def params_of(line: str) -> str:
    found = re.search(r"<params>([^<]*)<", LINES[line]["request"]["body"])
    assert found is not None
    return found[1]


def test_d10() -> None:
    same(At("D10"), "xml-save-ok")
    same(At("D10"), "xml-multiref", ("rpc-encoded-types",))
    same(At("D10"), "xml-busy", ("busy",))
    at = At("D10")
    found = re.search(r"<parmString2[^>]*>([^<]*)<", LINES["xml-save-ok"]["request"]["body"])
    assert found is not None
    plain = (open_text("3des", at.key, found[1]) or b"").decode()
    assert at.call("saveZBXM", plain)["status"] == "200"
    assert at.call("saveZBXM", plain)["status"] == "201"
    held = at.call("getZBXM", f"<Params><sn>{next(iter(at.desk.ledger)).key}</sn></Params>")
    assert "<count>1</count><record><sn>" in held["data"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("venue-query-ok", "venue.query"), ("seat-query-ok", "seat.query"),
        ("qualification-query-ok", "qualification.query"), ("performance-query-ok", "performance.query"),
        ("credit-query-ok", "credit.query"),
    ],
)  # fmt: skip
def test_services(line: str, message: str) -> None:
    """The book is played from the golden answer, and the golden bytes come back."""
    at = At(LINES[line]["system"])
    form = service(D, message, "reply")
    data = told(at, Reply(200, {}, LINES[line]["reply"]["body"].encode()))["data"]
    tree = json.loads(data) if data.startswith("{") else tree_of(f"<Params>{data[6:-7]}</Params>", form.rows)
    assert tree is not None
    known = form.home(tree)
    at.desk.books[message] = lambda asked, now: known
    same(at, line)


@pytest.mark.parametrize(
    ("line", "message", "code"),
    [("qualification-none", "qualification.query", "qualification.not-found"),
     ("credit-unknown", "credit.query", "credit.body-unknown")],
)  # fmt: skip
def test_errors_of_services(line: str, message: str, code: str) -> None:
    at = At(LINES[line]["system"])

    def book(asked: Any, now: datetime) -> Any:
        raise Refusal(code)

    at.desk.books[message] = book
    same(at, line)


def test_the_order_of_checks() -> None:
    at = At("M11")
    good = (open_text("des", at.key, params_of("save-ok")) or b"").decode("gbk")
    record = json.loads(good)

    def status(**changes: Any) -> str:
        return str(at.call("saveZBGG", json.dumps(record | changes, ensure_ascii=False))["status"])

    assert at.call("saveZBGG", good, site="other")["status"] == "401"
    assert at.call("saveZBGG", good, params="%%%")["status"] == "401"
    zeros = lines(close("des", at.key, good.encode("gbk"), zeros=True), broken=False)
    assert at.call("saveZBGG", good, params=zeros)["status"] == "401"
    assert at.call("saveZBGG", good, charset="utf-8")["status"] == "400"
    assert at.call("saveZBGG", "[]")["status"] == "400"
    assert at.call("saveXMDJ", good)["status"] == "403", "a method of the family, not of this site"
    assert at.call("dropAll", good)["status"] == "404"
    assert status(GG_MC="") == "410" and status(bbh="1") == "411" and status(czlx="X") == "412"
    assert status(czlx="U") == "422"
    assert status() == "200" and status(fssj="2026-11-22 10:00:00") == "201"
    assert status(GG_MC="别名") == "420"
    assert status(czlx="U", bbh=3) == "200" and status() == "421"
    large = {**LINES["save-ok"]["request"]}["body"] + " " * (2 * 2**20)
    assert told(at, at.say("save-ok", body=large))["status"] == "413"
    wrong = ENVELOPES["execute"].replace("x:execute", "x:DataByXML")
    assert at.call("saveZBGG", good, envelope=wrong)["status"] == "soapenv:Client"
    soap12 = ENVELOPES["execute"].replace("http://schemas.xmlsoap.org/soap/envelope/", "urn:other")
    assert at.call("saveZBGG", good, envelope=soap12)["status"] == "soapenv:Client"


def test_d10_wants_types_and_the_others_do_not() -> None:
    bare = re.sub(r' s:encodingStyle="[^"]*"', "", ENVELOPES["DataByXML"])
    at = At("D10")
    assert at.call("getZBXM", "<Params><sn>A</sn></Params>")["status"] == "200"
    assert at.call("getZBXM", "<Params><sn>A</sn></Params>", envelope=bare)["status"] == "soapenv:Client"
    assert At("D06").call("getXMDJ", '{"sn":"A"}')["data"] == '{"count":0}'
    bomb = '<!DOCTYPE a [<!ENTITY b "c">]><Params><sn>&b;</sn></Params>'
    assert at.call("getZBXM", bomb)["status"] == "400"


def test_line_breaks_are_m11s_habit_and_a_fault_elsewhere() -> None:
    at = At("M11")
    assert "\r\n" in told(at, at.say("save-ok"))["raw"]
    at = At("D06")
    assert "\n" not in told(at, at.say("des-save-ok"))["raw"]
    assert "\r\n" in told(at, at.say("des-save-ok", ("base64-linebreaks",)))["raw"]


@pytest.mark.parametrize(
    ("mood", "status"),
    [
        ("not-allowed", 403),
        ("func-unknown", 404),
        ("parent-unknown", 423),
        ("busy", 430),
        ("internal-error", 500),
    ],
)
def test_refusals_on_demand(mood: str, status: int) -> None:
    for ident, line in (("M11", "save-ok"), ("D06", "des-save-ok"), ("D10", "xml-save-ok")):
        at = At(ident)
        assert str(told(at, at.say(line, (mood,)))["status"]) == str(status)
        assert at.desk.ledger.effects == 0


def test_wsdls() -> None:
    for ident, mark in (("M11", b'use="literal"'), ("D10", b'use="encoded"')):
        at = At(ident)
        asked = Request("GET", "/services/DataService", "wsdl")
        assert mark in at.side.answer(asked, NOW).body
        at.desk.moods = frozenset({"wsdl-missing-imports"})
        assert b"gone.wsdl" in at.side.answer(asked, NOW).body


def test_names_outside_gbk_are_not_taken_for_others() -> None:
    """What is not GBK was never GBK: 400, and nothing is stored."""
    at = At("M11")
    raw = base64.b64encode(close("des", at.key, '{"sn":"𠀀"}'.encode())).decode()
    assert at.call("saveZBGG", "", params=raw)["status"] in ("400", "410")
    assert at.desk.ledger.effects == 0


def test_they_start_with_the_fleet() -> None:
    for ident, size in (("M11", 8), ("D06", 8), ("D10", 24)):
        system = build(roll()[ident], Making())
        assert len(system.desk.credentials["site_key"]) == size
        assert set(system.desk.books) == set(SITES[ident]["hub_asks"])
