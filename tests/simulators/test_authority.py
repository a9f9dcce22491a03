"""What the sandbox CAs answer: true conclusions over their own world, refusals only where there is none."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any

import pytest

import certs
from certs.model.certificate import read_certificate
from hub.message import wall
from simulators.desk import Refusal
from simulators.systems.authority import Authority
from simulators.systems.certificates import today

NOW = today() + timedelta(hours=9)


def text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def question(authority: Authority, holder: str, kind: str, **more: Any) -> dict[str, Any]:
    key = authority.vendor.signer(holder)
    return {
        "requestNo": "1", "verifyKind": kind, "certificate": text(key.certificate), "atTime": wall(NOW),
        "revocationRequired": True, "usage": "sign", **more,
    }  # fmt: skip


@pytest.fixture(name="ca", scope="module")
def ca_fixture() -> Authority:
    return Authority("C01", 7)


@pytest.mark.parametrize(
    ("holder", "verdict"), [("builder", "valid"), ("revoked", "revoked"), ("frozen", "frozen")]
)
def test_certificates(ca: Authority, holder: str, verdict: str) -> None:
    told = ca.verify(question(ca, holder, "certificate"), NOW)
    assert told["verdict"] == verdict and bool(told["reasons"]) == (verdict != "valid")
    assert told["subject"]["code"] == ca.vendor.holders[holder].code == told["certificateRef"]["subjectCode"]
    assert ("revocationTime" in told) == (verdict != "valid")


def test_time_decides(ca: Authority) -> None:
    later = wall(NOW + timedelta(days=3650))
    asked = question(ca, "builder", "certificate", revocationRequired=False, atTime=later)
    assert ca.verify(asked, NOW)["verdict"] == "expired"


def test_signatures_over_this_and_nothing_else(ca: Authority) -> None:
    key, original = ca.vendor.signer("builder"), "公告".encode()
    signature = certs.sign_cms(original, key, detached=True, time=NOW)
    for kind, value in (("detached", signature), ("bare-signature", key.sign(original))):
        for content, verdict in ((original, "valid"), (original + b"!", "invalid")):
            asked = question(ca, "builder", kind, signature=text(value), original=text(content))
            assert ca.verify(asked, NOW)["verdict"] == verdict, (kind, verdict)


def test_no_conclusion_about_what_is_not_theirs(ca: Authority) -> None:
    asked = question(Authority("C04", 7), "builder", "certificate")
    with pytest.raises(Refusal, match="issuer-not-recognised"):
        ca.verify(asked, NOW)
    with pytest.raises(Refusal, match="encoding"):
        ca.verify(asked | {"certificate": text(b"no certificate")}, NOW)


def test_status_from_the_list(ca: Authority) -> None:
    for holder, wanted in (("builder", "good"), ("revoked", "revoked"), ("frozen", "frozen")):
        reference = ca.reference(read_certificate(ca.vendor.signer(holder).certificate))
        asked = {f"certificate.{name}": value for name, value in reference.items()}
        told = ca.status(asked, NOW)
        assert (told["status"], base64.b64decode(told["response"])) == (wanted, ca.vendor.crl())
    with pytest.raises(Refusal):
        ca.status(asked | {"certificate.caId": "C02"}, NOW)


def test_signed_and_issued(ca: Authority) -> None:
    key = ca.vendor.signer("builder")
    reference = ca.reference(read_certificate(key.certificate))
    asked: dict[str, Any] = {f"certificate.{name}": value for name, value in reference.items()}
    told = ca.sign(asked | {"digest": "5a" * 32}, NOW)
    trust = certs.Trust(ca.vendor.anchors, certs.Revocation.IGNORED, intermediates=ca.vendor.intermediates)
    signature = base64.b64decode(told["signature"])
    assert certs.verify_cms(signature, trust=trust, at=NOW, content=bytes.fromhex("5a" * 32)).ok
    holder = ca.vendor.holders["builder"]
    issued = ca.issue({"issueKind": "new", "subject.code": holder.code, "medium": "token"}, NOW)
    assert issued["state"] == "issued" and len(issued["certificates"]) == 2, "C01 issues pairs"
    assert ca.issue({"issueKind": "new", "subject.code": "nobody"}, NOW)["state"] == "refused"


def test_c02_in_rsa_knows_the_code_from_its_extension() -> None:
    ca = Authority("C02", 7)
    told = ca.verify(question(ca, "builder", "certificate"), NOW)
    assert (told["verdict"], told["subject"]["code"]) == ("valid", ca.vendor.holders["builder"].code)
    assert datetime.fromisoformat(told["certificateRef"]["notAfter"]) > NOW
