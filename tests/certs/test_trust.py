"""One question, one search: path and revocation are judged together, and said apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest

from certs.keys.held import HeldKey
from certs.model.certificate import read_certificate
from certs.path import examine
from certs.path.question import Rules
from certs.testpki.issue import DAY, Authority
from certs.trust import SIGNING, Revocation, Trust
from certs.verdict import Moment, Verdict

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


@cache
def roots() -> tuple[Authority, Authority, Authority, Authority, HeldKey]:
    """Two roots that certify the same CA, that CA under each, and somebody below it."""
    first, second = Authority.root("根甲", now=NOW), Authority.root("根乙", now=NOW)
    ca = first.sub("同一 CA")
    bare = replace(ca.key, certificate=b"", chain=())
    again = second.sub("同一 CA", key=bare, subject=ca.subject)
    return first, second, ca, again, ca.issue("签名者")


def trust(*crls: bytes, revocation: Revocation = Revocation.REQUIRED, **more: object) -> Trust:
    first, second, ca, again, _ = roots()
    anchors = (first.key.certificate, second.key.certificate)
    between = (ca.key.certificate, again.key.certificate)
    return Trust(anchors, revocation, between, crls, **more)  # type: ignore[arg-type]


def judge(by: Trust) -> Verdict:
    return by.judge(roots()[4].certificate, moment=Moment(NOW), purpose=SIGNING)


def outcomes(verdict: Verdict) -> dict[str, str]:
    return {check.name: check.outcome for check in verdict.checks}


def revoking(by: Authority, what: bytes) -> bytes:
    return by.crl([(read_certificate(what).serial, NOW - DAY, 1)])


def test_a_path_that_is_revoked_gives_way_to_one_that_is_not() -> None:
    first, second, ca, again, leaf = roots()
    for bad, good, through in ((first, second, again), (second, first, ca)):
        other = ca if through is again else again
        lists = (revoking(bad, other.key.certificate), good.crl(), ca.crl())
        verdict = judge(trust(*lists))
        assert verdict.ok, verdict.sentence()
        assert verdict.chain == (good.key.certificate, through.key.certificate, leaf.certificate)


def test_the_path_holds_and_what_is_revoked_is_said_apart() -> None:
    first, second, ca, _, leaf = roots()
    verdict = judge(trust(first.crl(), second.crl(), revoking(ca, leaf.certificate)))
    assert (outcomes(verdict)["path"], outcomes(verdict)["revocation"]) == ("passed", "failed")
    assert [reason.code for reason in verdict.reasons] == ["revoked"]
    assert len(verdict.chain) == 3


def test_what_is_not_known_counts_as_was_chosen() -> None:
    required, known = judge(trust()), judge(trust(revocation=Revocation.IF_KNOWN))
    assert (required.state, outcomes(required)["revocation"]) == ("indeterminate", "open")
    assert (known.ok, outcomes(known)["revocation"]) == (True, "skipped")
    assert "revocation-unknown" in {reason.code for reason in known.forgiven}
    ignored = judge(trust(revocation=Revocation.IGNORED))
    assert ignored.ok
    assert not ignored.forgiven


@pytest.mark.parametrize("revocation", [Revocation.REQUIRED, Revocation.IF_KNOWN])
def test_what_is_not_known_hides_no_revocation(revocation: Revocation) -> None:
    """Nothing is known of the CA, under either root; of the holder it is known that it was revoked."""
    first, second, ca, _, leaf = roots()
    gone = revoking(ca, leaf.certificate)
    for lists in ((gone,), (gone, first.crl()), (second.crl(), gone)):
        verdict = judge(trust(*lists, revocation=revocation))
        assert (verdict.state, verdict.sof_code) == ("invalid", -3), verdict.sentence()
    above = revoking(first, ca.key.certificate)  # revoked under one root, unknown under the other
    for lists in ((above, ca.crl()), (ca.crl(), above)):
        assert judge(trust(*lists, revocation=revocation)).sof_code == -3


def test_a_path_that_does_not_hold_is_not_asked_about_revocation() -> None:
    verdict = trust().judge(roots()[4].certificate, moment=Moment(NOW + 9000 * DAY), purpose=SIGNING)
    assert outcomes(verdict)["path"] == "failed"
    assert "revocation" not in outcomes(verdict)


def test_the_bound_reached_over_lists_leaves_the_path_standing() -> None:
    first, second, ca, *_ = roots()
    lists = (first.crl(), second.crl(), ca.crl())
    verdict = judge(trust(*lists, rules=Rules(signature_checks=2)))
    assert (outcomes(verdict)["path"], outcomes(verdict)["revocation"]) == ("passed", "open")
    assert [reason.code for reason in verdict.reasons] == ["limit"]


@pytest.mark.parametrize("brought", [False, True])
def test_lists_that_stand_and_lists_that_were_brought_say_the_same(brought: bool) -> None:
    first, second, ca, _, leaf = roots()
    lists = (first.crl(), second.crl(), revoking(ca, leaf.certificate))
    by = trust().with_data(lists) if brought else trust(*lists)
    assert by.brought == (3 if brought else 0)
    assert by.crls == lists
    assert [reason.code for reason in judge(by).reasons] == ["revoked"]


def test_only_what_stands_is_remembered_as_a_whole() -> None:
    first, second, ca, *_ = roots()
    examine._read_standing_lists.cache_clear()
    stands = trust(first.crl(), second.crl(), ca.crl())
    for number in range(5):
        assert judge(stands.with_data([ca.crl(number=number + 2)])).ok
    assert examine._read_standing_lists.cache_info().misses == 1
    assert stands.with_data() is stands


def test_an_unreadable_list_is_said() -> None:
    first, second, ca, *_ = roots()
    verdict = judge(trust(b"0", first.crl(), second.crl(), ca.crl()))
    assert verdict.ok
    assert [(one.code, one.at) for one in verdict.forgiven] == [("malformed", "crl 0")]
