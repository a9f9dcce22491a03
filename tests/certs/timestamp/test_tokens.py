"""Stamps made by us and judged by us: what holds, and each thing that can be wrong, told by its own code."""

from __future__ import annotations

from datetime import timedelta

import pytest

import certs
from certs.cms import sign, verify_cms
from certs.keys.held import HeldKey
from certs.model.certificate import read_certificate
from certs.testpki.issue import DAY, extended_usage
from certs.timestamp import Accuracy, Digest, read_response, request, respond, signature_stamp, stamp_time
from certs.timestamp.info import info
from certs.timestamp.model import TST_INFO
from certs.trust import Revocation
from certs.verdict import Moment
from tests.certs.timestamp.world import DATA, KINDS, NOW, POLICY, STAMPS, World, world


def codes(verdict: certs.Verdict) -> set[str]:
    return {reason.code for reason in verdict.reasons}


def token(w: World, *, key: HeldKey | None = None, raw: bytes | None = None, **how: object) -> bytes:
    stated = raw or info(Digest.of(DATA, w.digest), POLICY, 1, NOW)
    return sign(stated, key or w.tsa, arc="rsa", content_type=TST_INFO, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("arc", ["rsa", "sm2"])
def test_a_stamp_says_when_and_by_whom(kind: str, arc: str) -> None:
    w = world(kind)
    asked = request(DATA, w.digest, nonce=77, policy=POLICY)
    answer = respond(asked, w.tsa, at=NOW, serial=0xABC, policy=POLICY, accuracy=Accuracy(1), arc=arc)  # type: ignore[arg-type]
    verdict = certs.verify_timestamp(answer, DATA, trust=w.trust(), at=NOW, request=asked)
    assert verdict.ok, verdict.reasons
    assert verdict.facts["serial"] == "abc" and verdict.facts["policy"] == POLICY
    assert "时间戳机构" in verdict.facts["tsa"] and verdict.facts["accuracy"] == "1 s"
    assert verdict.signer == w.tsa.certificate and verdict.chain[0] == w.root.key.certificate
    assert stamp_time(verdict) == Moment(NOW, "timestamp", NOW, stamp_time(verdict).evidence)
    times = {check.name: check.moment for check in verdict.checks if check.moment}
    assert times["time"].source == "timestamp" and times["signature"].at == NOW


def test_the_bare_token_and_its_digest_do_as_well() -> None:
    w = world()
    bare = read_response(w.stamped()).token
    assert bare is not None
    for data in (DATA, Digest.of(DATA, "sm3")):
        assert certs.verify_timestamp(bare, data, trust=w.trust(), at=NOW).ok
    wrong = Digest("sha256", Digest.of(DATA, "sm3").value)
    assert codes(certs.verify_timestamp(bare, wrong, trust=w.trust(), at=NOW)) == {"stamp-imprint"}


def test_everything_wrong_is_said_at_once() -> None:
    w = world()
    verdict = certs.verify_timestamp(
        w.stamped(), DATA + b"!", trust=w.trust(at=NOW - DAY), at=NOW - DAY, nonce=78, policy="1.2.3"
    )
    assert codes(verdict) >= {"stamp-imprint", "stamp-nonce", "stamp-policy", "stamp-order"}
    assert verdict.state == "invalid"
    with pytest.raises(ValueError, match="proves"):
        stamp_time(verdict)


def test_an_answer_to_another_request() -> None:
    w = world()
    other = request(b"other", "sm3", nonce=79)
    verdict = certs.verify_timestamp(w.stamped(), DATA, trust=w.trust(), at=NOW, request=other)
    assert codes(verdict) == {"stamp-imprint", "stamp-nonce"}


def test_our_clock_may_be_a_little_behind() -> None:
    w = world()
    ahead = w.stamped(at=NOW + timedelta(seconds=59))
    assert certs.verify_timestamp(ahead, DATA, trust=w.trust(at=NOW - DAY), at=NOW).ok
    beyond = w.stamped(at=NOW + timedelta(seconds=62))
    assert codes(certs.verify_timestamp(beyond, DATA, trust=w.trust(at=NOW - DAY), at=NOW)) == {"stamp-order"}


@pytest.mark.parametrize(
    ("extended", "critical"),
    [((), False), (STAMPS, False), ((*STAMPS, "1.3.6.1.5.5.7.3.2"), True), (("1.3.6.1.5.5.7.3.2",), True)],
)
def test_only_a_key_for_stamps_stamps(extended: tuple[str, ...], critical: bool) -> None:
    w = world()
    stated = [extended_usage(*extended, critical=critical)] if extended else []
    key = w.sub.issue("别的用途", extensions=stated)
    verdict = certs.verify_timestamp(w.stamped(key=key), DATA, trust=w.trust(), at=NOW)
    assert codes(verdict) == {"extended-key-usage"}


def test_a_token_has_one_signer_is_of_one_type_and_names_its_certificate() -> None:
    w = world()
    for raw, expected in (
        (token(w, names_certificate=False), "signed-attributes"),
        (sign(b"x", w.tsa, arc="rsa"), "content-type"),
        (token(w, raw=b"\x30\x03\x02\x01\x01"), "malformed"),
        (
            sign(info(Digest.of(DATA, "sm3"), POLICY, 1, NOW), [w.tsa, w.tsa], content_type=TST_INFO),
            "malformed",
        ),
    ):
        assert codes(certs.verify_timestamp(raw, DATA, trust=w.trust(), at=NOW)) == {expected}


def test_another_certificate_over_the_same_key_does_not_do() -> None:
    w = world()
    old = read_certificate(w.tsa.certificate)
    twin = w.sub.issue("时间戳机构", key=w.tsa, extended=STAMPS, serial=old.serial, days=9)
    raw = token(w, certificates="none")
    for one, expected in ((w.tsa, set()), (twin, {"signed-attributes"})):
        given = (one.certificate, *one.chain)
        verdict = certs.verify_timestamp(raw, DATA, trust=w.trust(), at=NOW, certificates=given)
        assert codes(verdict) == expected


def test_who_is_named_must_be_who_signed() -> None:
    w = world()
    stated = info(Digest.of(DATA, "sm3"), POLICY, 1, NOW, tsa=w.sub.subject)
    verdict = certs.verify_timestamp(token(w, raw=stated), DATA, trust=w.trust(), at=NOW)
    assert codes(verdict) == {"signed-attributes"}


def test_without_certificates_inside_they_are_handed_in() -> None:
    w = world()
    raw = respond(request(DATA, cert_req=False), w.tsa, at=NOW, serial=1, policy=POLICY)
    assert codes(certs.verify_timestamp(raw, DATA, trust=w.trust(), at=NOW)) == {"no-signer"}
    given = (w.tsa.certificate, *w.tsa.chain)
    assert certs.verify_timestamp(raw, DATA, trust=w.trust(), at=NOW, certificates=given).ok


LATER = NOW + 100 * DAY


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (3, set()),
        (4, set()),
        (5, set()),
        (0, {"revoked"}),
        (1, {"revoked"}),
        (2, {"revoked"}),
        (6, {"frozen"}),
    ],
)
def test_a_later_revocation_spares_old_stamps_only_for_harmless_reasons(
    reason: int, expected: set[str]
) -> None:
    w = world()
    number = read_certificate(w.tsa.certificate).serial
    trust = w.trust([(number, NOW + 50 * DAY, reason)], at=LATER)
    verdict = certs.verify_timestamp(w.stamped(), DATA, trust=trust, at=LATER)
    assert codes(verdict) == expected
    assert verdict.ok == (not expected)
    before = w.trust([(number, NOW - DAY / 2, reason)], at=LATER)
    assert not certs.verify_timestamp(w.stamped(), DATA, trust=before, at=LATER).ok


def test_a_compromised_ca_hides_behind_no_harmless_authority() -> None:
    """The CA above is superseded, the authority's own key is lost: the second must not be overlooked."""
    w = world()
    above, own = (read_certificate(raw).serial for raw in (w.sub.key.certificate, w.tsa.certificate))
    lists = (
        w.root.crl([(above, NOW + DAY, 4)], this_update=LATER),
        w.sub.crl([(own, NOW + 9 * DAY, 1)], this_update=LATER),
    )
    trust = w.trust().with_data(lists)
    assert codes(certs.verify_timestamp(w.stamped(), DATA, trust=trust, at=LATER)) == {"revoked"}
    lists = (lists[0], w.sub.crl(this_update=LATER))
    verdict = certs.verify_timestamp(w.stamped(), DATA, trust=w.trust().with_data(lists), at=LATER)
    assert verdict.ok and "revoked" in {reason.code for reason in verdict.forgiven}
    lists = (w.root.crl([(above, NOW + DAY, 2)], this_update=LATER), lists[1])
    trust = w.trust().with_data(lists)
    assert codes(certs.verify_timestamp(w.stamped(), DATA, trust=trust, at=LATER)) == {"revoked"}


def test_after_the_end_of_the_authority_fresh_lists_say_nothing() -> None:
    w = world()
    late = NOW + 400 * DAY
    verdict = certs.verify_timestamp(w.stamped(), DATA, trust=w.trust(at=late), at=late)
    assert verdict.state == "indeterminate" and codes(verdict) == {"revocation-unknown"}
    known = w.trust(at=late, revocation=Revocation.IF_KNOWN)
    assert certs.verify_timestamp(w.stamped(), DATA, trust=known, at=late).ok


def test_a_stamp_from_outside_the_authoritys_own_time() -> None:
    w = world()
    verdict = certs.verify_timestamp(w.stamped(at=NOW - 2 * DAY), DATA, trust=w.trust(), at=NOW)
    assert "not-yet-valid" in codes(verdict)


def test_a_signature_stamp_gives_signed_data_its_time() -> None:
    w = world()
    signer = w.sub.issue("投标人", days=300)
    raw = sign(DATA, signer, stamp=lambda value: read_response(w.stamped(value)).token or b"")
    number = read_certificate(signer.certificate).serial
    trust = w.trust([(number, NOW + DAY, 1)], at=LATER)
    assert codes(verify_cms(raw, trust=trust, at=LATER)) == {"revoked"}
    stamped = verify_cms(raw, trust=trust, at=LATER, stamps=signature_stamp)
    assert stamped.ok and stamped.moment is not None and stamped.moment.source == "timestamp"
