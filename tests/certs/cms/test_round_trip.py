"""What we make: judged by us, and by a second reader with somebody else's arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from certs.cms import read_signed, sign, with_certificates, with_unsigned
from certs.keys.port import KeyFailureError
from certs.model import write as w
from certs.model.certificate import read_certificate
from certs.testpki.ocsp import Responder
from tests.certs.cms.worlds import ALGORITHMS, CONTENT, NOW, codes, world
from tests.certs.golden.cms_reader import holding

WAYS: tuple[dict[str, Any], ...] = (
    {},
    {"detached": True},
    {"bare": True},
    {"bare": True, "detached": True},
    {"by_key": True},
    {"time": NOW},
    {"names_certificate": False},
    {"certificates": "leaf"},
    {"attributes": {"1.2.156.10197.99.1": w.utf8("标段一")}},
)


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("arc", ["sm2", "rsa"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_we_sign_is_valid(algorithm: str, arc: Any, way: dict[str, Any]) -> None:
    at = world(algorithm)
    message = sign(CONTENT, [at.first, at.second], arc=arc, **way)
    content = CONTENT if way.get("detached") else None
    extra = at.first.chain if way.get("certificates") == "leaf" else ()
    verdict = at.judge(message, content=content, extra=extra)
    assert verdict.ok, verdict.sentence("en")
    assert not verdict.forgiven
    assert [check.name for check in verdict.checks] == ["format", "one-signer", "one-signer"]
    assert {verdict.facts["signer"][-4:], verdict.facts["signer.2"][-4:]} == {"投标人甲", "投标人乙"}
    assert verdict.facts.get("signing-time") == (NOW.isoformat() if "time" in way else None)
    wrong = at.judge(message, content=b"x", extra=extra)
    assert wrong.state == "invalid" and codes(wrong) <= {"digest", "signature"}
    people = {read_certificate(key.certificate).serial for key in (at.first, at.second)}
    assert set(holding(message, content)) == people
    assert not holding(message, b"x")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_same_bytes_but_for_the_signature(algorithm: str) -> None:
    key = world(algorithm).first
    one, two = (sign(CONTENT, key, time=NOW) for _ in range(2))
    values = [read_signed(raw).signers[0] for raw in (one, two)]
    assert values[0].signed_attributes == values[1].signed_attributes
    assert (one == two) == (algorithm == "rsa-sha256")  # the only one here without randomness


def test_one_signer_stands_in_line() -> None:
    at = world("sm2-sm3")
    verdict = at.judge(sign(CONTENT, at.first, time=NOW))
    assert [check.name for check in verdict.checks] == [
        "format", "signer", "attributes", "content", "signature", "chain",
    ]  # fmt: skip
    assert verdict.signer == at.first.certificate and verdict.chain[0] == at.root.key.certificate
    assert verdict.facts["digest"] == "sm3" and verdict.facts["arc"] == "sm2"


def test_signers_of_different_families_in_one_message() -> None:
    places = [world(name) for name in ALGORITHMS]
    message = sign(CONTENT, [place.first for place in places])
    assert len(read_signed(message).digests) == 2
    trust = places[0].trust.with_data(tuple(crl for one in places for crl in one.trust.crls))
    anchors = tuple(place.root.key.certificate for place in places)
    everyone = type(trust)(anchors, trust.revocation, crls=trust.crls)
    assert places[0].judge(message, trust=everyone).ok
    only_one = places[0].judge(message)
    assert codes(only_one) == {"no-path"} and not only_one.ok
    enough = places[0].judge(message, which="any")
    assert enough.ok and enough.signer == places[0].first.certificate
    assert {reason.code for reason in enough.forgiven} == {"no-path"}


def test_any_of_several_still_needs_the_content() -> None:
    at = world("sm2-sm3")
    message = sign(CONTENT, [at.first, at.second])
    assert not at.judge(message, content=b"other", which="any").ok


def test_lists_that_came_along_help() -> None:
    at = world("sm2-sm3")
    bare = type(at.trust)(at.trust.anchors, at.trust.revocation)
    lacking = at.judge(sign(CONTENT, at.first), trust=bare)
    assert lacking.state == "indeterminate" and codes(lacking) == {"revocation-unknown"}
    assert at.judge(sign(CONTENT, at.first, crls=at.trust.crls), trust=bare).ok
    later = with_certificates(sign(CONTENT, at.first, certificates="leaf"), at.first.chain, at.trust.crls)
    assert at.judge(later, trust=bare).ok
    serial = read_certificate(at.first.certificate).serial
    revoked = at.sub.crl([(serial, NOW - timedelta(days=1), 1)])
    verdict = at.judge(sign(CONTENT, at.first, crls=[at.root.crl(), revoked]), trust=bare)
    assert codes(verdict) == {"revoked"} and verdict.sof_code == -3


def test_answers_that_came_along_help() -> None:
    at = world("sm2-sm3")
    bare = type(at.trust)(at.trust.anchors, at.trust.revocation, crls=(at.root.crl(),))
    responder = Responder(at.sub, at.sub.key, NOW)
    good, revoked = (responder.answer(at.first.certificate, state) for state in ("good", "revoked"))
    assert codes(at.judge(sign(CONTENT, at.first), trust=bare)) == {"revocation-unknown"}
    assert at.judge(sign(CONTENT, at.first, ocsp=[good]), trust=bare).ok
    assert codes(at.judge(sign(CONTENT, at.first, ocsp=[revoked]), trust=bare)) == {"revoked"}
    forged = responder.answer(at.first.certificate, by=at.second)
    assert codes(at.judge(sign(CONTENT, at.first, ocsp=[forged]), trust=bare)) == {"revocation-unknown"}


def test_rubbish_that_came_along_does_not_hurt() -> None:
    at = world("sm2-sm3")
    message = sign(CONTENT, at.first, crls=[w.sequence(w.integer(1))], ocsp=[w.sequence(w.octets(b"?"))])
    assert read_signed(message).version == 5 and len(read_signed(message).ocsp) == 1
    assert at.judge(message).ok


def test_unsigned_attributes_touch_nothing_signed() -> None:
    at = world("sm2-sm3")
    message = sign(CONTENT, [at.first, at.second], time=NOW)
    before = {(one.signature, one.signed_attributes) for one in read_signed(message).signers}
    for number in (0, 1, 0):
        message = with_unsigned(message, number, "1.2.156.10197.99.2", w.utf8(f"附注 {number}"))
    signed = read_signed(message)
    assert {(one.signature, one.signed_attributes) for one in signed.signers} == before
    assert sorted(len(one.unsigned_attributes["1.2.156.10197.99.2"]) for one in signed.signers) in (
        [1, 2],
        [3],
    )
    assert at.judge(message).ok


def test_only_data_goes_without_attributes() -> None:
    key = world("sm2-sm3").first
    with pytest.raises(ValueError, match="attributes"):
        sign(CONTENT, key, bare=True, time=NOW)
    with pytest.raises(ValueError, match="attributes"):
        sign(CONTENT, key, bare=True, content_type="1.2.840.113549.1.9.16.1.4")
    with pytest.raises(ValueError, match="nobody"):
        sign(CONTENT, [])


@dataclass(frozen=True)
class _Gone:
    algorithm: str = "sm2-sm3"
    certificate: bytes = b""
    chain: Sequence[bytes] = ()

    def sign(self, message: bytes) -> bytes:
        raise KeyFailureError("the token was pulled out")


def test_a_key_that_fails_says_so() -> None:
    gone = _Gone(certificate=world("sm2-sm3").first.certificate)
    with pytest.raises(KeyFailureError, match="pulled out"):
        sign(CONTENT, gone)  # type: ignore[arg-type]
