"""http-xml: three systems that exchange records and one that is only asked, each in its own charset."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import strategies as st

from adapters.http_xml import DIALECT
from hub.catalogue.papers import Expectation, Papers
from hub.errors import SenderError
from hub.message import Finding
from hub.ports import Answer, Call, Encloses, Incoming, Outgoing, WireReply, WireRequest
from tests.adapters import services
from tests.adapters.contract import AT, RECEIPT, Contract, refused_by_hub
from tests.adapters.records import blob, take

PAPERS = Papers.load("http-xml")
_KEY = rsa.generate_private_key(65537, 2048)
_PRIVATE = _KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
_PUBLIC = (
    _KEY.public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)
SECRETS = {
    "accessid": "GGZY6200",
    "username": "hub6200",
    "password": "Gz&ht<2026>",
    "sign_key": "b7Kq-2026-gzjc",
    "rsa_private_key": _PRIVATE,
    "rsa_peer_public_key": _PUBLIC,
}
CHARSETS = {"D03": "gbk", "D24": "gb18030", "C03": "gbk", "R02": "utf-8"}


def texts(charset: str) -> st.SearchStrategy[str]:
    """Whatever both XML and the charset can hold."""
    marks = st.characters(codec=charset, exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff")
    return st.text(marks, min_size=1, max_size=60)


def octets(line: dict[str, Any]) -> bytes:
    return base64.b64decode(line["body_b64"]) if "body_b64" in line else line["body"].encode()


def document(charset: str, inner: str) -> bytes:
    return f'<?xml version="1.0" encoding="{charset.upper()}"?>\n{inner}'.encode(charset)


def response(charset: str, head: str, body: str = "") -> bytes:
    """An answer as a system writes it; signed with our test key where the system signs."""
    head = f"<head>{head}<seq>s</seq><date>20261122</date><time>090001</time></head>"
    return document(charset, f"<response>{head}<body>{body}</body></response>")


def signed(raw: bytes) -> bytes:
    span = raw[raw.find(b"<body>") : raw.rfind(b"</body>") + 7]
    sign = base64.b64encode(_KEY.sign(span, padding.PKCS1v15(), hashes.SHA256()))
    return raw.replace(b"</head>", b"<sign>" + sign + b"</sign></head>")


def xml(nodes: list[services.Node]) -> str:
    made = []
    for name, value in nodes:
        outer, _, inner = name.partition("/")
        if isinstance(value, str):
            made.append(f"<{name}>{escape(value)}</{name}>")
            continue
        items = (
            f"<{inner}>{escape(item) if isinstance(item, str) else xml(item)}</{inner}>" for item in value
        )
        made.append(f"<{outer}>{''.join(items)}</{outer}>")
    return "".join(made)


class HttpXmlContract(Contract):
    dialect = DIALECT
    credentials: ClassVar[dict[str, str]] = SECRETS
    systems: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def stages(cls) -> list[str]:
        facts = PAPERS.facts["systems"][cls.system]
        return [*dict.fromkeys([*facts.get("hub_sends", []), *facts.get("system_sends", [])])]

    @classmethod
    def foreign(cls, request: WireRequest) -> dict[str, str]:
        text = request.body.decode(cls.charset).partition("\n")[2]
        record = ElementTree.fromstring(text).find("body/record")
        return {} if record is None else {one.tag: one.text or "" for one in record}

    def wire(self, row: Expectation) -> WireReply:
        number = re.match(r"result ([01]), code ([0-9]{4})", row.wire) or re.match(
            r"()code ([0-9]{4})", row.wire
        )
        receipt = "<receiptno>R-1</receiptno><receiptrq>20261122</receiptrq><receiptsj>090001</receiptsj>"
        ok = "<result>1</result><code>0000</code><msg>操作成功</msg>"
        if number:
            head = f"<result>{number[1] or 0}</result><code>{number[2]}</code><msg>说明</msg>"
            return self._said(response(self.charset, head, receipt if number[2] in ("0000", "2010") else ""))
        match row.situation:
            case "slow":
                return self._said(response(self.charset, ok, receipt))
            case "UTF-8 bytes under a GBK declaration":
                raw = response("gbk", ok, receipt).decode("gbk").encode()
                return self._said(raw)
            case "bare & in a company name":
                return self._said(response(self.charset, ok, "<mc>A&B 公司</mc>"))
            case "document type or entity declaration":
                raw = response(self.charset, ok, receipt)
                return self._said(raw.replace(b"<response>", b'<!DOCTYPE r [<!ENTITY a "b">]><response>'))
            case "one repeated element":
                return self._said(response(self.charset, ok, "<hit><kind>x</kind></hit>"))
            case "no prolog":
                return self._said(response(self.charset, ok, receipt).partition(b"\n")[2])
            case "answer without valid sign (C03)":
                raw = signed(response(self.charset, ok, receipt))
                return WireReply(200, {}, raw.replace(b"R-1", b"R-2"))
            case "error number only in msg (R02)":
                head = "<result>0</result><msg>2001:必填项为空:wfdm</msg>"
                return self._said(response(self.charset, head))
            case "answer too big":
                return self._said(response(self.charset, ok, f"<a>{'x' * 5242880}</a>"))
            case "unlisted code":
                return self._said(response(self.charset, "<result>0</result><code>7777</code><msg>?</msg>"))
        raise AssertionError(row.situation)

    def _said(self, raw: bytes) -> WireReply:
        return WireReply(200, {"content-type": "text/xml"}, signed(raw) if self.system == "C03" else raw)

    def test_answers_mean_what_the_papers_say(self, row: Expectation) -> None:
        if "(C03)" in row.situation and self.system != "C03":
            pytest.skip("only C03 signs its answers")
        super().test_answers_mean_what_the_papers_say(row)

    def answer(self, row: Expectation) -> tuple[Answer, Incoming | None]:
        here = self.incoming()
        finding = {
            "envelope.malformed": "envelope.malformed",
            "envelope.too-large": "envelope.too-large",
            "path.unknown": "path.unknown",
        }.get(row.code)
        if row.situation.endswith("(service)"):
            asked = replace(here, message="contract.draft", stage="", op="", key="")
            status = 503 if row.code.startswith("upstream") else 422
            found = () if status == 503 else (Finding(row.code, "", "", "", "", "X"),)
            return Answer(502 if status == 503 else 422, row.code, "说明", findings=found), asked
        if finding:
            return Answer(422, row.code), replace(here, findings=(Finding(finding, "", "", "", "", "X"),))
        match row.code:
            case "ok":
                return Answer(202, "0000", data=RECEIPT), None
            case "receiver.duplicate":
                return Answer(200, "0000", data=RECEIPT), None
            case "auth.failed" | "auth.expired":
                return Answer(401, row.code), replace(here, authenticated=False)
            case "field.required" | "code.unknown" | "field.format":
                field = next(r.standard for r in PAPERS.rows(here.stage) if not r.standard.startswith("@"))
                found = (Finding(row.code, f"/body/fields/{field}", "x", "y", "", "X"),)
                return Answer(422, "message.refused", findings=found), None
            case "hub.internal":
                return Answer(500, "hub.internal"), None
        return refused_by_hub(row.code, here), None

    def inward_ok(self, row: Expectation, reply: WireReply) -> None:
        head = ElementTree.fromstring(reply.body.decode(self.charset).partition("\n")[2])
        code = re.search(r"\b([0-9]{4})\b", row.wire)
        assert code is not None
        assert head.findtext("head/code") == code[1]
        assert head.findtext("head/result") == ("1" if code[1] == "0000" else "0")
        if code[1] in ("0000", "2010"):
            assert head.findtext("body/receiptno") == RECEIPT["hubId"]
        if code[1] in ("2001", "2002", "2003"):
            field = next(r for r in PAPERS.rows(self.stages()[0]) if not r.standard.startswith("@"))
            assert f":{field.foreign}" in str(head.findtext("head/msg"))

    def golden_outward(self, golden: dict[str, Any]) -> None:
        call = self.golden_call(golden)
        line = golden["request"]
        request = WireRequest(line["method"], line["path"], line["headers"], octets(line))
        incoming = self.dialect.accept(request, replace(call, system=self.system))
        assert not incoming.findings or golden["id"] in _NOT_OURS
        outgoing = self.golden_outgoing(golden, incoming)
        if outgoing is not None and not incoming.stage:
            call = replace(call, nonce=str(incoming.context["seq"]))
            outgoing = replace(outgoing, fields=dict(incoming.fields))
        if outgoing is not None and golden["id"] not in _NOT_OURS:
            made = self.dialect.encode(outgoing, call)
            ours = PAPERS.row_key("T03", outgoing.stage, outgoing.key).encode()
            body = made.body.replace(ours, incoming.key.encode()) if outgoing.stage else made.body
            assert (made.method, made.path, body) == (request.method, request.path, request.body)
            assert made.headers == line["headers"]
        back = golden["reply"]
        headers = {name.lower(): value for name, value in back["headers"].items()}
        reply = WireReply(back["status"], headers, octets(back))
        asked = outgoing or Outgoing("credit.push", "credit-violation", "insert", 1, {})
        outcome = self.dialect.decode(reply, asked, call)
        assert (outcome.kind.value, outcome.code) == (golden["outcome"]["kind"], golden["outcome"]["code"])

    def golden_outgoing(self, golden: dict[str, Any], incoming: Incoming) -> Outgoing | None:
        made = super().golden_outgoing(golden, incoming)
        if made is not None:
            return replace(made, sender="T03", files=incoming.files)
        if incoming.authenticated and incoming.message:
            return Outgoing(incoming.message, "", "", 0, incoming.fields)
        return None

    def golden_inward(self, golden: dict[str, Any]) -> None:
        line, expected = golden["request"], golden["reply"]
        system = line["path"].split("/")[2]
        call = self.golden_call(golden, system=system)
        request = WireRequest(line["method"], line["path"], line["headers"], octets(line))
        incoming = self.dialect.accept(request, call)
        later = replace(call, now=call.now + timedelta(seconds=1))
        reply = self.dialect.reply(self.golden_answer(golden, incoming), incoming, later)
        assert (reply.status, reply.body) == (expected["status"], octets(expected))
        assert reply.headers == expected["headers"]

    def golden_answer(self, golden: dict[str, Any], incoming: Incoming) -> Answer:
        if incoming.message == "contract.draft":
            file = blob("合同草案正文".encode())
            return Answer(
                200, "0000", data={"draftNo": "HT-DRAFT-0001", "contractFile": file, "resultState": "done"}
            )
        if incoming.message == "supervise.data":
            return Answer(200, "0000", data={**RECEIPT, "accepted": 1, "rejected": []})
        return super().golden_answer(golden, incoming)

    def test_what_the_charset_lacks_is_named_and_not_sent(self) -> None:
        stage = self.stages()[0]
        texts = [
            r.standard for r in PAPERS.rows(stage) if r.form == "text" and not r.standard.startswith("@")
        ]
        fields = self.record_of(stage, 1)
        fields[texts[0]], fields[texts[1]], fields[texts[2]] = "李𠮷", "a\x01b", "€"
        expected = {texts[1]: "mapping.unencodable"}
        if self.charset == "gbk":
            expected |= {texts[0]: "mapping.charset", texts[2]: "mapping.charset"}
        with pytest.raises(SenderError) as refused:
            self.dialect.encode(self.outgoing(stage, fields), self.call())
        assert {f.at.rpartition("/")[2]: f.code for f in refused.value.findings} == expected

    def test_a_request_is_never_mended(self) -> None:
        stage = self.stages()[0]
        good = self.dialect.encode(self.outgoing(stage, self.record_of(stage, 1)), self.call())
        name = self.charset.upper().encode()
        for body in (
            good.body.partition(b"\n")[2],
            good.body.replace(b'"' + name + b'"', b'"BIG5"'),
            good.body.replace(b"</record>", b"<zz>A&B</zz></record>"),
            good.body.replace(b"<head>", b"<!-- <body> --><head>"),
            good.body.replace(b"<head>", b"<head><![CDATA[<body>]]>"),
            good.body.replace(b"<request>", b"<!DOCTYPE request><request>"),
            b"\xef\xbb\xbf" + good.body,
            good.body[:-3],
        ):
            incoming = self.dialect.accept(replace(good, body=body), self.call(system=self.sender))
            assert [f.code for f in incoming.findings] == ["envelope.malformed"], body[:80]
            reply = self.dialect.reply(Answer(422, "message.refused"), incoming, self.call())
            assert b"<code>1005</code>" in reply.body

    def test_the_clock_of_the_caller_is_held_to_900_seconds(self) -> None:
        stage = self.stages()[0]
        good = self.dialect.encode(self.outgoing(stage, self.record_of(stage, 1)), self.call())
        for seconds, holds in ((900, True), (-900, True), (901, False), (-901, False)):
            call = self.call(system=self.sender, now=AT + timedelta(seconds=seconds))
            incoming = self.dialect.accept(good, call)
            assert incoming.authenticated is holds
            if not holds:
                reply = self.dialect.reply(Answer(401, "auth.expired"), incoming, call)
                assert b"<code>1002</code>" in reply.body

    def test_another_systems_proof_is_none(self) -> None:
        stage = self.stages()[0]
        good = self.dialect.encode(self.outgoing(stage, self.record_of(stage, 1)), self.call())
        for name in ("accessid", "password" if b"<password>" in good.body else "sign_key"):
            for other in ("x", ""):
                call = self.call(system=self.sender, credentials={**SECRETS, name: other})
                assert not self.dialect.accept(good, call).authenticated

    def test_a_delete_has_an_empty_body(self) -> None:
        stage = self.stages()[0]
        gone = self.outgoing(stage, self.record_of(stage, 1), op="delete", version=2)
        request = self.dialect.encode(gone, self.call())
        assert b"<body></body>" in request.body
        incoming = self.dialect.accept(request, self.call(system=self.sender))
        assert (incoming.op, incoming.version, incoming.fields, incoming.findings) == ("delete", 2, {}, ())


# requests in the transcripts that the hub does not make: wrong secrets, old times, pages, read-back
_NOT_OURS = {"save-bad-password", "save-expired", "credit-page", "query", "query-none", "md5-bad"}


class TestD03(HttpXmlContract):
    name = "http-xml"
    system = sender = "D03"
    systems = ("D03",)
    charset = "gbk"
    text = texts("gbk")

    def test_attachments_go_and_come_behind_the_fields(self) -> None:
        held, known = blob(b"%PDF-1.7 \xff"), blob(b"elsewhere")
        del known["data"]
        known["name"] = "合同正文.pdf"
        out = self.outgoing("contract-sign", self.record_of("contract-sign", 1), files=(held, known))
        request = DIALECT.encode(out, self.call())
        text = request.body.decode("gbk")
        assert f"<zy>{held['digest']}</zy><nr>{held['data']}</nr></fj>" in text
        assert text.count("<nr>") == 1
        assert text.index("<htdm>") < text.index("<fjlist>")
        incoming = DIALECT.accept(request, self.call(system="D03"))
        assert incoming.files == (held, known)
        assert not incoming.findings and not incoming.ext
        bad = replace(out, files=({**known, "name": "𠮷.pdf"},))
        with pytest.raises(SenderError) as refused:
            DIALECT.encode(bad, self.call())
        assert [(f.code, f.at) for f in refused.value.findings] == [("mapping.charset", "/body/files/0/name")]

    def test_who_encloses_what(self) -> None:
        assert isinstance(DIALECT, Encloses)
        assert DIALECT.encloses("D03", "contract.filing", "contract-sign") > 1024
        assert not DIALECT.encloses("D03", "contract.perform", "contract-performance")
        assert not DIALECT.encloses("R02", "credit.push", "credit-violation")
        assert DIALECT.encloses("C03", "ca.verify", "") > 1024

    def test_half_a_moment(self) -> None:
        request = DIALECT.encode(
            self.outgoing("contract-sign", self.record_of("contract-sign", 1)), self.call()
        )
        for cut, expected in ((rb"<tjsjsj>\d+</tjsjsj>", "T00:00:00+08:00"), (rb"<tjsjrq>\d+</tjsjrq>", "")):
            body = re.sub(cut, b"", request.body)
            value = DIALECT.accept(replace(request, body=body), self.call(system="D03")).fields["SUBMIT_TIME"]
            assert value.endswith(expected) if expected else re.fullmatch("[0-9]{6}", value)


class TestD24(HttpXmlContract):
    name = "http-xml"
    system = sender = "D24"
    systems = ("D24",)
    charset = "gb18030"
    text = texts("gb18030")

    def test_the_worked_signature(self) -> None:
        """Computed here from the papers' text, so that the adapter is held to its octets."""
        stage = "asset-result"
        request = DIALECT.encode(self.outgoing(stage, self.record_of(stage, 1)), self.call())
        span = request.body[request.body.find(b"<body>") : request.body.rfind(b"</body>") + 7]
        expected = hashlib.md5(span + SECRETS["sign_key"].encode(), usedforsecurity=False).hexdigest()
        assert f"<sign>{expected}</sign>".encode() in request.body
        assert hashlib.md5(b"<body><seq>A</seq></body>b7Kq-2026-gzjc").hexdigest().startswith("412a24c4")

    def test_a_changed_body_has_no_proof(self) -> None:
        request = DIALECT.encode(
            self.outgoing("asset-result", self.record_of("asset-result", 1)), self.call()
        )
        for old, new in ((b"<record>", b"<record><zz>1</zz>"), (b"</body>", b" </body>")):
            changed = replace(request, body=request.body.replace(old, new, 1))
            assert not DIALECT.accept(changed, self.call(system="D24")).authenticated


class TestR02(HttpXmlContract):
    name = "http-xml"
    system = sender = "R02"
    systems = ("R02",)
    text = texts("utf-8")

    def wire(self, row: Expectation) -> WireReply:
        reply = super().wire(row)
        body = re.sub(
            r"<result>0</result><code>(\d+)</code><msg>", r"<result>0</result><msg>\1:", reply.body.decode()
        )
        return replace(reply, body=body.encode()) if "<result>0</result>" in body else reply


class TestC03:
    """Asked, never sending; every answer signed."""

    def test_golden(self) -> None:
        lines = [g for g in PAPERS.golden() if g["system"] == "C03"]
        assert len(lines) == 6
        for golden in lines:
            call = Call("C03", "", golden["secrets"], AT, "5b1e0c4f7a2d4e1c9f00aa0000000001", "k")
            root = ElementTree.fromstring(octets(golden["request"]).decode("gbk").partition("\n")[2])
            func = root.findtext("head/func")
            service = {"yzqm": "ca.verify", "qm": "ca.sign", "sjc": "tsa.stamp"}[str(func)]
            body = root.find("body")
            assert body is not None
            fields = _unified(service, {one.tag: one.text or "" for one in body})
            request = DIALECT.encode(Outgoing(service, "", "", 0, fields), call)
            assert request.body == octets(golden["request"])
            reply = WireReply(200, {}, octets(golden["reply"]))
            outcome = DIALECT.decode(reply, Outgoing(service, "", "", 0, fields), call)
            assert (outcome.kind.value, outcome.code) == (
                golden["outcome"]["kind"],
                golden["outcome"]["code"],
            )
            if golden["id"] == "ca-verify-revoked":
                assert outcome.data["verdict"] == "revoked"


def _unified(service: str, texts: dict[str, str]) -> dict[str, Any]:
    """A request of the transcripts in unified names, by the papers' table."""
    fields: dict[str, Any] = {}
    for row in PAPERS.rows(service, "request"):
        text = texts.get(row.foreign)
        above, _, last = row.standard.rpartition(".")
        place = fields.setdefault(above, {}) if above else fields
        if not text or last in place:
            continue
        if row.form == "blob":
            place[last] = blob(base64.b64decode(text))
        elif row.form.startswith("datetime"):
            time = texts[row.foreign.removesuffix("rq") + "sj"]
            place[last] = datetime.strptime(text + time + "+0800", "%Y%m%d%H%M%S%z").isoformat()
        elif row.form.startswith("code"):
            back = {foreign: ours for ours, foreign in PAPERS.codes[row.form[5:]].items()}
            place[last] = {"true": True, "false": False}.get(back[text], back[text])
        else:
            place[last] = text
    return {name: value for name, value in fields.items() if value != {}}


def call_of(system: str) -> Call:
    return Call(system, "", SECRETS, AT, "000102030405060708090a0b0c0d0e0f", "k")


ASKS = [(s, name) for s, facts in PAPERS.facts["systems"].items() for name in facts.get("hub_asks", [])]
ASKED = [(s, name) for s, facts in PAPERS.facts["systems"].items() for name in facts.get("system_asks", [])]


@pytest.mark.parametrize("share", [1.0, 0.5, 0.0])
@pytest.mark.parametrize(("system", "service"), ASKS)
def test_what_we_ask_and_are_told(system: str, service: str, share: float) -> None:
    charset = CHARSETS[system]
    for seed in range(4):
        fields = services.said(PAPERS, service, "request", seed, share=share, charset=charset)
        request = DIALECT.encode(Outgoing(service, "", "", 0, fields), call_of(system))
        text = request.body.decode(charset)
        body = xml(services.written(PAPERS, service, "request", fields))
        pages = "<pageno>1</pageno><pagesize>1000</pagesize>" if service == "credit.query" else ""
        assert f"<body>{body}{pages}</body>" in text
        data = services.said(PAPERS, service, "reply", seed, share=share, charset=charset)
        nodes = services.written(PAPERS, service, "reply", data)
        raw = response(charset, "<result>1</result><code>0000</code><msg>好</msg>", xml(nodes))
        reply = WireReply(200, {}, signed(raw) if system == "C03" else raw)
        outcome = DIALECT.decode(reply, Outgoing(service, "", "", 0, fields), call_of(system))
        assert outcome.code == "ok"
        assert not services.differing(PAPERS, service, "reply", data, outcome.data)


@pytest.mark.parametrize("share", [1.0, 0.5, 0.0])
@pytest.mark.parametrize(("system", "service"), ASKED)
def test_what_we_are_asked_and_tell(system: str, service: str, share: float) -> None:
    charset = CHARSETS[system]
    func = PAPERS.facts["modules"][service]
    for seed in range(4):
        fields = services.said(PAPERS, service, "request", seed, share=share, charset=charset)
        body = f"<body>{xml(services.written(PAPERS, service, 'request', fields))}</body>"
        sign = hashlib.md5(
            body.encode(charset) + SECRETS["sign_key"].encode(), usedforsecurity=False
        ).hexdigest()
        head = (
            "<accessid>GGZY6200</accessid><username>hub6200</username><password>Gz&amp;ht&lt;2026&gt;</password>"
            f"<func>{func}</func><seq>q</seq><src>{system}</src><date>20261122</date><time>090000</time>"
            f"<sign>{sign}</sign>"
        )
        raw = document(charset, f"<request><head>{head}</head>{body}</request>")
        incoming = DIALECT.accept(WireRequest("POST", "/xmlservice", {}, raw), call_of(system))
        assert (incoming.message, incoming.findings, incoming.authenticated) == (service, (), True)
        assert not services.differing(PAPERS, service, "request", fields, incoming.fields)
        again = DIALECT.accept(
            WireRequest("POST", "/xmlservice", {}, raw), replace(call_of(system), nonce="9")
        )
        assert again.message_id == incoming.message_id
        data = services.said(PAPERS, service, "reply", seed, share=share, charset=charset)
        reply = DIALECT.reply(Answer(200, "0000", data=data), incoming, call_of(system))
        expected = xml(services.written(PAPERS, service, "reply", data))
        assert f"<body>{expected}</body></response>" in reply.body.decode(charset)


def test_one_hit_without_its_container_is_a_list_of_one() -> None:
    golden = {g["id"]: g for g in PAPERS.golden()}
    asked = Outgoing("credit.query", "", "", 0, {})
    told = [
        DIALECT.decode(WireReply(200, {}, octets(golden[name]["reply"])), asked, call_of("R02")).data
        for name in ("credit-hit", "credit-hit-single")
    ]
    assert told[0] == told[1]
    assert take(dict(told[0]), "hits")[0]["kind"] == "punishment"


def test_a_reply_that_the_callers_charset_lacks_is_no_question_mark() -> None:
    asked = Incoming("contract.draft", "", "", "", 0, "i", {}, authenticated=True)
    data = {"draftNo": "1", "contractFile": blob(b"x"), "resultState": "done", "message": "𠮷"}
    reply = DIALECT.reply(Answer(200, "0000", data=data), asked, call_of("D03"))
    assert b"<code>9999</code>" in reply.body
    assert b"?<" not in reply.body
