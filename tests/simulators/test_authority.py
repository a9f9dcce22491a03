"""What the sandbox CAs answer: true conclusions over their own world, refusals only where there is none."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any

import pytest

import certs
from certs.algorithms import sm2, sm2_curve
from certs.model.certificate import read_certificate
from certs.model.crl import read_crl
from hub.message import wall
from simulators.desk import Refusal
from simulators.systems import cooperative
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
        assert (told["status"], base64.b64decode(told["response"])) == (
            wanted,
            ca.hierarchy.crl("sm2-sm3", NOW),
        )
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


def signed(ca: Authority, digest: bytes) -> bytes:
    reference = ca.reference(read_certificate(ca.vendor.signer("builder").certificate))
    asked = {f"certificate.{name}": value for name, value in reference.items()}
    return base64.b64decode(ca.sign(asked | {"digest": digest.hex()}, NOW)["signature"])


def test_two_halves_make_an_ordinary_signature() -> None:
    """C04 signs with neither half alone; the public key is found without the whole key being anywhere."""
    ca = Authority("C04", 7)
    key = ca.vendor.signer("builder")
    telephone, service = cooperative.deal(key.private)
    assert cooperative.public_of(telephone, service) == (
        int.from_bytes(key.public[-64:-32], "big"),
        int.from_bytes(key.public[-32:], "big"),
    )
    whole = int.from_bytes(key.private, "big")
    assert whole not in (telephone.half, service.half)
    both = cooperative.CooperativeKey.like(key)
    assert sm2.verify(b"x", both.sign(b"x"), key.public) and both.sign(b"x") != key.sign(b"x")
    e, begun = sm2.e_value(b"x", key.public), telephone.begin(5)
    r, s2, s3 = service.answer(e, begun, 6, 7) or (0, 0, 0)
    public = cooperative.public_of(telephone, service)
    assert sm2_curve.verify(e, *(telephone.finish(5, r, s2, s3) or (0, 0)), public)
    wrong = cooperative.Telephone(telephone.half + 1).finish(5, r, s2, s3)
    assert wrong is not None and not sm2_curve.verify(e, *wrong, public)
    trust = certs.Trust(ca.vendor.anchors, certs.Revocation.IGNORED, intermediates=ca.vendor.intermediates)
    assert certs.verify_cms(signed(ca, b"digest"), trust=trust, at=NOW, content=b"digest").ok


def test_signatures_of_a_faulty_service() -> None:
    """Another Z holds for nobody; 64 octets where DER belongs is read, and noted."""
    for ident in ("C01", "C04"):
        for fault, seen in (("sign-forged-z", ["signature"]), ("sign-raw", [])):
            ca = Authority(ident, 7, lambda mood, fault=fault: mood == fault)  # type: ignore[misc]
            trust = certs.Trust(
                ca.vendor.anchors, certs.Revocation.IGNORED, intermediates=ca.vendor.intermediates
            )
            judged = certs.verify_cms(signed(ca, b"digest"), trust=trust, at=NOW, content=b"digest")
            assert [one.code for one in judged.reasons] == seen, (ident, fault, judged.sentence())
            noted = [one.at for one in judged.forgiven if one.detail == "raw-signature"]
            assert bool(noted) == (fault == "sign-raw"), (ident, fault, judged.forgiven)


def test_the_life_of_a_certificate() -> None:
    """Apply, freeze, unfreeze, renew, revoke, apply again: told at once, for both halves of a pair."""
    ca = Authority("C04", 7)
    code, moments = ca.vendor.holders["supplier"].code, iter(range(1, 99))

    def ask(kind: str, **more: Any) -> dict[str, Any]:
        asked = {"issueKind": kind, "subject.code": code, "medium": "tokenless", "requestNo": kind, **more}
        return ca.issue(asked, NOW + timedelta(seconds=next(moments)))

    def states(told: dict[str, Any]) -> list[str]:
        at = NOW + timedelta(seconds=next(moments))
        numbers = [read_certificate(base64.b64decode(one)).serial for one in told["certificates"]]
        listed = read_crl(ca.hierarchy.crl("sm2-sm3", at))
        gone = [listed.find(listed.issuer, number) is not None for number in numbers]
        found = [ca.hierarchy.standing(number, at)[0] for number in numbers]
        assert gone == [state != "good" for state in found]
        return found

    first = ask("new")
    assert first["state"] == "issued" and states(first) == ["good", "good"]
    assert ask("new")["state"] == "refused", "he has one"
    assert ask("freeze")["reason"] == "frozen" and states(first) == ["frozen", "frozen"]
    assert ask("unfreeze")["reason"] == "good" and states(first) == ["good", "good"]
    second = ask("renew")
    assert states(first) == ["revoked"] * 2 and states(second) == ["good"] * 2
    number = second["certificateRef"]["serialNo"]
    old = first["certificateRef"]["serialNo"]
    assert ask("renew", **{"certificate.serialNo": old})["state"] == "refused", "it has ended"
    assert ask("revoke", **{"certificate.serialNo": number})["reason"] == "revoked"
    assert states(second) == ["revoked"] * 2
    third = ask("new")
    assert states(third) == ["good"] * 2 and third["certificateRef"]["serialNo"] not in (old, number)
    assert ask("revoke", **{"certificate.serialNo": "77"})["state"] == "refused"
    told = ca.verify(
        {"verifyKind": "certificate", "certificate": third["certificates"][0], "atTime": wall(NOW)}, NOW
    )
    assert told["verdict"] == "valid"
