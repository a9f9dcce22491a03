"""rpc-execute: three sites, each with its cipher, charset and form; opened here without the adapter."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from hypothesis import strategies as st

from adapters.rpc_execute import DIALECT, cipher
from hub.catalogue.papers import ROOT, Expectation, Papers
from hub.errors import SenderError
from hub.message import Finding
from hub.ports import Answer, Call, Encloses, Incoming, Outgoing, WireReply, WireRequest
from tests.adapters import services
from tests.adapters.contract import AT, HUB_ID, RECEIPT, Contract, refused_by_hub
from tests.adapters.records import blob
from tests.rows import each

PAPERS = Papers.load("rpc-execute")
RECORDS = json.loads((ROOT / "records.json").read_text("utf-8"))
SECRETS = {
    "M11": {"site_code": "621100", "site_key": "Dx#26hub"},
    "D06": {"site_code": "SL620000", "site_key": "Sl@2026k"},
    "D10": {"site_code": "JT620000", "site_key": "Jt-2026-ggzy-hub-key-3DE"},
}
CHARSETS = {"M11": "gbk", "D06": "utf-8", "D10": "utf-8"}
NS = "http://service.ggzy.example/"
OK = {"sn": "A", "slh": "R-1", "slsj": "2026-11-22 09:00:01"}


def _cipher(kind: str, key: bytes) -> Cipher[Any]:
    if kind == "des":
        return Cipher(TripleDES(key * 3), modes.ECB())
    return Cipher(TripleDES(key), modes.CBC(key[:8]))


def closed(plain: bytes, kind: str, key: str, *, zeros: bool = False) -> str:
    if kind != "base64":
        padder = padding.PKCS7(64).padder()
        raw = plain + b"\0" * (-len(plain) % 8) if zeros else padder.update(plain) + padder.finalize()
        encryptor = _cipher(kind, key.encode()).encryptor()
        plain = encryptor.update(raw) + encryptor.finalize()
    return base64.b64encode(plain).decode()


def opened(text: str, kind: str, key: str) -> bytes:
    raw = base64.b64decode(text)
    if kind == "base64":
        return raw
    decryptor = _cipher(kind, key.encode()).decryptor()
    unpadder = padding.PKCS7(64).unpadder()
    return unpadder.update(decryptor.update(raw) + decryptor.finalize()) + unpadder.finalize()


class Site:
    """A site as the papers' table has it, read and written without the adapter."""

    def __init__(self, system: str) -> None:
        self.system, self.facts = system, PAPERS.facts["systems"][system]
        self.charset, self.secrets = CHARSETS[system], SECRETS[system]
        self.xml = self.facts["form"] == "DataByXML"

    def params(self, body: bytes) -> bytes:
        """The plain octets of a call."""
        text = body.decode()
        name = "parmString2" if self.xml else "params"
        found = re.search(rf"<{name}[^>]*>([^<]*)</{name}>", text)
        assert found is not None
        return opened(found[1], self.facts["params"], self.secrets["site_key"])

    def call(self, func: str, plain: bytes, **how: bool) -> bytes:
        params = closed(plain, self.facts["params"], self.secrets["site_key"], **how)
        return self._called(func, self.secrets["site_code"], params)

    def _called(self, func: str, code: str, params: str) -> bytes:
        if self.xml:
            names = (("action", func), ("parmString1", code), ("parmString2", params), ("parmString3", ""))
        else:
            names = (("siteCode", code), ("func", func), ("params", params))
        kind = ' xsi:type="xsd:string"' if self.xml else ""
        style = ' soapenv:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"' if self.xml else ""
        inner = "".join(f"<{name}{kind}>{escape(text)}</{name}>" for name, text in names)
        form = self.facts["form"]
        return self.soap(f'<ser:{form} xmlns:ser="{NS}"{style}>{inner}</ser:{form}>')

    def soap(self, body: str) -> bytes:
        more = ""
        if self.xml:
            more = (
                ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
                ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
            )
        space = "http://schemas.xmlsoap.org/soap/envelope/"
        return (
            f'<soapenv:Envelope xmlns:soapenv="{space}"{more}>'
            f"<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
        ).encode()

    def returned(self, status: str, message: str, data: str, *, number: bool = False) -> bytes:
        if self.xml:
            text = (
                f"<Return><status>{status}</status><message>{message}</message><data>{data}</data></Return>"
            )
        else:
            code: Any = int(status) if number else status
            text = json.dumps({"status": code, "message": message, "data": data}, ensure_ascii=False)
        form = self.facts["form"]
        inner = f"<{form}Return>{escape(text)}</{form}Return>"
        return self.soap(f'<ser:{form}Response xmlns:ser="{NS}">{inner}</ser:{form}Response>')

    def data(self, nodes: list[services.Node], **how: bool) -> str:
        return closed(self.plain(nodes, "Data", "reply"), self.facts["data"], self.secrets["site_key"], **how)

    def plain(self, nodes: list[services.Node], root: str, direction: str, service: str = "") -> bytes:
        if self.xml:
            return f"<{root}>{_xml(nodes)}</{root}>".encode(self.charset)
        whole = {
            row.foreign.partition("[]")[2].lstrip("/") or row.foreign
            for row in PAPERS.fields
            if row.stage in ("*", service) and row.foreign_type == "integer"
        }
        text = json.dumps(_json(nodes, whole), ensure_ascii=False, separators=(",", ":"))
        return text.encode(self.charset)

    def answered(self, body: bytes, *, service: bool = False) -> tuple[str, str, str]:
        """Status, message and plain data of an answer of ours."""
        root = ElementTree.fromstring(body)
        text = next(one.text or "" for one in root.iter() if one.tag.endswith("Return"))
        if self.xml:
            tree = ElementTree.fromstring(text)
            found = {one.tag: one.text or "" for one in tree}
        else:
            found = json.loads(text)
        data = found["data"]
        plain = (
            opened(data, self.facts["data"], self.secrets["site_key"]).decode(self.charset) if data else ""
        )
        return found["status"], found["message"], plain


def _xml(nodes: list[services.Node]) -> str:
    made = []
    for name, value in nodes:
        if isinstance(value, str):
            made.append(f"<{name}>{escape(value)}</{name}>")
        else:
            items = (f"<item>{escape(one) if isinstance(one, str) else _xml(one)}</item>" for one in value)
            made.append(f"<{name}>{''.join(items)}</{name}>")
    return "".join(made)


def _json(nodes: list[services.Node], whole: set[str]) -> dict[str, Any]:
    return {
        name: (int(value) if name in whole else value)
        if isinstance(value, str)
        else [one if isinstance(one, str) else _json(one, whole) for one in value]
        for name, value in nodes
    }


def texts(charset: str) -> st.SearchStrategy[str]:
    marks = st.characters(codec=charset, exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff")
    return st.text(marks, min_size=1, max_size=60)


class RpcContract(Contract):
    dialect = DIALECT

    @classmethod
    def stages(cls) -> list[str]:
        facts = PAPERS.facts["systems"][cls.system]
        return [*dict.fromkeys([*facts.get("hub_sends", []), *facts.get("system_sends", [])])]

    @property
    def site(self) -> Site:
        return Site(self.system)

    @classmethod
    def foreign(cls, request: WireRequest) -> dict[str, str]:
        plain = Site(cls.system).params(request.body).decode(cls.charset)
        if cls.system == "D10":
            return {one.tag: one.text or "" for one in ElementTree.fromstring(plain)}
        held: dict[str, Any] = json.loads(plain, parse_int=str)
        return held

    def test_the_row_key_is_that_of_the_papers_in_every_attempt(self, stage: str) -> None:
        key = PAPERS.row_key(self.sender, stage, "K-1")
        for version, nonce in ((1, self.nonce), (2, self.nonce[::-1])):
            outgoing = self.outgoing(stage, self.record_of(stage, 1), version=version)
            assert self.foreign(DIALECT.encode(outgoing, self.call(nonce=nonce)))["sn"] == key

    def wire(self, row: Expectation) -> WireReply:
        site, data = self.site, self.site.data([*OK.items()])
        number = re.search(r"status ([0-9]{3}) \(string or number\)", row.wire)
        if number:
            held = data if number[1] in ("200", "201") else ""
            return WireReply(200, {}, site.returned(number[1], "说明", held, number=number[1] != "201"))
        match row.situation:
            case "slow" | "WSDL with imports that cannot be fetched":
                return WireReply(200, {}, site.returned("200", "好", data))
            case "data padded with zeros":
                short = {"sn": "AB", "slh": "R-1"}
                return WireReply(200, {}, site.returned("200", "好", site.data([*short.items()], zeros=True)))
            case "Base64 with line breaks":
                broken = "\r\n".join(data[at : at + 76] for at in range(0, len(data), 76))
                return WireReply(200, {}, site.returned("200", "好", broken))
            case "status is a number":
                return WireReply(200, {}, site.returned("200", "好", data, number=True))
            case "rpc/encoded answer":
                form = site.facts["form"]
                text = re.search(rb"<\w+Return>(.*)</\w+Return>", site.returned("200", "好", data), re.S)
                assert text is not None
                return WireReply(
                    200,
                    {},
                    site.soap(
                        f'<s:{form}Response xmlns:s="{NS}"><{form}Return href="#id0"/></s:{form}Response>'
                        f'<multiRef id="id0">{text[1].decode()}</multiRef>'
                    ),
                )
            case "data cannot be deciphered":
                return WireReply(200, {}, site.returned("200", "好", "AAAAAAAAAAA="))
            case "SOAP Fault Client" | "SOAP Fault Server":
                code = row.situation.rpartition(" ")[2]
                fault = f"<faultcode>soapenv:{code}</faultcode><faultstring>a\nb</faultstring>"
                return WireReply(500, {}, site.soap(f"<soapenv:Fault>{fault}</soapenv:Fault>"))
            case "answer too big":
                return WireReply(200, {}, site.returned("200", "x" * 2097152, data))
            case "unlisted code":
                return WireReply(200, {}, site.returned("777", "?", ""))
        raise AssertionError(row.situation)

    def answer(self, row: Expectation) -> tuple[Answer, Incoming | None]:
        here = self.incoming()
        if row.situation.endswith("(service)"):
            asked = replace(here, message="report.up", stage="", op="", key="")
            if row.code.startswith("upstream"):
                return Answer(502, row.code), asked
            return Answer(422, row.code, findings=(Finding(row.code, "", "", "", "", "X"),)), asked
        if row.code in ("envelope.malformed", "envelope.too-large", "path.unknown"):
            found = (Finding(row.code, "", "", "", "", "X"),)
            context = {"fault": "x"} if row.wire.startswith("Fault") else {}
            return Answer(422, row.code), replace(here, findings=found, context=context)
        match row.code:
            case "ok":
                return Answer(202, "0000", data=RECEIPT), None
            case "receiver.duplicate":
                return Answer(200, "0000", data=RECEIPT), None
            case "auth.failed":
                return Answer(401, row.code), replace(here, authenticated=False)
            case "field.required" | "code.unknown" | "field.format":
                field = next(r.standard for r in PAPERS.rows(here.stage) if not r.standard.startswith("@"))
                found = (Finding(row.code, f"/body/fields/{field}", "x", "y", "", "X"),)
                return Answer(422, "message.refused", findings=found), None
            case "hub.internal":
                return Answer(500, "hub.internal"), None
        return refused_by_hub(row.code, here), None

    def inward_ok(self, row: Expectation, reply: WireReply) -> None:
        if row.wire.startswith("Fault"):
            assert b"<faultcode>soapenv:Client</faultcode>" in reply.body
            return
        status, message, data = self.site.answered(reply.body)
        number = re.search(r"status ([0-9]{3})", row.wire)
        assert number is not None
        assert status == number[1]
        assert (HUB_ID in data) == (status in ("200", "201"))
        if status in ("410", "411", "412"):
            field = next(r for r in PAPERS.rows(self.stages()[0]) if not r.standard.startswith("@"))
            assert message.endswith(f":{field.foreign}")

    def golden_call(self, golden: dict[str, Any], **change: Any) -> Call:
        return super().golden_call(golden, **{**change, "system": golden["system"]})

    def golden_outward(self, golden: dict[str, Any]) -> None:
        call, line = self.golden_call(golden), golden["request"]
        request = WireRequest(line["method"], line["path"], line["headers"], line["body"].encode())
        incoming = DIALECT.accept(request, call)
        asked = Outgoing(
            incoming.message,
            incoming.stage,
            incoming.op,
            incoming.version,
            incoming.fields,
            sender="T03",
            hub_id=HUB_ID,
            key=str(RECORDS[incoming.stage]["key"]) if incoming.stage else "",
        )
        if incoming.message and not incoming.findings:
            made = DIALECT.encode(asked, call)
            assert (made.path, made.headers, made.body.decode()) == (
                line["path"],
                line["headers"],
                line["body"],
            )
        back = golden["reply"]
        headers = {name.lower(): value for name, value in back["headers"].items()}
        outcome = DIALECT.decode(WireReply(back["status"], headers, back["body"].encode()), asked, call)
        assert (outcome.kind.value, outcome.code) == (golden["outcome"]["kind"], golden["outcome"]["code"])

    def golden_inward(self, golden: dict[str, Any]) -> None:
        line, expected = golden["request"], golden["reply"]
        call = self.golden_call(golden)
        request = WireRequest(line["method"], line["path"], line["headers"], line["body"].encode())
        incoming = DIALECT.accept(request, call)
        later = replace(call, now=call.now + timedelta(seconds=1))
        reply = DIALECT.reply(self.golden_answer(golden, incoming), incoming, later)
        assert (reply.status, reply.body.decode()) == (expected["status"], expected["body"])
        assert reply.headers == expected["headers"]

    def golden_answer(self, golden: dict[str, Any], incoming: Incoming) -> Answer:
        if incoming.stage or golden["outcome"]["kind"] != "delivered":
            return super().golden_answer(golden, incoming)
        told: dict[str, dict[str, Any]] = {
            "entry.accept": {},
            "report.up": {"queuePosition": 3},
            "supervise.data": {"accepted": 1, "rejected": []},
        }
        return Answer(200, "0000", data={**RECEIPT, **told[incoming.message]})

    def test_the_published_samples_are_read(self) -> None:
        """Each by the site whose form and key it was made with; refusals by any."""
        for path in sorted((PAPERS.root / "samples").glob("*error*.reply.xml")):
            outcome = DIALECT.decode(
                WireReply(200, {}, path.read_bytes()), self.outgoing(self.stages()[0], {}), self.call()
            )
            assert outcome.code not in ("receiver.unknown-code",), path.name
            assert outcome.kind.value != "delivered", path.name

    def test_what_the_charset_lacks_is_named_and_not_sent(self) -> None:
        stage = self.stages()[0]
        names = [r.standard for r in PAPERS.rows(stage) if r.form == "text"][:3]
        fields = {**self.record_of(stage, 1), **dict(zip(names, ("李𠮷", "a\x01b", "€"), strict=True))}
        expected: dict[str, str] = {}
        if self.charset == "gbk":
            expected = {names[0]: "mapping.charset", names[2]: "mapping.charset"}
        if self.system == "D10":
            expected = {names[1]: "mapping.unencodable"}
        outgoing = self.outgoing(stage, fields)
        if not expected:
            assert self.foreign(DIALECT.encode(outgoing, self.call())).items() >= {}.items()
            self.check_round_trip(stage, fields)
            return
        with pytest.raises(SenderError) as refused:
            DIALECT.encode(outgoing, self.call())
        assert {f.at.rpartition("/")[2]: f.code for f in refused.value.findings} == expected

    def test_who_has_not_the_key_is_nobody(self) -> None:
        stage, site = self.stages()[0], self.site
        good = DIALECT.encode(self.outgoing(stage, self.record_of(stage, 1)), self.call())
        plain = site.params(good.body)
        func = f"save{PAPERS.facts['modules'][stage]}"
        padded = plain + b" " * (-(len(plain) + 3) % 8)  # so that there are zeros to add
        code, key = site.secrets["site_code"].encode(), site.secrets["site_key"]
        for body in (
            good.body.replace(code, b"X" + code[1:]),
            site.call(func, padded, zeros=True),
            re.sub(rb"(<p\w+2?[^>]*>)[A-Za-z0-9+/]{12}", rb"\1AAAAAAAAAAAA", good.body, count=1)
            if not site.xml
            else good.body.replace(closed(plain, "3des", key).encode(), b"!!"),
        ):
            assert body != good.body
            incoming = DIALECT.accept(replace(good, body=body), self.call(system=self.sender))
            reply = DIALECT.reply(Answer(401, "auth.failed"), incoming, self.call())
            refused = site.answered(reply.body)[0]
            assert refused in ("401", "400"), body[:300]
        again = DIALECT.accept(replace(good, body=site.call(func, plain)), self.call(system=self.sender))
        assert again.authenticated and not again.findings

    def test_the_form_of_a_call(self) -> None:
        stage, site = self.stages()[0], self.site
        good = DIALECT.encode(self.outgoing(stage, self.record_of(stage, 1)), self.call())
        other = "execute" if site.xml else "DataByXML"
        cases = [
            good.body.replace(site.facts["form"].encode(), other.encode()),
            good.body.replace(b"<soapenv:Envelope", b"<!DOCTYPE a><soapenv:Envelope", 1),
            good.body.replace(
                b"http://schemas.xmlsoap.org/soap/envelope/", b"http://www.w3.org/2003/05/soap-envelope"
            ),
            b"{}",
        ]
        if site.xml:
            cases += [
                good.body.replace(b' xsi:type="xsd:string"', b"", 1),
                re.sub(rb' soapenv:encodingStyle="[^"]*"', b"", good.body),
            ]
        for body in cases:
            assert body != good.body
            incoming = DIALECT.accept(replace(good, body=body), self.call(system=self.sender))
            reply = DIALECT.reply(Answer(422, "message.refused"), incoming, self.call())
            assert (reply.status, b"soapenv:Client" in reply.body) == (500, True)

    def test_what_is_inside_is_never_mended(self) -> None:
        stage, site = self.stages()[0], self.site
        func = f"save{PAPERS.facts['modules'][stage]}"
        bad = [
            b"<Params><a>\xff</a></Params>",
            b'{"a":1.5}',
            b'{"a":"1","a":"2"}',
            b"[]",
            b"<!DOCTYPE a><Params></Params>",
        ]
        for plain in bad:
            request = WireRequest("POST", "/services/DataService", {}, site.call(func, plain))
            incoming = DIALECT.accept(request, self.call(system=self.sender))
            reply = DIALECT.reply(Answer(422, "message.refused"), incoming, self.call())
            assert site.answered(reply.body)[0] == "400", plain

    def test_a_delete_has_the_envelope_only(self) -> None:
        stage = self.stages()[0]
        gone = self.outgoing(stage, self.record_of(stage, 1), op="delete", version=2)
        request = DIALECT.encode(gone, self.call())
        assert set(self.foreign(request)) == {"sn", "czlx", "bbh", "lyxt", "hubNo", "fssj"}
        incoming = DIALECT.accept(request, self.call(system=self.sender))
        assert (incoming.op, incoming.version, incoming.fields, incoming.findings) == ("delete", 2, {}, ())


class TestM11(RpcContract):
    name = "rpc-execute"
    system = sender = "M11"
    systems = ("M11",)
    charset = "gbk"
    credentials: ClassVar[dict[str, str]] = SECRETS["M11"]
    text = texts("gbk")


class TestD06(RpcContract):
    name = "rpc-execute"
    system = sender = "D06"
    systems = ("D06",)
    credentials: ClassVar[dict[str, str]] = SECRETS["D06"]


class TestD10(RpcContract):
    name = "rpc-execute"
    system = sender = "D10"
    systems = ("D10",)
    credentials: ClassVar[dict[str, str]] = SECRETS["D10"]
    text = texts("utf-8")


def test_the_papers_worked_examples() -> None:
    assert cipher.closed('{"sn":"甘A"}'.encode("gbk"), "des", "Dx#26hub") == "WBDGofZsyPlU3N+ABkUdFA=="
    d10 = cipher.closed(b"<Params><sn>A</sn></Params>", "3des", "Jt-2026-ggzy-hub-key-3DE")
    assert d10 == "vh2449+SUMNmIcJ2R98dZB9EthXZPQzYudSGnYRGaPc="
    with pytest.raises(ValueError, match="octets"):
        cipher.closed(b"x", "des", "short")


@each("size", range(17))
def test_every_length_is_padded_and_opened(size: int) -> None:
    for kind, key in (("des", "Dx#26hub"), ("3des", "Jt-2026-ggzy-hub-key-3DE"), ("base64", "")):
        plain = bytes(range(65, 65 + size))
        assert opened(cipher.closed(plain, kind, key), kind, key) == plain
        assert cipher.opened(closed(plain, kind, key), kind, key) == plain
        if kind != "base64" and size % 8:
            zeros = closed(plain, kind, key, zeros=True)
            assert cipher.opened(zeros, kind, key) is None
            assert cipher.opened(zeros, kind, key, mend=True) == plain


ASKS = [(s, name) for s, facts in PAPERS.facts["systems"].items() for name in facts.get("hub_asks", [])]
ASKED = [(s, name) for s, facts in PAPERS.facts["systems"].items() for name in facts.get("system_asks", [])]


def call_of(system: str) -> Call:
    return Call(system, "", SECRETS[system], AT, "000102030405060708090a0b0c0d0e0f", "k")


@each("share", [1.0, 0.5, 0.0])
@each(("system", "service"), ASKS)
def test_what_we_ask_and_are_told(system: str, service: str, share: float) -> None:
    site = Site(system)
    for seed in range(4):
        fields = services.said(PAPERS, service, "request", seed, share=share, charset=site.charset)
        asked = Outgoing(service, "", "", 0, fields)
        nodes = services.written(PAPERS, service, "request", fields)
        plain = site.params(DIALECT.encode(asked, call_of(system)).body)
        assert plain == site.plain(nodes, "Params", "request", service)
        data = services.said(PAPERS, service, "reply", seed, share=share, charset=site.charset)
        told = site.plain(services.written(PAPERS, service, "reply", data), "Data", "reply", service)
        body = site.returned("200", "好", closed(told, site.facts["data"], site.secrets["site_key"]))
        outcome = DIALECT.decode(WireReply(200, {}, body), asked, call_of(system))
        assert outcome.code == "ok"
        assert not services.differing(PAPERS, service, "reply", data, outcome.data)


@each("share", [1.0, 0.5, 0.0])
@each(("system", "service"), ASKED)
def test_what_we_are_asked_and_tell(system: str, service: str, share: float) -> None:
    site = Site(system)
    for seed in range(4):
        fields = services.said(PAPERS, service, "request", seed, share=share, charset=site.charset)
        nodes = services.written(PAPERS, service, "request", fields)
        body = site.call(PAPERS.facts["modules"][service], site.plain(nodes, "Params", "request", service))
        request = WireRequest("POST", "/services/DataService", {}, body)
        incoming = DIALECT.accept(request, call_of(system))
        assert (incoming.message, incoming.findings, incoming.authenticated) == (service, (), True)
        assert not services.differing(PAPERS, service, "request", fields, incoming.fields)
        assert DIALECT.accept(request, replace(call_of(system), nonce="9")).message_id == incoming.message_id
        data = services.said(PAPERS, service, "reply", seed, share=share, charset=site.charset)
        reply = DIALECT.reply(Answer(200, "0000", data=data), incoming, call_of(system))
        expected = site.plain(services.written(PAPERS, service, "reply", data), "Data", "reply", service)
        assert site.answered(reply.body) == ("200", "操作成功", expected.decode(site.charset))


def test_enclosures_and_what_the_callers_charset_lacks() -> None:
    assert isinstance(DIALECT, Encloses)
    assert DIALECT.encloses("D06", "supervise.data", "") > 1024
    assert not DIALECT.encloses("D06", "project", "eng-project")
    asked = Incoming("entry.accept", "", "", "", 0, "i", {}, authenticated=True)
    names = [r.standard for r in PAPERS.rows("entry.accept", "reply") if r.form == "text"]
    reply = DIALECT.reply(Answer(200, "0000", data={names[0]: "𠮷"}), asked, call_of("M11"))
    assert Site("M11").answered(reply.body)[0] == "500"
    assert blob(b"x")["data"] == "eA=="
