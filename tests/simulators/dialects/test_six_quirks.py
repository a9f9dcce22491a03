"""What makes single systems of six dialects peculiar, each beside one that is not."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from typing import Any

import pytest

from hub.catalogue.papers import Papers
from hub.standard import load
from simulators.dialects import soap12_security as security
from simulators.dialects.soap12_identity import private
from simulators.dialects.xmlread import read
from simulators.roll import roll
from simulators.senders.rest_voice import RestVoice
from simulators.systems.authority import Authority
from simulators.systems.build import Making, build
from simulators.systems.certificates import message_pair
from simulators.trading.voice import Saying
from simulators.wire import Request

NOW = datetime.fromisoformat("2026-11-22T09:00:01+08:00")


def test_p12_adds_rule_and_entities_to_its_alerts_and_m07_does_not() -> None:
    fields = {"ruleid": "R-7", "entityids": "A,B"}
    for ident, wanted in (("P12", True), ("M07", False)):
        voice = RestVoice(build(roll()[ident], Making()).desk, load())
        said = voice._params(Saying("m", "k", "supervise-alert", fields), NOW)
        assert (said.get("ruleid") == "R-7" and said.get("entityids") == "A,B") == wanted


@pytest.mark.parametrize(("ident", "code"), [("M04", 1), ("M07", 1), ("M02", 200)])
def test_success_is_one_here_and_two_hundred_there(ident: str, code: int) -> None:
    side: Any = build(roll()[ident], Making()).side
    assert getattr(side, "_plain", side)._ok == code


@pytest.mark.parametrize("algorithm", ["rsa-sha256", "sm2-sm3"])
def test_c02_answers_in_the_algorithm_of_the_question_and_p05_knows_one(algorithm: str) -> None:
    golden = {line["id"]: line for line in Papers.load("soap12-x509").golden()}
    pair = message_pair("hub", algorithm, 1)
    own = security.Identity(algorithm, security.der(pair.certificate), private(algorithm, pair.private))
    for ident, line in (("C02", "ca-status"), ("P05", "query")):
        body = golden[line]["request"]["body"]
        token = re.search(r'wsu:Id="X509">([^<]*)<', body)
        assert token is not None
        bare = re.sub(r"<ds:Signature .*?</ds:Signature>", "<!--signature-->", body, flags=re.DOTALL)
        mine = re.search(r'wsu:Id="X509">([^<]*)<', security.security_header(own, NOW))
        assert mine is not None
        sent = security.completed(bare.replace(token[1], mine[1]), own)
        system = build(roll()[ident], Making())
        system.desk.books["ca.status"] = lambda asked, now: {
            "status": "good", "thisUpdate": "2026-11-22T08:00:00+08:00", "sourceSystem": "C02",
        }  # fmt: skip
        headers = {"content-type": golden[line]["request"]["headers"]["Content-Type"]}
        said = system.side.answer(Request("POST", "/ws/ResourceExchange", "", headers, sent.encode()), NOW)
        if ident == "P05" and algorithm == "sm2-sm3":
            assert b"S102" in said.body
            continue
        root, ours = read(said.body), message_pair("system", algorithm, 1)
        known = {algorithm: security.Identity(algorithm, security.der(ours.certificate))}
        assert said.status == 200, said.body
        assert security.verified(root, security.covered(root)[0], known) == algorithm


def test_c01_issues_pairs_first_to_sign_then_to_encipher() -> None:
    ca = Authority("C01", 3)
    code = ca.vendor.holders["builder"].code
    issued = ca.issue({"issueKind": "new", "subject.code": code, "medium": "token"}, NOW)
    pair = [ca.vendor.signer("builder").certificate, ca.vendor.encrypter("builder").certificate]
    assert [base64.b64decode(one) for one in issued["certificates"]] == pair and pair[0] != pair[1]


def test_f02_looks_the_filing_up_first_and_f01_does_not() -> None:
    for ident, refused in (("F02", True), ("F01", False)):
        system = build(roll()[ident], Making())
        finance = system.desk.switches["finance"]
        finance.unfiled.add("HTBA-1")
        asked = {"applyNo": "1", "filingNo": "HTBA-1"}
        try:
            finance.apply(asked, NOW)
            assert not refused
        except Exception as no:
            assert refused and str(no) == "finance.contract-not-filed"


def test_the_quirks_of_the_papers_are_these() -> None:
    """A quirk that comes new into the papers turns this red, so that it is not overlooked."""
    found: set[str] = set()
    systems = {
        "static-token-rest": ("P12", "M04", "M07"), "exch-hmac": ("D14", "N04"),
        "soap12-x509": ("P05", "D04", "C02"), "rpc-execute": ("M11", "D06", "D10"),
        "sm2-envelope": ("C01", "F01", "F02", "F04"), "scan-oauth": ("P23", "P24", "N05", "C04", "L02"),
    }  # fmt: skip
    for dialect, idents in systems.items():
        for ident in idents:
            quirks = Papers.load(dialect).facts["systems"][ident].get("quirks", [])
            found |= {quirk if isinstance(quirk, str) else quirk["id"] for quirk in quirks}
    assert found == set(WHERE)


# quirk -> the test that fails without it
WHERE = {
    "ok-code-1": "here",
    "alert-rule-and-entities": "here",
    "cdata-package": "test_exch_package",
    "requester-in-head": "test_exch_package: heads are part of the form (2001, 2003)",
    "secret-end-time": "test_exch_package",
    "business-code-registered": "test_exch_package",
    "listing-rounds": "sender: S330 is asked again; counting is the listing's own (fields), the hub judges",
    "amount-six-decimals": "test_soap12, test_five_voices",
    "parcel-key": "test_soap12",
    "coordinates-ring": "test_soap12",
    "credit-code-extension": "test_authority",
    "algorithm-of-the-question": "here",
    "base64-line-breaks": "test_rpc_execute",
    "params-des-gbk": "test_rpc_execute",
    "status-number-in-failures": "test_rpc_execute",
    "rpc-encoded": "test_rpc_execute",
    "databyxml": "test_rpc_execute",
    "double-certificate": "here",
    "sealed-until-opening": "test_sm2_envelope",
    "filing-number-first": "here, test_sm2_envelope",
    "amount-in-fen": "test_sm2_envelope, test_outbox",
    "many-apps": "test_scan_oauth",
    "ticket-short-lived": "test_scan_oauth",
    "revoked-between-scan-and-confirm": "test_scan_oauth",
    "signature-by-callback": "test_outbox",
}
