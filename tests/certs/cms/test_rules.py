"""The rules of signed data, each with a message that breaks it."""

from __future__ import annotations

import hashlib

import pytest

from certs.algorithms.digest import digest
from certs.algorithms.verification import Strength
from certs.cms import oids
from certs.model import write as w
from certs.model.certificate import read_certificate
from certs.path.question import Rules
from certs.trust import Revocation, Trust
from tests.certs.cms.forged import (
    CONTENT_TYPE,
    GOOD,
    MESSAGE_DIGEST,
    SM2,
    SM3,
    attribute,
    forged,
    message,
    signer,
)
from tests.certs.cms.worlds import CONTENT, NOW, codes, notes, world
from tests.rows import each

AT = world("sm2-sm3")
KEY, OTHER = AT.first, AT.second
_V1 = w.sequence(w.sequence(w.sequence(w.octets(hashlib.sha1(KEY.certificate).digest()))))
_OTHERS_V1 = w.sequence(w.sequence(w.sequence(w.octets(hashlib.sha1(OTHER.certificate).digest()))))


def _v2(certificate: bytes, *more: bytes) -> bytes:
    named = w.sequence(SM3, w.octets(digest(certificate)), *more)
    return attribute(oids.SIGNING_CERTIFICATE_V2, w.sequence(w.sequence(named)))


def _number(serial: int) -> bytes:
    issuer = w.explicit(4, read_certificate(KEY.certificate).issuer.raw)
    return w.sequence(w.sequence(issuer), w.integer(serial))


def _protected(digest_algorithm: bytes, signature: bytes) -> bytes:
    value = w.sequence(digest_algorithm, w.implicit(1, signature))
    return attribute(oids.ALGORITHM_PROTECTION, value)


SERIAL = read_certificate(KEY.certificate).serial
BROKEN = {
    "content type missing": (MESSAGE_DIGEST,),
    "content type of another kind": (MESSAGE_DIGEST, attribute(oids.CONTENT_TYPE, w.oid(oids.DATA["rsa"]))),
    "content type twice": (*GOOD, CONTENT_TYPE),
    "content type with two values": (
        MESSAGE_DIGEST, attribute(oids.CONTENT_TYPE, w.oid(oids.DATA["sm2"]), w.oid(oids.DATA["rsa"])),
    ),
    "digest twice": (*GOOD, MESSAGE_DIGEST),
    "digest with two values": (
        CONTENT_TYPE, attribute(oids.MESSAGE_DIGEST, w.octets(digest(CONTENT)), w.octets(b"\0" * 32)),
    ),
    "signing time twice": (
        *GOOD, attribute(oids.SIGNING_TIME, w.time(NOW)), attribute(oids.SIGNING_TIME, w.time(NOW)),
    ),
    "unknown attribute twice": (*GOOD, attribute("1.2.3.4", w.NULL), attribute("1.2.3.4", w.NULL)),
    "somebody else's certificate (v1)": (*GOOD, attribute(oids.SIGNING_CERTIFICATE, _OTHERS_V1)),
    "somebody else's certificate (v2)": (*GOOD, _v2(OTHER.certificate)),
    "another serial number": (*GOOD, _v2(KEY.certificate, _number(SERIAL + 1))),
    "an unknown digest of the certificate": (
        *GOOD,
        attribute(oids.SIGNING_CERTIFICATE_V2, w.sequence(w.sequence(
            w.sequence(w.algorithm("1.2.3"), w.octets(digest(KEY.certificate)))))),
    ),
    "other algorithms protected": (*GOOD, _protected(SM3, w.algorithm("1.2.156.10197.1.501"))),
    "another digest protected": (*GOOD, _protected(w.algorithm("2.16.840.1.101.3.4.2.1"), SM2)),
}  # fmt: skip
HELD = {
    "as they must be": GOOD,
    "certificate named (v1)": (*GOOD, attribute(oids.SIGNING_CERTIFICATE, _V1)),
    "certificate named (v2)": (*GOOD, _v2(KEY.certificate)),
    "certificate and number named": (*GOOD, _v2(KEY.certificate, _number(SERIAL))),
    "algorithms protected": (*GOOD, _protected(SM3, SM2)),
    "an attribute nobody knows": (*GOOD, attribute("1.2.3.4", w.utf8("?"))),
}


@pytest.mark.parametrize("what", HELD)
def test_attributes_that_hold(what: str) -> None:
    verdict = AT.judge(forged(KEY, HELD[what]))
    assert verdict.ok and not verdict.forgiven, verdict.sentence("en")


@each("what", BROKEN)
def test_attributes_against_the_rules(what: str) -> None:
    verdict = AT.judge(forged(KEY, BROKEN[what]))
    assert codes(verdict) - {"digest"} == {"signed-attributes"}
    assert ("digest" in codes(verdict)) == (what == "digest with two values")


def test_a_missing_digest_is_both_a_broken_rule_and_a_difference() -> None:
    assert codes(AT.judge(forged(KEY, (CONTENT_TYPE,)))) == {"signed-attributes", "digest"}


def test_digest_of_other_content() -> None:
    rows = (CONTENT_TYPE, attribute(oids.MESSAGE_DIGEST, w.octets(digest(b"other"))))
    verdict = AT.judge(forged(KEY, rows))
    assert codes(verdict) == {"digest"} and verdict.sub_indication == "HASH_FAILURE"


@pytest.mark.parametrize(
    "value", [w.integer(1), b"\x30\x03\x02\x01", w.utf8("x")], ids=["number", "cut", "text"]
)
def test_unreadable_attributes_are_malformed(value: bytes) -> None:
    rows = (CONTENT_TYPE, attribute(oids.MESSAGE_DIGEST, value))
    assert codes(AT.judge(forged(KEY, rows))) == {"malformed"}


def test_attributes_out_of_order_are_forgiven_if_signed_in_order() -> None:
    rows = sorted(GOOD, reverse=True)
    verdict = AT.judge(forged(KEY, rows, ordered=False, over=w.set_of(*rows)))
    assert verdict.ok and notes(verdict) == {"attributes-not-in-order"}
    as_they_came = AT.judge(forged(KEY, rows, ordered=False))
    assert as_they_came.ok and not as_they_came.forgiven


def test_signed_attributes_cannot_be_passed_off_as_content() -> None:
    genuine = w.set_of(*GOOD)
    stolen = forged(KEY, None, over=genuine, inner=w.explicit(0, w.octets(genuine)))
    verdict = AT.judge(stolen)
    assert codes(verdict) == {"signed-attributes"}, "the value holds, what it is over does not mean this"
    detached = forged(KEY, None, over=genuine, inner=b"")
    assert codes(AT.judge(detached, content=genuine)) == {"signed-attributes"}


def test_other_content_needs_attributes() -> None:
    kind = "1.2.840.113549.1.9.16.1.4"
    assert codes(AT.judge(forged(KEY, None, kind=kind))) == {"signed-attributes"}
    rows = (MESSAGE_DIGEST, attribute(oids.CONTENT_TYPE, w.oid(kind)))
    raw = forged(KEY, rows, kind=kind)
    assert AT.judge(raw, expected_type=kind).ok
    assert codes(AT.judge(raw, expected_type=oids.DATA["sm2"])) == {"content-type"}


def test_detached_without_content_is_open() -> None:
    verdict = AT.judge(forged(KEY, inner=b""))
    assert verdict.state == "indeterminate" and codes(verdict) == {"no-content"}
    assert verdict.sub_indication == "SIGNED_DATA_NOT_FOUND"
    assert {check.name: check.outcome for check in verdict.checks}["signature"] == "passed"
    bare = AT.judge(forged(KEY, None, inner=b""))
    assert codes(bare) == {"no-content"}
    assert AT.judge(forged(KEY, inner=b""), content=CONTENT).ok


def test_no_signers_and_no_certificates() -> None:
    assert codes(AT.judge(message(certificates=(KEY.certificate,)))) == {"no-signature"}
    alone = message(signer(KEY))
    verdict = AT.judge(alone)
    assert codes(verdict) == {"no-signer"} and verdict.sub_indication == "NO_SIGNING_CERTIFICATE_FOUND"
    assert AT.judge(alone, extra=(KEY.certificate, *KEY.chain)).ok
    assert codes(AT.judge(alone, extra=(OTHER.certificate, *KEY.chain))) == {"no-signer"}


def test_another_ones_certificate_under_the_same_name() -> None:
    """A certificate with the signer's issuer and number but another key does not get in the way."""
    impostor = AT.sub.issue("投标人甲", serial=SERIAL)
    raw = message(signer(KEY), certificates=(impostor.certificate, KEY.certificate, *KEY.chain))
    verdict = AT.judge(raw)
    assert verdict.ok and verdict.signer == KEY.certificate
    assert not AT.judge(message(signer(KEY), certificates=(impostor.certificate, *KEY.chain))).ok


def test_the_purpose_and_the_time_of_the_certificate_count() -> None:
    enciphering = AT.sub.issue("加密证书", usage=("keyEncipherment",))
    assert codes(AT.judge(forged(enciphering))) == {"key-usage"}
    early = AT.judge(
        forged(KEY), at=NOW.replace(year=2025), trust=Trust(AT.trust.anchors, Revocation.IGNORED)
    )
    assert "not-yet-valid" in codes(early)


def test_weak_digests_are_refused_unless_admitted() -> None:
    at = world("rsa-sha256")
    sha1 = attribute(oids.MESSAGE_DIGEST, w.octets(hashlib.sha1(CONTENT).digest()))
    raw = forged(
        at.first, (CONTENT_TYPE, sha1), digest=w.algorithm("1.3.14.3.2.26"),
        algorithm=w.algorithm("1.2.840.113549.1.1.1", w.NULL),
    )  # fmt: skip
    assert "algorithm-weak" in codes(at.judge(raw))
    lenient = Rules(strength=Strength(refused_digests=frozenset()))
    verdict = at.judge(raw, trust=Trust(at.trust.anchors, Revocation.IGNORED, rules=lenient))
    assert codes(verdict) == {"signature"}, "signed with SHA-256, called SHA-1"


@pytest.mark.parametrize(
    ("digest_oid", "signature_oid"),
    [
        ("2.16.840.1.101.3.4.2.1", "1.2.156.10197.1.301.1"),
        ("1.2.156.10197.1.401", "1.2.840.113549.1.1.11"),
        ("1.2.156.10197.1.401", "1.2.840.10045.4.3.2"),
        ("1.2.156.10197.1.401", "1.2.156.10197.1.301.3"),
        ("1.2.3.4", "1.2.156.10197.1.301.1"),
    ],
)
def test_algorithms_that_do_not_go_together(digest_oid: str, signature_oid: str) -> None:
    raw = forged(KEY, digest=w.algorithm(digest_oid), algorithm=w.algorithm(signature_oid))
    verdict = AT.judge(raw)
    assert not verdict.ok and "algorithm-unknown" in codes(verdict)
