"""exch-hmac, variant soap-cdata-package: questions as XML documents that stand as text in SOAP."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar
from xml.etree import ElementTree

import pytest

from adapters.exch_hmac import DIALECT
from hub.catalogue.papers import ROOT, Expectation, Papers
from hub.errors import SenderError
from hub.ports import Answer, Call, Kind, Outcome, Outgoing, Session, WireReply, WireRequest
from tests.adapters.contract import AT, COMMON, HTML, mutants, wire_reply
from tests.adapters.questions import expected, rows_of, service_fields

PAPERS = Papers.load("exch-hmac")
SERVICES = tuple(PAPERS.facts["package_number"])
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
SER = "{http://exchange.example/service}"
SECRET = "S3cr3t-2026-11-22-0001"


def package_of(request: WireRequest) -> ElementTree.Element:
    """The package in a request, read without the adapter."""
    text = ElementTree.fromstring(request.body).findtext(f"{SOAP}Body/{SER}execute/{SER}arg0")
    assert text is not None
    return ElementTree.fromstring(text)


def read(package: ElementTree.Element, service: str) -> dict[str, Any]:
    """Foreign paths of the papers -> texts, lists of texts or of objects."""
    lists = {r.foreign.partition("[]")[0] for r in rows_of(PAPERS, service, "request") if "[]" in r.foreign}
    found: dict[str, Any] = {f"PACKAGEHEAD/{n.tag}": n.text for n in package.iterfind("PACKAGEHEAD/*")}
    for node in package.iterfind("DATA/RECORD/*"):
        if node.tag in lists:
            found.setdefault(node.tag, []).append(node.text)
        elif len(node):
            found |= {f"{node.tag}/{inner.tag}": inner.text for inner in node}
        else:
            found[node.tag] = node.text
    return found


def answered(head: str, records: str = "", *, name: str = "executeResponse") -> WireReply:
    package = f"<PACKAGE><PACKAGEHEAD>{head}</PACKAGEHEAD><DATA>{records}</DATA></PACKAGE>"
    return enveloped(f"<s:{name}><s:return><![CDATA[{package}]]></s:return></s:{name}>")


def enveloped(body: str, status: int = 200) -> WireReply:
    text = f'<e:Envelope xmlns:e="{SOAP[1:-1]}" xmlns:s="{SER[1:-1]}"><e:Body>{body}</e:Body></e:Envelope>'
    return WireReply(status, {"content-type": "text/xml;charset=UTF-8"}, text.encode())


def gateway(code: str) -> WireReply:
    return WireReply(200, {}, json.dumps({"code": code, "message": "m", "data": None}).encode())


class TestPackages:
    name = "exch-hmac"
    files = ("soap-cdata-package.jsonl",)

    credentials: ClassVar = {
        "sid": "gs-ggzy-hub-6200",
        "app_key": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "ywdm": "GGZY-HY-01",
        "qqdwdm": "12620000MB0000019B",
    }

    def call(self, **change: Any) -> Call:
        session = Session(SECRET, AT.replace(year=2027))
        nonce = "000102030405060708090a0b0c0d0e0f"
        base = Call("D14", "soap-cdata-package", self.credentials, AT, nonce, "key-1", session)
        return replace(base, **change)

    def question(self, service: str, fields: dict[str, Any]) -> Outgoing:
        return Outgoing(service, "", "query", 1, fields, sender="T03", key="K-1")

    @pytest.mark.parametrize("service", SERVICES)
    def test_a_question_arrives_as_the_papers_say(self, service: str) -> None:
        for seed in range(4):
            fields = service_fields(PAPERS, service, "request", seed, 0.5 if seed else 1.0)
            request = DIALECT.encode(self.question(service, fields), self.call())
            held = read(package_of(request), service)
            wanted = expected(PAPERS, service, "request", fields)
            assert {name: held.get(name) for name in wanted} == wanted
            extra = set(held) - set(wanted) - {f"PACKAGEHEAD/{n}" for n in ("FWQQBH", "QQXTDM", "YWDM")}
            assert extra <= {f"PACKAGEHEAD/{n}" for n in ("JLS", "FSSJ", "QQDWDM")}

    @pytest.mark.parametrize("service", SERVICES)
    def test_an_answer_comes_home_with_every_field(self, service: str) -> None:
        for seed in range(4):
            fields = service_fields(PAPERS, service, "reply", seed, 0.5 if seed else 1.0)
            record = self.record(service, expected(PAPERS, service, "reply", fields))
            outcome = DIALECT.decode(
                answered("<JGDM>0</JGDM><JLS>1</JLS>", record), self.question(service, {}), self.call()
            )
            assert dict(outcome.data) == fields

    @staticmethod
    def record(service: str, wanted: dict[str, Any]) -> str:
        """The answer as the papers' own example writes such."""
        root = ElementTree.Element("RECORD", no="1")
        for row in rows_of(PAPERS, service, "reply"):
            name = row.foreign.partition("[]")[0]
            value = wanted.pop(name, None)
            if value is None:
                continue
            for one in value if isinstance(value, list) else [value]:
                above, _, leaf = name.rpartition("/")
                parent = root if not above else root.find(above)
                if parent is None:
                    parent = ElementTree.SubElement(root, above)
                node = ElementTree.SubElement(parent, leaf)
                if isinstance(one, dict):
                    for key, text in one.items():
                        ElementTree.SubElement(node, key).text = text
                else:
                    node.text = one
        return ElementTree.tostring(root, encoding="unicode")

    def test_golden_transcripts(self, golden: dict[str, Any]) -> None:
        """Every published question, byte for byte, from the unified question behind it."""
        call = self.call(credentials=golden["secrets"], now=datetime.fromisoformat(golden["at"]))
        service = golden["request"]["path"].rpartition("/")[2]
        name = next(n for n, operation in PAPERS.facts["operations"].items() if operation == service)
        outgoing = self.asked(name, golden["request"]["body"])
        made = DIALECT.encode(outgoing, call)
        body = golden["request"]["body"]
        if PAPERS.facts["package_number"][name] == "*nonce":
            ours = package_of(made).findtext("PACKAGEHEAD/FWQQBH")
            theirs = package_of(WireRequest("POST", "", {}, body.encode())).findtext("PACKAGEHEAD/FWQQBH")
            body = body.replace(str(theirs), str(ours))
        assert (made.method, made.path, made.body.decode()) == ("POST", golden["request"]["path"], body)
        signed = golden["id"] != "pkg-bad-sign"
        assert {n: made.headers[n] for n in golden["request"]["headers"] if signed or n != "sign"} == {
            n: v for n, v in golden["request"]["headers"].items() if signed or n != "sign"
        }
        outcome = DIALECT.decode(wire_reply(golden["reply"]), outgoing, call)
        assert (outcome.kind.value, outcome.code) == (golden["outcome"]["kind"], golden["outcome"]["code"])

    def asked(self, service: str, body: str) -> Outgoing:
        """The question in a published request, read by the papers' table."""
        held = read(package_of(WireRequest("POST", "", {}, body.encode())), service)
        fields: dict[str, Any] = {}
        for row in rows_of(PAPERS, service, "request"):
            text = held.get(row.foreign.partition("[]")[0])
            if text is None:
                continue
            kind, _, rest = row.form.partition(":")
            value: Any = text
            if kind == "code":
                value = {v: k for k, v in PAPERS.codes[rest].items()}[text]
            elif kind == "datetime":
                value = datetime.strptime(text + "+0800", "%Y%m%d%H%M%S%z").isoformat()
            elif kind == "date":
                value = f"{text[:4]}-{text[4:6]}-{text[6:]}"
            elif kind == "blob":
                value = {"name": "f", "data": text}
            *above, last = row.standard.partition("[]")[0].split(".")
            place = fields
            for step in above:
                place = place.setdefault(step, {})
            place[last] = value
        return self.question(service, fields)

    def test_answers_mean_what_the_papers_say(self, row: Expectation) -> None:
        outcome = self.outcome(row)
        if outcome is None:
            pytest.skip("of the other variant")
        blame = outcome.blame.value if outcome.blame else "-"
        assert (outcome.kind.value, outcome.code, blame) == (row.kind, row.code, row.blame)

    def outcome(self, row: Expectation) -> Outcome | None:
        special = {
            "soap-cdata-package: ok": answered("<JGDM>0</JGDM><JLS>1</JLS>", '<RECORD no="1"/>'),
            "soap-cdata-package: code of the service": answered("<JGDM>2001</JGDM><JLS>0</JLS>"),
            "soap-cdata-package: code of the gateway": gateway("1001"),
            "soap-cdata-package: package cut": answered("<JGDM>0</JGDM><JLS>2</JLS>", '<RECORD no="1"/>'),
            "soap-cdata-package: no return": answered("<JGDM>0</JGDM><JLS>0</JLS>", name="other"),
            "HTTP 502/504": WireReply(504, {"content-type": "text/html"}, HTML),
            "HTTP 503": WireReply(503, {}, b""),
            "answer too big": WireReply(200, {}, b"<" + b" " * 1048576),
        }
        reply = special.get(row.situation) or COMMON.get(row.situation)
        if reply is None and row.wire.startswith("code ") and row.wire[5:9].isdigit():
            code = row.wire[5:9]
            reply = gateway(code) if code[0] in "13" else answered(f"<JGDM>{code}</JGDM><JLS>0</JLS>")
        return reply and DIALECT.decode(reply, self.question("person.verify", {}), self.call())

    @pytest.mark.parametrize(
        "reply",
        [
            enveloped("<e:Fault><faultcode>x</faultcode></e:Fault>"),
            enveloped("<s:executeResponse/>"),
            enveloped(
                "<s:executeResponse><s:return>&lt;PACKAGE&gt;&lt;PACKAGEHEAD&gt;</s:return></s:executeResponse>"
            ),
            answered("<JLS>1</JLS>", "<RECORD/>"),
            answered("<JGDM>0</JGDM>", "<RECORD/>"),
            enveloped("<s:executeResponse><s:return>0</s:return></s:executeResponse>"),
            gateway("0"),
        ],
    )
    def test_half_an_answer_is_none(self, reply: WireReply) -> None:
        outcome = DIALECT.decode(reply, self.question("person.verify", {}), self.call())
        assert (outcome.kind, outcome.code) == (Kind.UNKNOWN, "receiver.broken-body")

    def test_a_fault_with_500_is_a_server_error(self) -> None:
        reply = enveloped("<e:Fault><faultcode>x</faultcode></e:Fault>", 500)
        assert (
            DIALECT.decode(reply, self.question("person.verify", {}), self.call()).code == "receiver.http-5xx"
        )

    def test_escaped_text_is_as_good_as_cdata(self) -> None:
        package = (ROOT / "exch-hmac/samples/person.verify.package.reply.xml").read_text("utf-8")
        inner = package.partition("<![CDATA[")[2].partition("]]>")[0]
        escaped = inner.replace("&", "&amp;").replace("<", "&lt;")
        reply = enveloped(f"<s:executeResponse><s:return>{escaped}</s:return></s:executeResponse>")
        outcome = DIALECT.decode(reply, self.question("person.verify", {}), self.call())
        assert (outcome.kind, outcome.data["match"]) == (Kind.DELIVERED, True)

    def test_the_number_is_the_same_in_every_attempt_of_one_business(self) -> None:
        def number(service: str, fields: dict[str, Any], nonce: str, key: str = "key-1") -> str | None:
            request = DIALECT.encode(self.question(service, fields), self.call(nonce=nonce, key=key))
            return package_of(request).findtext("PACKAGEHEAD/FWQQBH")

        fields = {"requestNo": "PV-2026-0001"}
        assert number("person.verify", fields, "a") == "4ACB14FB1F1E0DB7FC77F3A7CE76CC7E"
        assert number("person.verify", fields, "b") == "4ACB14FB1F1E0DB7FC77F3A7CE76CC7E"
        assert number("entity.verify", {}, "a") != number("entity.verify", {}, "b")
        unnumbered = [number("person.verify", {}, "a", key) for key in ("k1", "k2", "k1")]
        assert unnumbered[0] == unnumbered[2] != unnumbered[1]
        once = hashlib.sha256(b"sfhq|C").hexdigest()[:32].upper()
        assert (
            number("auth.identity", {"code": "C"}, "a") == number("auth.identity", {"code": "C"}, "b") == once
        )

    def test_without_requester_the_hub_speaks_for_itself(self) -> None:
        request = DIALECT.encode(self.question("auth.identity", {"code": "C"}), self.call())
        head = [node.tag for node in package_of(request).iterfind("PACKAGEHEAD/*")]
        assert head == ["FWQQBH", "QQDWDM", "QQXTDM", "YWDM", "JLS", "FSSJ"]
        assert package_of(request).findtext("PACKAGEHEAD/QQDWDM") == self.credentials["qqdwdm"]

    def test_nothing_is_asked_and_nobody_calls_in(self) -> None:
        outgoing = self.question("person.verify", {"requestNo": "1"})
        assert DIALECT.ask(outgoing, self.call()) is None
        incoming = DIALECT.accept(DIALECT.encode(outgoing, self.call()), self.call())
        assert not incoming.authenticated
        assert DIALECT.reply(Answer(404, "path.unknown"), incoming, self.call()).status == 404

    @pytest.mark.parametrize(
        ("variant", "name"), [("soap-cdata-package", "contract-sign"), ("rest-json", "person.verify")]
    )
    def test_each_variant_has_its_own_services(self, variant: str, name: str) -> None:
        with pytest.raises(SenderError) as refused:
            DIALECT.encode(self.question(name, {}), self.call(variant=variant))
        assert refused.value.code == "mapping.no-place"

    def test_what_xml_cannot_hold_and_every_bad_value_is_named(self) -> None:
        fields = {"requestNo": "1\x01", "person": {"name": "x\x02"}, "purpose": "p"}
        with pytest.raises(SenderError) as refused:
            DIALECT.encode(self.question("person.verify", fields), self.call())
        assert {(f.code, f.at) for f in refused.value.findings} == {
            ("mapping.unencodable", "/body/fields/requestNo"),
            ("mapping.unencodable", "/body/fields/person.name"),
        }
        signature = {"signTime": "?"}
        with pytest.raises(SenderError) as refused:
            DIALECT.encode(self.question("auth.identity", {"code": "c", "signature": signature}), self.call())
        assert [f.at for f in refused.value.findings] == ["/body/fields/signature.signTime"]

    def test_a_file_without_octets_is_not_sent(self) -> None:
        fields = {"requestNo": "1", "faceMaterial": {"name": "f", "digest": "sm3:00", "size": 3}}
        with pytest.raises(SenderError):
            DIALECT.encode(self.question("real-person.verify", fields), self.call())

    def test_nothing_raises_on_hostile_bytes(self) -> None:
        seeds = [wire_reply(g["reply"]).body for g in PAPERS.golden() if g["file"] in self.files]
        for body in mutants(seeds, 500):
            outcome = DIALECT.decode(WireReply(200, {}, body), self.question("zzcx", {}), self.call())
            assert isinstance(outcome, Outcome)
            assert "root:" not in outcome.foreign
