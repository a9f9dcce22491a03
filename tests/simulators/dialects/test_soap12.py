"""soap12-x509 (P05, D04, C02) against its papers: golden letters verified and answered, Faults, quirks."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.catalogue.papers import Papers
from simulators.desk import Desk, Refusal
from simulators.dialects import mtom
from simulators.dialects import soap12_security as security
from simulators.dialects.soap12_identity import private
from simulators.dialects.soap12_x509 import Soap12X509
from simulators.dialects.xmlread import BadXmlError, read
from simulators.dialects.xmltree import lists, read_tree
from simulators.nested import service
from simulators.wire import Reply, Request
from tests.rows import each

D = "soap12-x509"
LINES = {line["id"]: line for line in Papers.load(D).golden() if line["file"] == "outward.jsonl"}
MINE = {"Body", "TS"}


class At:
    """One system with the secrets of one golden line; calls are signed with the hub's golden key."""

    def __init__(self, line: str) -> None:
        self.line = LINES[line]
        self.secrets: dict[str, str] = self.line["secrets"]
        # the transcripts send P05 a land deal, which by the table of rules.md only D04 takes
        self.desk = Desk(self.line["system"], "", D, "", self.secrets, switches={"granted": ("land-deal",)})
        self.side = Soap12X509(self.desk)

    def say(self, line: dict[str, Any] | str, moods: Iterable[str] = (), late: float = 1.0) -> Reply:
        line = LINES[line] if isinstance(line, str) else line
        asked, path = line["request"], line["request"]["path"]
        headers = {name.lower(): value for name, value in asked["headers"].items()}
        body = asked["body"].encode("utf-8")
        self.desk.moods = frozenset(moods)
        now = datetime.fromisoformat(line["at"]) + timedelta(seconds=late)
        return self.side.answer(Request(asked["method"], path, "", headers, body), now)

    def tell(self, *swaps: tuple[str, str], signed: bool = True, moods: Iterable[str] = ()) -> Reply:
        """The golden call of this system with something changed, and (mostly) signed again."""
        body = self.line["request"]["body"]
        for one, other in swaps:
            assert one in body
            body = body.replace(one, other)
        if signed:
            body = self.sign(body)
        return self.say({**self.line, "request": {**self.line["request"], "body": body}}, moods)

    def sign(self, body: str, parts: tuple[str, ...] = ("Body", "TS")) -> str:
        algorithm = self.secrets["algorithm"]
        key = private(algorithm, self.secrets["private_key"])
        own = security.Identity(algorithm, security.der(self.secrets["certificate"]), key)
        bare = re.sub(r"<ds:Signature .*?</ds:Signature>", "<!--signature-->", body, flags=re.DOTALL)
        return security.completed(bare, own, parts)


def code(reply: Reply) -> str:
    found = re.search(r"(?:businessCode|t:Code)>(S\d+)<", reply.body.decode("utf-8"))
    assert found is not None, reply.body.decode("utf-8")[:2000]
    return found[1]


def content(body: str) -> str:
    """What stands in the Body: the rest differs by number and signature."""
    found = re.search(r"<env:Body[^>]*>(.*)</env:Body>", body, re.DOTALL)
    assert found is not None
    return found[1]


def masked(text: str) -> str:
    """Receipts are numbered as they come; a golden line may be somebody's third."""
    return re.sub(r"ReceiptNo>[^<]*<", "ReceiptNo>#<", text)


def same(at: At, line: str, moods: Iterable[str] = (), late: float = 1.0) -> None:
    """The golden content, status and type; what is success is signed and holds."""
    said, wanted = at.say(line, moods, late), LINES[line]["reply"]
    assert (said.status, said.headers["Content-Type"]) == (
        wanted["status"],
        wanted["headers"]["Content-Type"],
    )
    assert masked(content(said.body.decode())) == masked(content(wanted["body"]))
    if "env:Fault" not in wanted["body"]:
        genuine(at, said, LINES[line])


def genuine(at: At, said: Reply, line: dict[str, Any]) -> None:
    """Our answer holds under the golden certificate of the system, and the golden answer does, too."""
    peer = security.Identity(at.secrets["algorithm"], security.der(at.secrets["peer_certificate"]))
    for text in (said.body, line["reply"]["body"].encode()):
        root = read(text)
        head, _ = security.covered(root)
        assert security.verified(root, head, {peer.algorithm: peer}) == peer.algorithm
    asked = re.search(r"<wsa:MessageID>([^<]*)<", line["request"]["body"])
    assert asked is not None and f"<wsa:RelatesTo>{asked[1]}</wsa:RelatesTo>".encode() in said.body


def test_golden_pushes_of_p05() -> None:
    at = At("push-ok")
    for line in ("push-ok", "push-duplicate", "query", "push-delete"):
        same(at, line)
    same(at, "query-none")
    for line in ("push-forged", "push-unsigned", "push-missing", "push-action"):
        same(At(line), line)
    same(At("push-revoked"), "push-revoked", ("cert-revoked",))
    same(At("push-expired"), "push-expired")
    assert [record.effects for record in at.desk.ledger] == [2]


def test_golden_pushes_of_d04_in_sm2() -> None:
    for line in ("push-sm2", "push-contract-sm2"):
        same(At(line), line)
    at = At("push-conflict")
    assert (
        code(at.tell(("7a55a58c-ec97-66b1-07c4-9909f026547c", "7a55a58c-ec97-66b1-07c4-9909f0265470")))
        == "S000"
    )
    same(at, "push-conflict")


@pytest.mark.parametrize("line", ["ca-verify", "ca-verify-revoked", "ca-status", "ca-verify-sm2"])
def test_golden_questions_to_c02(line: str) -> None:
    at = At(line)
    message = "ca.status" if "status" in line else "ca.verify"
    form = service(D, message, "reply", typed=False)
    result = next(e for e in read(content(LINES[line]["reply"]["body"])) if e.tag.endswith("Result"))
    known = form.home(read_tree(result, lists(form.rows)))
    if message == "ca.verify":
        known.setdefault("reasons", [])  # an empty container is read as none
    at.desk.books[message] = lambda asked, now: known
    same(at, line)


def test_no_conclusion_is_a_fault() -> None:
    at = At("ca-verify-issuer")

    def book(asked: Any, now: datetime) -> Any:
        raise Refusal("ca.issuer-not-recognised")

    at.desk.books["ca.verify"] = book
    same(at, "ca-verify-issuer")


@pytest.mark.parametrize(
    ("mood", "line"), [("answer-as-mtom", "ca-status-mtom"), ("mtom-boundary-lost", "ca-status-mtom-lost")]
)
def test_the_crl_as_a_part(mood: str, line: str) -> None:
    at = At("ca-status")
    form = service(D, "ca.status", "reply", typed=False)
    result = next(e for e in read(content(LINES["ca-status"]["reply"]["body"])) if e.tag.endswith("Result"))
    known = form.home(read_tree(result, lists(form.rows)))
    at.desk.books["ca.status"] = lambda asked, now: known
    said = at.say(line, (mood,))
    wanted = base64.b64decode(LINES[line]["reply"]["body_b64"])
    assert said.headers["Content-Type"] == LINES[line]["reply"]["headers"]["Content-Type"]
    if mood == "mtom-boundary-lost":
        with pytest.raises(BadXmlError):
            mtom.root_of(said.headers["Content-Type"], said.body)
    else:
        assert said.body.endswith(wanted[wanted.index(b"<t:Response>") :])
        root = mtom.root_of(said.headers["Content-Type"], said.body)
        head, _ = security.covered(root)
        peer = security.Identity(at.secrets["algorithm"], security.der(at.secrets["peer_certificate"]))
        assert security.verified(root, head, {peer.algorithm: peer})


def test_faults_of_answers() -> None:
    """The effect is there; what comes back is not to be believed (expected.csv)."""
    at = At("push-ok")
    said = at.say("push-ok", ("unsigned-body",))
    with pytest.raises(security.Unsafe, match="S101"):
        security.covered(read(said.body))
    for fault in ("wrong-cert", "answer-changed"):
        root = read(
            at.say("push-ok", (fault,)).body
            if fault == "wrong-cert"
            else At("push-ok").say("push-ok", (fault,)).body
        )
        peer = security.Identity("rsa-sha256", security.der(at.secrets["peer_certificate"]))
        with pytest.raises(security.Unsafe, match="S102"):
            security.verified(root, security.covered(root)[0], {"rsa-sha256": peer})
    asked = re.search(rb"<wsa:MessageID>([^<]*)<", at.line["request"]["body"].encode())
    assert asked is not None and asked[1] not in at.say("push-ok", ("answer-to-another",)).body
    elsewhere = at.say("push-ok", ("wsa-replyto-ignored",))
    assert (elsewhere.status, elsewhere.body) == (202, b"")
    assert at.desk.ledger.effects == 1
    same(at, "answer-fault-200", ("fault-with-200",))


@pytest.mark.parametrize(
    ("mood", "status", "wanted"),
    [("cert-revoked", 400, "S103"), ("action-mismatch", 400, "S201"), ("not-allowed", 400, "S105"),
     ("parent-unknown", 400, "S310"), ("busy", 500, "S700"), ("internal-error", 500, "S900")],
)  # fmt: skip
def test_refusals_on_demand(mood: str, status: int, wanted: str) -> None:
    at = At("push-ok")
    said = at.say("push-ok", (mood,))
    assert (said.status, code(said), at.desk.ledger.effects) == (status, wanted, 0)


NAME = ("<t:LandProjectName>", "<t:LandProjectName></t:LandProjectName><!--")
VERSION = ("<t:Version>1<", "<t:Version>2<")
UPDATE = ("<t:Operation>Create<", "<t:Operation>Update<")


@each(
    ("swap", "wanted"),
    [
        (("<env:Envelope", "<env:Envelop"), "S200"),
        (('version="1.0" encoding="UTF-8"?>', 'version="1.0"?><!DOCTYPE a>'), "S200"),
        (("http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/"), "S200"),
        (("<wsa:MessageID>", "<wsa:MessageID><!---->"), "S000"),
        (("addressing/anonymous", "addressing/none"), "S202"),
        (("PushLandDealRequest", "PushLandNoticeRequest"), "S201"),
        (("wsse:Security", "wsse:Insecurity"), "S101"),
        (("<t:Record>", '<t:Record wsu:Id="TS">'), "S101"),
        (("2026-11-22T01:05:00Z", "2026-11-22T02:01:00Z"), "S104"),
        (("2026-11-22T01:05:00Z", "2026-11-22T02:00:00Z"), "S000"),
        (("<t:LandArea>41093.6<", "<t:LandArea>many<"), "S302"),
        (("<t:LendingType>1<", "<t:LendingType>x<"), "S000"),
        (("<t:RegionCode>", "<t:Surplus>1</t:Surplus><t:RegionCode>"), "S200"),
        (UPDATE, "S322"),
        (("<t:DealPrice>2974.4901<", "<t:DealPrice>2974.4901001<"), "S302"),
        (("<t:Operation>Create<", "<t:Operation>Make<"), "S303"),
    ],
)
def test_the_order_and_the_reasons_of_checks(swap: tuple[str, str], wanted: str) -> None:
    at = At("push-ok")
    signed = wanted not in ("S200", "S101") or "Surplus" in swap[1]
    assert code(at.tell(swap, signed=signed)) == wanted
    assert at.desk.ledger.effects == (wanted == "S000")


def test_versions() -> None:
    at = At("push-ok")
    steps = [
        ((), "S000"), ((VERSION, UPDATE), "S000"), ((VERSION, UPDATE), "S010"), ((), "S321"),
        ((VERSION, UPDATE, ("宁县示例地块出让", "别名")), "S320"),
    ]  # fmt: skip
    for swaps, wanted in steps:
        assert code(at.tell(*swaps)) == wanted, swaps


def test_what_the_operation_may_be() -> None:
    at = At("push-ok")
    moved = [("PushLandDeal", "PushLandNotice"), ("", "")]
    body = at.line["request"]["body"].replace(*moved[0])
    headers = {"Content-Type": at.line["request"]["headers"]["Content-Type"].replace(*moved[0])}
    asked = {**at.line["request"], "headers": headers, "body": at.sign(body)}
    assert code(at.say({**at.line, "request": asked})) == "S105", "P05 sends land notices, it takes none"
    nothing = {**asked, "body": at.sign(body.replace("PushLandNotice", "PushNothing")),
               "headers": {"Content-Type": "application/soap+xml"}}  # fmt: skip
    assert code(at.say({**at.line, "request": nothing})) == "S200"
    large = {**at.line["request"], "body": " " * (10 * 2**20 + 1)}
    assert code(at.say({**at.line, "request": large})) == "S701"


def test_wrapped_signatures_get_nowhere() -> None:
    """The signed Body is moved aside and another put in its place: the classic of signature wrapping."""
    at = At("push-ok")
    body = at.line["request"]["body"]
    signed = re.search(r"<env:Body.*</env:Body>", body, re.DOTALL)
    assert signed is not None
    forged = signed[0].replace("宁县示例地块出让", "别的地块").replace(' wsu:Id="Body"', "")
    aside = body.replace(signed[0], forged).replace("</env:Header>", f"<x>{signed[0]}</x></env:Header>")
    assert code(at.say({**at.line, "request": {**at.line["request"], "body": aside}})) == "S101"
    twice = body.replace(signed[0], forged.replace("<env:Body", '<env:Body wsu:Id="Body"')).replace(
        "</env:Header>", f"<x>{signed[0]}</x></env:Header>"
    )
    assert code(at.say({**at.line, "request": {**at.line["request"], "body": twice}})) == "S101"
    assert at.desk.ledger.effects == 0


def test_transforms_other_than_the_one_are_refused() -> None:
    at = At("push-ok")
    extra = '<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"></ds:Transform>'
    assert code(at.tell(("<ds:Transforms>", f"<ds:Transforms>{extra}"), signed=False)) == "S102"


def test_d04_closes_its_rings() -> None:
    ring = "宁县;RING(107.1 35.2,107.2 35.2,107.2 35.3,107.1 35.2)"
    for text, wanted in (
        (ring, "S000"),
        (ring.replace("107.1 35.2)", "107.1 35.9)"), "S302"),
        ("x;RING(1 2,1 2)", "S302"),
    ):
        at = At("push-sm2")
        found = re.search(r"<t:LandPosition>[^<]*<", at.line["request"]["body"])
        assert found is not None
        assert code(at.tell((found[0], f"<t:LandPosition>{text}<"))) == wanted
    other = At("push-ok")
    found = re.search(r"<t:LandPosition>[^<]*<", other.line["request"]["body"])
    assert found is not None
    assert code(other.tell((found[0], "<t:LandPosition>x;RING(1 2,1 2)<"))) == "S000", "P05 does not look"


def test_wsdl_and_schema() -> None:
    at = At("push-ok")
    now = datetime.fromisoformat("2026-11-22T09:00:00+08:00")
    wsdl = at.side.answer(Request("GET", "/ws/ResourceExchange", "wsdl"), now)
    assert b"10.20.0.5" in wsdl.body and b"?xsd=resource.xsd" in wsdl.body
    assert at.side.answer(Request("GET", "/ws/ResourceExchange", "xsd=resource.xsd"), now).status == 200
    assert at.side.answer(Request("PUT", "/ws/ResourceExchange"), now).status == 405
    assert at.side.answer(Request("POST", "/ws"), now).status == 404
