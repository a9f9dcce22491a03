"""soap12-x509: signed both ways, RSA and SM2; what is signed must be what is read."""

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
from hypothesis import strategies as st

from adapters.soap12_x509 import DIALECT, mtom, security
from adapters.soap12_x509.papers import message_id
from hub.catalogue.papers import ROOT, Expectation, Papers
from hub.errors import SenderError
from hub.message import Finding
from hub.ports import Answer, Call, Encloses, Incoming, Kind, Outgoing, WireReply, WireRequest
from tests.adapters import services
from tests.adapters.contract import AT, HUB_ID, RECEIPT, Contract, refused_by_hub
from tests.adapters.records import blob
from tests.rows import each

PAPERS = Papers.load("soap12-x509")
GOLDEN = {g["id"]: g for g in PAPERS.golden()}
T = "{http://exchange.ggzy.example/soap12/v1}"
ENV = "{http://www.w3.org/2003/05/soap-envelope}"
NONCE = "000102030405060708090a0b0c0d0e0f"


def both(secrets: dict[str, str]) -> dict[str, str]:
    """We and the peer with one certificate, so that what we sign can be read by our other face."""
    return {**secrets, "peer_certificate": secrets["certificate"]}


RSA = both(GOLDEN["push-ok"]["secrets"])
SM2 = both(GOLDEN["push-sm2"]["secrets"])


RECORDS = json.loads((ROOT / "records.json").read_text("utf-8"))


def octets(line: dict[str, Any]) -> bytes:
    return base64.b64decode(line["body_b64"]) if "body_b64" in line else line["body"].encode()


def request_of(line: dict[str, Any]) -> WireRequest:
    return WireRequest(line["method"], line["path"], line["headers"], octets(line))


def xml(nodes: list[services.Node]) -> str:
    made = []
    for name, value in nodes:
        outer, _, inner = name.partition("/")
        if isinstance(value, str):
            made.append(f"<t:{name}>{escape(value)}</t:{name}>")
            continue
        items = (
            f"<t:{inner}>{escape(item) if isinstance(item, str) else xml(item)}</t:{inner}>" for item in value
        )
        made.append(f"<t:{outer}>{''.join(items)}</t:{outer}>")
    return "".join(made)


def resigned(raw: bytes, inner: str, call: Call) -> bytes:
    """The same message with another Body, lawfully signed."""
    head, body = security.secured(inner, call)
    text = re.sub(r"<wsse:Security.*</wsse:Security>", lambda _: head, raw.decode())
    return re.sub(r"<env:Body.*</env:Body>", lambda _: body, text).encode()


class Soap12Contract(Contract):
    dialect = DIALECT
    text = st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"),
        min_size=1,
        max_size=60,
    )

    @classmethod
    def stages(cls) -> list[str]:
        facts = PAPERS.facts["systems"][cls.system]
        return [*dict.fromkeys([*facts.get("hub_sends", []), *facts.get("system_sends", [])])]

    @staticmethod
    def foreign(request: WireRequest) -> dict[str, str]:
        body = ElementTree.fromstring(request.body).find(f"{ENV}Body")
        record = None if body is None else body[0].find(f"{T}Record")
        return {} if record is None else {one.tag.removeprefix(T): one.text or "" for one in record}

    def asked(self) -> Outgoing:
        stage = self.stages()[0]
        return self.outgoing(stage, self.record_of(stage, 1))

    def good(self, change: Any = None, *, status: int = 202) -> WireReply:
        """A signed answer to what the contract sends."""
        context = {"messageId": message_id(self.asked(), self.call()), "operation": "PushProject"}
        incoming = replace(self.incoming(), context=context)
        reply = DIALECT.reply(Answer(status, "0000", data=RECEIPT), incoming, self.call())
        return WireReply(200, {"content-type": reply.headers["Content-Type"]}, reply.body)

    def wire(self, row: Expectation) -> WireReply:
        number = re.search(r"(?:businessCode|Code) (S[0-9]{3})", row.wire)
        ok = self.good()
        if number and number[1] not in ("S000", "S010"):
            return WireReply(int(row.wire_status), {}, self.fault(number[1]))
        if number:
            return self.good(status=200 if number[1] == "S010" else 202)
        stamp = b'<wsu:Timestamp wsu:Id="TS">'
        match row.situation:
            case "slow":
                return ok
            case "answer whose Body is not signed":
                return replace(ok, body=ok.body.replace(b'<env:Body wsu:Id="Body">', b"<env:Body>"))
            case "answer signed by another certificate":
                changed = ok.body.replace(RECEIPT["hubId"].encode(), b"01998d2e-7a00-7000-8000-000000000002")
                return replace(ok, body=changed)
            case "answer of another time":
                late = replace(self.call(), now=AT + timedelta(seconds=301))
                context = {"messageId": message_id(self.asked(), self.call()), "operation": "PushProject"}
                made = DIALECT.reply(
                    Answer(202, "0000", data=RECEIPT), replace(self.incoming(), context=context), late
                )
                assert stamp in made.body
                return WireReply(200, {}, made.body)
            case "MTOM boundary lost":
                return WireReply(200, {"content-type": "multipart/related; start=x"}, ok.body)
            case "answer sent elsewhere":
                return WireReply(202, {}, b"")
            case "Fault without BusinessFault, Sender":
                return WireReply(400, {}, self.fault("", "Sender"))
            case "Fault without BusinessFault, Receiver":
                return WireReply(500, {}, self.fault("", "Receiver"))
            case "Fault with HTTP 200":
                return WireReply(200, {}, self.fault("", "Receiver"))
            case "answer too big":
                return replace(ok, body=ok.body + b" " * 10485760)
            case "unlisted code":
                return WireReply(200, {}, self.fault("S998"))
        raise AssertionError(row.situation)

    @staticmethod
    def fault(code: str, value: str = "Sender") -> bytes:
        ns = T.strip("{}")
        detail = f'<t:BusinessFault xmlns:t="{ns}"><t:businessCode>{code}</t:businessCode></t:BusinessFault>'
        return (
            f'<e:Envelope xmlns:e="{ENV.strip("{}")}"><e:Body><e:Fault><e:Code><e:Value>e:{value}</e:Value>'
            '</e:Code><e:Reason><e:Text xml:lang="zh">x</e:Text></e:Reason>'
            f"<e:Detail>{detail if code else ''}</e:Detail>"
            "</e:Fault></e:Body></e:Envelope>"
        ).encode()

    def answer(self, row: Expectation) -> tuple[Answer, Incoming | None]:
        here = replace(self.incoming(), context={"messageId": "urn:uuid:1", "operation": "PushProject"})
        if row.situation.endswith("(service)") or row.code == "listing.sequence-gap":
            asked = replace(here, message="bid.receipt", stage="", op="", key="")
            if row.code.startswith("upstream"):
                return Answer(502, row.code), asked
            return Answer(422, row.code, findings=(Finding(row.code, "", "", "", "", "X"),)), asked
        number = re.search(r"S[0-9]{3}", row.wire)
        assert number is not None
        if row.code.startswith("envelope."):
            found = (Finding(row.code, "", "", "", "", "X"),)
            return Answer(422, row.code), replace(here, findings=found, context={"fault": number[0]})
        match row.code:
            case "ok":
                return Answer(202, "0000", data=RECEIPT), here
            case "receiver.duplicate":
                return Answer(200, "0000", data=RECEIPT), here
            case "auth.cert-revoked" | "auth.malformed" | "auth.failed" | "auth.expired":
                return Answer(401, row.code), replace(here, authenticated=False)
            case "field.required" | "code.unknown" | "field.format":
                field = next(r.standard for r in PAPERS.rows(here.stage) if not r.standard.startswith("@"))
                found = (Finding(row.code, f"/body/fields/{field}", "x", "y", "", "X"),)
                return Answer(422, "message.refused", findings=found), here
            case "hub.internal":
                return Answer(500, "hub.internal"), here
        return refused_by_hub(row.code, here), here

    def inward_ok(self, row: Expectation, reply: WireReply) -> None:
        number = re.search(r"S[0-9]{3}", row.wire)
        assert number is not None
        assert f">{number[0]}<" in reply.body.decode()
        if number[0] in ("S301", "S302", "S303"):
            field = next(r for r in PAPERS.rows(self.stages()[0]) if not r.standard.startswith("@"))
            assert f"<t:field>{field.foreign}</t:field>" in reply.body.decode()
        assert (b"<ds:Signature" in reply.body) == (number[0] in ("S000", "S010"))

    def test_nothing_but_the_very_body_and_timestamp(self) -> None:
        """Signature wrapping, references taken away or bent, doubled Ids, other keys: all are refused."""
        call = self.call(system=self.sender)
        good = DIALECT.encode(self.asked(), self.call()).body.decode()
        body = re.search(r"<env:Body.*</env:Body>", good)
        stamp = re.search(r"<wsu:Timestamp.*</wsu:Timestamp>", good)
        token = re.search(r"<wsse:BinarySecurityToken.*</wsse:BinarySecurityToken>", good)
        assert body and stamp and token
        other = body[0].replace("<t:Version>1<", "<t:Version>2<")
        wrapped = good.replace(body[0], other.replace('wsu:Id="Body"', 'wsu:Id="B2"'))
        reference = re.compile(r'<ds:Reference URI="#TS">.*?</ds:Reference>')
        mac = re.compile(r'<ds:Transform Algorithm="[^"]*"></ds:Transform>')
        strange = (
            '<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform>'
        )
        cases = {
            "wrapped": wrapped.replace("</env:Header>", f"<x>{body[0]}</x></env:Header>"),
            "same id twice": good.replace(body[0], other).replace("</env:Header>", f"{body[0]}</env:Header>"),
            "moved timestamp": good.replace(stamp[0], stamp[0].replace('"TS"', '"T2"')).replace(
                "</wsse:Security>", f"</wsse:Security><x>{stamp[0]}</x>"
            ),
            "no timestamp signed": reference.sub("", good),
            "no signature": re.sub(r"<ds:Signature.*</ds:Signature>", "", good),
            "no header": re.sub(r"<wsse:Security.*</wsse:Security>", "", good),
            "changed body": good.replace("<t:Version>1<", "<t:Version>2<"),
            "changed time": good.replace("01:00:00Z", "01:00:09Z"),
            "another transform": mac.sub(strange, good, count=1),
            "two transforms": mac.sub(lambda m: m[0] * 2, good, count=1),
            "another's token": good.replace(token[0], token[0].replace("X509v3", "PKCS7")[:-200]),
            "outside": good.replace('URI="#Body"', 'URI="http://127.0.0.1/b"'),
            "comment": good.replace("<ds:SignedInfo>", "<ds:SignedInfo><!-- -->"),
        }
        for name, text in cases.items():
            assert text != good, name
            request = WireRequest("POST", "/ws/ResourceExchange", {}, text.encode())
            incoming = DIALECT.accept(request, call)
            assert not incoming.authenticated or name == "comment", name
            reply = DIALECT.reply(Answer(401, "auth.failed"), incoming, call)
            assert reply.status == 400 or name == "comment", name
        assert DIALECT.accept(
            WireRequest("POST", "/ws/ResourceExchange", {}, good.encode()), call
        ).authenticated

    def test_another_certificate_is_not_the_registered_one(self) -> None:
        request = DIALECT.encode(self.asked(), self.call())
        for secrets in (RSA, SM2):
            for pem in (secrets["certificate"], GOLDEN["push-ok"]["secrets"]["peer_certificate"], "", "x"):
                known = {**self.credentials, "peer_certificate": pem}
                incoming = DIALECT.accept(request, self.call(system=self.sender, credentials=known))
                assert incoming.authenticated is (pem == self.credentials["certificate"])

    def test_the_timestamp_is_held_to_300_seconds(self) -> None:
        request = DIALECT.encode(self.asked(), self.call())
        for seconds, holds in ((299, True), (-300, True), (300, False), (301, False), (-301, False)):
            incoming = DIALECT.accept(
                request, self.call(system=self.sender, now=AT + timedelta(seconds=seconds))
            )
            assert incoming.authenticated is holds, seconds
            if not holds:
                assert [f.code for f in incoming.findings] == ["auth.expired"]

    def test_addressing_and_action_agree(self) -> None:
        good = DIALECT.encode(self.asked(), self.call())
        call, text = self.call(system=self.sender), good.body.decode()
        anonymous = "http://www.w3.org/2005/08/addressing/anonymous"
        cases = [
            ("S202", {}, re.sub(r"<wsa:MessageID>.*</wsa:MessageID>", "", text)),
            ("S202", {}, re.sub(r"<wsa:Action.*</wsa:Action>", "", text)),
            ("S202", {}, text.replace(anonymous, "http://elsewhere.example/")),
            ("S201", {}, re.sub(r"(<wsa:Action[^>]*>[^<]*)", r"\1X", text)),
            ("S201", {"Content-Type": 'application/soap+xml; action="urn:x"'}, text),
            (
                "S200",
                {},
                text.replace(
                    "http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/"
                ),
            ),
            ("S200", {}, text.replace("Request ", "Wish ").replace("Request>", "Wish>")),
            ("S200", {}, text.replace("<env:Envelope", "<!DOCTYPE e><env:Envelope", 1)),
        ]
        for fault, headers, body in cases:
            assert (body, headers) != (text, {})
            incoming = DIALECT.accept(replace(good, headers=headers, body=body.encode()), call)
            reply = DIALECT.reply(Answer(422, "message.refused"), incoming, call)
            assert f"<t:businessCode>{fault}<" in reply.body.decode(), fault
        without = DIALECT.accept(replace(good, headers={}), call)
        assert without.authenticated and not without.findings

    def test_every_attempt_has_its_message_id(self) -> None:
        one, again = (DIALECT.encode(self.asked(), self.call(nonce=n)).body for n in (NONCE, NONCE[::-1]))
        later = DIALECT.encode(replace(self.asked(), version=2), self.call()).body
        found = [re.search(rb"<wsa:MessageID>(.*)</wsa:MessageID>", body) for body in (one, again, later)]
        ids = [m[1] for m in found if m]
        assert ids[0] == ids[1] != ids[2]

    def test_zones_are_beijing_time_inside(self) -> None:
        request = DIALECT.encode(self.asked(), self.call())
        inner = re.search(r"<t:Push.*</t:Push\w+>", request.body.decode())
        assert inner is not None
        told = inner[0].replace(
            "2026-11-22T09:00:00+08:00</t:SendTime>", "2026-11-22T01:00:00.250Z</t:SendTime>"
        )
        assert told != inner[0]
        raw = resigned(request.body, told, self.call())
        incoming = DIALECT.accept(replace(request, body=raw), self.call(system=self.sender))
        assert incoming.authenticated
        assert str(incoming.context["sentAt"]).startswith("2026-11-22T09:00:00")

    def test_a_delete_is_its_header_alone(self) -> None:
        gone = replace(self.asked(), op="delete", version=2)
        request = DIALECT.encode(gone, self.call())
        assert b"<t:Record>" not in request.body
        incoming = DIALECT.accept(request, self.call(system=self.sender))
        assert (incoming.op, incoming.version, incoming.fields, incoming.findings) == ("delete", 2, {}, ())

    def test_what_xml_cannot_hold_is_named(self) -> None:
        asked = self.asked()
        texts = [r.standard for r in PAPERS.rows(asked.stage) if r.form == "text"][:2]
        fields = {**asked.fields, **dict.fromkeys(texts, "a\x0bb")}
        with pytest.raises(SenderError) as refused:
            DIALECT.encode(replace(asked, fields=fields), self.call())
        assert {f.at.rpartition("/")[2] for f in refused.value.findings} == set(texts)

    def test_published_replies_are_faults_or_signed_by_another(self) -> None:
        """The samples answer other messages than ours, so the good ones among them are not believed."""
        for path in sorted((PAPERS.root / "samples").glob("*.reply.xml")):
            outcome = DIALECT.decode(WireReply(200, {}, path.read_bytes()), self.asked(), self.call())
            assert outcome.kind not in (Kind.DELIVERED, Kind.DUPLICATE), path.name
            assert outcome.code not in ("receiver.broken-body", "receiver.unknown-code"), path.name


class TestP05(Soap12Contract):
    name = "soap12-x509"
    system = sender = "P05"
    credentials: ClassVar[dict[str, str]] = RSA

    def test_golden_transcripts(self, golden: dict[str, Any]) -> None:
        """All of them, of whatever system, with the secrets they tell."""
        call = self.golden_call(golden, system=golden["system"], nonce=NONCE)
        if golden["file"] == "inward.jsonl":
            self.golden_in(golden, call)
        else:
            self.golden_out(golden, call)

    def golden_out(self, golden: dict[str, Any], call: Call) -> None:
        line = golden["request"]
        ours = {**call.credentials, "peer_certificate": call.credentials["certificate"]}
        incoming = DIALECT.accept(request_of(line), replace(call, credentials=ours))
        asked = Outgoing(
            incoming.message,
            incoming.stage,
            incoming.op,
            incoming.version,
            incoming.fields,
            sender="T03",
            hub_id=HUB_ID,
        )
        if incoming.stage:
            asked = replace(asked, key=str(RECORDS[incoming.stage]["key"]))
        if incoming.authenticated and not incoming.findings:
            made = DIALECT.encode(asked, call)
            assert made.headers == line["headers"]
            mine, theirs = (_unlike(body, incoming.key) for body in (made.body, octets(line)))
            assert mine == theirs
        back = golden["reply"]
        headers = {name.lower(): value for name, value in back["headers"].items()}
        sent = re.search(r"<wsa:MessageID>(.*?)</wsa:MessageID>", octets(line).decode())
        assert sent is not None
        answer = octets(back)
        if (
            not incoming.stage
        ):  # the transcripts do not tell the key of a question, and RelatesTo is not signed
            answer = answer.replace(sent[1].encode(), message_id(asked, call).encode())
        outcome = DIALECT.decode(WireReply(back["status"], headers, answer), asked, call)
        assert (outcome.kind.value, outcome.code) == (golden["outcome"]["kind"], golden["outcome"]["code"])
        if golden["id"] == "ca-status-mtom":
            plain = GOLDEN["ca-status"]["reply"]
            text = re.search(r"<t:Response>(.*?)</t:Response>", plain["body"])
            assert text is not None
            assert outcome.data["response"]["data"] == text[1]

    def golden_in(self, golden: dict[str, Any], call: Call) -> None:
        incoming = DIALECT.accept(request_of(golden["request"]), call)
        later = replace(call, now=call.now + timedelta(seconds=1))
        reply = DIALECT.reply(self.golden_answer(golden, incoming), incoming, later)
        expected = golden["reply"]
        assert (reply.status, dict(reply.headers)) == (expected["status"], expected["headers"])
        assert _unlike(reply.body, "-") == _unlike(octets(expected), "-")
        if golden["id"] == "in-bid-mtom":
            plain = DIALECT.accept(request_of(GOLDEN["in-bid"]["request"]), call)
            assert incoming.fields == plain.fields

    def golden_answer(self, golden: dict[str, Any], incoming: Incoming) -> Answer:
        if golden["outcome"]["code"] == "listing.sequence-gap":
            return Answer(422, "listing.sequence-gap", "报价序号不连续,应为2")
        if incoming.stage or golden["outcome"]["kind"] not in ("delivered", "duplicate"):
            return super().golden_answer(golden, incoming)
        root = ElementTree.fromstring(golden["reply"]["body"])
        result = root.find(f"{ENV}Body/*/{T}Result")
        assert result is not None
        fields: dict[str, Any] = {}
        for row in PAPERS.rows(incoming.message, "reply"):
            if "[]" in row.standard:
                fields[row.standard.partition("[]")[0]] = []
                continue
            text = result.findtext(f"{T}{row.foreign}")
            if text:
                above, _, last = row.standard.rpartition(".")
                place = fields.setdefault(above, {}) if above else fields
                place[last] = text
        return Answer(200, "0000", data=fields)

    def test_a_round_out_of_sequence_and_enclosures(self) -> None:
        assert isinstance(DIALECT, Encloses)
        assert DIALECT.encloses("P05", "bid.receipt", "") > 1024
        assert DIALECT.encloses("P05", "land.notice", "land-notice") == 0


def _unlike(body: bytes, key: str) -> str:
    """A message without what differs from one to the next: SM2 value, our own message ids, row keys."""
    text = body.decode()
    if "xmldsig-more#sm2-sm3" in text:
        text = re.sub(r"<ds:SignatureValue>.*?</ds:SignatureValue>", "", text)
    if "<wsa:RelatesTo>" in text or key == "":
        text = re.sub(r"<wsa:MessageID>.*?</wsa:MessageID>", "", text)
    return text


class TestD04(Soap12Contract):
    name = "soap12-x509"
    system = sender = "D04"
    files = ("none",)
    credentials: ClassVar[dict[str, str]] = SM2

    def test_an_absent_and_an_empty_field_look_the_same(self, stage: str) -> None:
        """All but the value of the signature, in which SM2 has a number of its own."""
        fields = self.record_of(stage, 5, share=0.0)
        names = [row.standard for row in PAPERS.rows(stage) if not row.standard.startswith("@")]
        bare = DIALECT.encode(self.outgoing(stage, fields), self.call())
        padded = DIALECT.encode(self.outgoing(stage, {**dict.fromkeys(names, ""), **fields}), self.call())
        assert _unlike(bare.body, "-") == _unlike(padded.body, "-")


ASKS = [(s, name) for s, facts in PAPERS.facts["systems"].items() for name in facts.get("hub_asks", [])]
ASKED = [(s, name) for s, facts in PAPERS.facts["systems"].items() for name in facts.get("system_asks", [])]


def call_of(system: str) -> Call:
    return Call(system, "", SM2 if system == "D04" else RSA, AT, NONCE, "k")


@pytest.mark.parametrize("share", [1.0, 0.5, 0.0])
@pytest.mark.parametrize(("system", "service"), ASKS)
def test_what_we_ask_and_are_told(system: str, service: str, share: float) -> None:
    operation = PAPERS.facts["operations"][service]
    for seed in range(3):
        fields = services.said(PAPERS, service, "request", seed, share=share)
        asked = Outgoing(service, "", "", 0, fields)
        request = DIALECT.encode(asked, call_of(system))
        body = xml(services.written(PAPERS, service, "request", fields))
        assert f'/soap12/v1">{body}</t:{operation}Request>' in request.body.decode()
        data = services.said(PAPERS, service, "reply", seed, share=share)
        result = xml(services.written(PAPERS, service, "reply", data))
        inner = (
            f'<t:{operation}Response xmlns:t="{T.strip("{}")}"><t:Status><t:Code>S000</t:Code></t:Status>'
            f"<t:Result>{result}</t:Result></t:{operation}Response>"
        )
        outcome = DIALECT.decode(
            WireReply(200, {}, resigned(request.body, inner, call_of(system))), asked, call_of(system)
        )
        assert outcome.code == "ok"
        assert not services.differing(PAPERS, service, "reply", data, outcome.data)


@each("share", [1.0, 0.5, 0.0])
@each(("system", "service"), ASKED)
def test_what_we_are_asked_and_tell(system: str, service: str, share: float) -> None:
    operation = PAPERS.facts["operations"][service]
    for seed in range(3):
        fields = services.said(PAPERS, service, "request", seed, share=share)
        body = xml(services.written(PAPERS, service, "request", fields))
        template = DIALECT.encode(Outgoing(service, "", "", 0, {}), call_of(system))
        inner = f'<t:{operation}Request xmlns:t="{T.strip("{}")}">{body}</t:{operation}Request>'
        request = replace(template, body=resigned(template.body, inner, call_of(system)))
        incoming = DIALECT.accept(request, call_of(system))
        assert (incoming.message, incoming.findings, incoming.authenticated) == (service, (), True)
        assert not services.differing(PAPERS, service, "request", fields, incoming.fields)
        assert DIALECT.accept(request, replace(call_of(system), nonce="9")).message_id == incoming.message_id
        data = services.said(PAPERS, service, "reply", seed, share=share)
        reply = DIALECT.reply(Answer(200, "0000", data=data), incoming, call_of(system))
        expected = xml(services.written(PAPERS, service, "reply", data))
        assert f"<t:Result>{expected}</t:Result></t:{operation}Response>" in reply.body.decode()


def test_packages_that_are_not_whole() -> None:
    golden = GOLDEN["in-bid-mtom"]
    request = request_of(golden["request"])
    content_type = request.headers["Content-Type"]
    assert mtom.unpacked(request.body, content_type) is not None
    call = Call("P05", "", golden["secrets"], AT, NONCE, "k")
    boundary = b"\r\n--MIME_boundary_5f3a"
    assert DIALECT.accept(request, call).authenticated
    for headers, body in (
        ({"Content-Type": content_type.replace("boundary=", "b=")}, request.body),
        ({"Content-Type": content_type.replace("root@", "other@")}, request.body),
        (request.headers, request.body.replace(boundary + b"--", b"")),
        (request.headers, request.body.replace(b"binary", b"base64")),
        (
            request.headers,
            request.body.replace(
                boundary + b"--", boundary + b"\r\nContent-ID: <x@y>\r\n\r\nz" + boundary + b"--"
            ),
        ),
        (request.headers, request.body.replace(b"cid:", b"http:")),
    ):
        incoming = DIALECT.accept(replace(request, headers=headers, body=body), call)
        assert [f.code for f in incoming.findings] == ["envelope.malformed"]
        assert b"S200" in DIALECT.reply(Answer(422, "message.refused"), incoming, call).body


def test_a_service_answer_hands_the_file_to_the_shell() -> None:
    file = blob(b"\x30\x03\x02\x01\x05")
    asked = Outgoing(
        "ca.verify",
        "",
        "",
        0,
        {"requestNo": "1", "certificate": {k: v for k, v in file.items() if k != "data"}},
    )
    with pytest.raises(SenderError) as refused:
        DIALECT.encode(asked, call_of("C02"))
    assert [(f.code, f.at) for f in refused.value.findings] == [("mapping.value", "/body/fields/certificate")]
