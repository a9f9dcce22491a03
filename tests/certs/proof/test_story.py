"""Signed in 2026, verified in 2045 with all but the newest authority expired; and each link broken once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from certs import verify_proof
from certs.proof import Ageing, Record, complete, read_kept, renew_stamp, renew_tree
from certs.proof.complete import completed, gathered
from certs.testpki.issue import DAY
from certs.trust import Trust
from certs.verdict import Check, Verdict
from tests.certs.proof.world import JUDGED, REHASHED, RENEWED, SIGNED, Issuer, Story, days_until, story, whole
from tests.rows import each


def codes(verdict: Verdict) -> set[str]:
    return {reason.code for reason in verdict.reasons}


def judge(record: Record, kept: bytes, trust: Trust | None = None, **more: object) -> Verdict:
    return verify_proof(record.raw, kept, trust=trust or story().now(), at=JUDGED, **more)  # type: ignore[arg-type]


def stamps(verdict: Verdict) -> Iterator[Check]:
    yield from (check for check in verdict.checks if check.name in ("archive-stamp", "original"))


def kept_of(told: Story) -> bytes:
    kept = told.collected().kept
    assert kept is not None
    return kept


def test_everything_has_expired_and_it_is_still_proven() -> None:
    kept, record = whole()
    verdict = judge(record, kept)
    assert verdict.ok, verdict.reasons
    assert verdict.facts["provenAt"] == SIGNED.isoformat() and verdict.facts["stamps"] == "3"
    assert "投标人" in verdict.facts["original.signer"] and verdict.signer == story().signer.key.certificate
    times = [(check.at, check.moment.at, check.moment.source) for check in stamps(verdict) if check.moment]
    assert times == [
        ("2.1", JUDGED, "argument"),
        ("1.2", REHASHED, "archive"),
        ("1.1", RENEWED, "archive"),
        ("cms", SIGNED, "archive"),
    ]
    for check in list(stamps(verdict))[:3]:
        assert {inner.name for inner in check.inner} == {"hash-tree", "timestamp", "renewal", "algorithms"}
        assert all(inner.moment for inner in check.inner if inner.name != "hash-tree")


def deep(check: Check, name: str) -> Iterator[Check]:
    if check.name == name:
        yield check
    for inner in check.inner:
        yield from deep(inner, name)


def test_revocation_is_known_from_the_archive() -> None:
    """Each revocation check says when its data were current, and that the next stamp says so."""
    kept, record = whole()
    found = {check.at: list(deep(check, "revocation")) for check in stamps(judge(record, kept))}
    known = {
        at: [(one.moment.at, one.moment.source) for one in checks if one.moment]
        for at, checks in found.items()
    }
    assert known == {
        "2.1": [(JUDGED, "argument")],
        "1.2": [(REHASHED, "archive")],
        "1.1": [(RENEWED, "archive")],
        "cms": [(SIGNED, "archive")],
    }


def test_without_renewals_it_held_while_the_first_authority_lived() -> None:
    told, kept = story(), whole()[0]
    (record,) = told.begun([kept])
    in_time = told.trust(RENEWED, told.first)
    assert verify_proof(record.raw, kept, trust=in_time, at=RENEWED).ok
    late = verify_proof(record.raw, kept, trust=told.trust(REHASHED, told.first), at=REHASHED)
    assert late.state == "indeterminate" and "proof-gap" in codes(late)


def dropped(record: Record) -> Iterator[tuple[str, Record]]:
    (one, two), (three,) = record.chains
    yield "the first stamp", replace(record, chains=((two,), (three,)))
    yield "the renewal", replace(record, chains=((one,), (three,)))
    yield "the hash renewal", replace(record, chains=((one, two),))
    yield "the whole first chain", replace(record, chains=((three,),))
    yield "the order of chains", replace(record, chains=((three,), (one, two)))
    yield "the order of stamps", replace(record, chains=((two, one), (three,)))
    yield "the second chain, joined to the first", replace(record, chains=((one, two, three),))


def test_no_link_may_be_missing() -> None:
    kept, record = whole()
    for what, broken in dropped(record):
        verdict = judge(broken, kept)
        assert not verdict.ok and verdict.reasons, what


def test_renewed_too_late_is_a_gap() -> None:
    """The second stamp comes when the first authority's certificate has ended: it vouches for nothing."""
    told, kept = story(), whole()[0]
    late = datetime(2029, 6, 1, tzinfo=UTC)
    records = told.begun([kept])
    verdict, same = complete(records, trust=told.trust(late, told.first), at=late)
    assert not verdict.ok and same == records
    plan = renew_stamp(records)
    (record,) = told.rehashed(plan.completed(told.second.stamp(plan.root, late)), [kept])
    found = judge(record, kept)
    assert not found.ok and "proof-gap" in codes(found)


def test_without_the_data_of_its_time_a_stamp_is_not_believed() -> None:
    told, kept = story(), whole()[0]
    plan = renew_stamp(told.begun([kept]))
    records = plan.completed(told.second.stamp(plan.root, RENEWED))
    (record,) = told.rehashed(records, [kept])
    verdict = judge(record, kept)
    assert verdict.state == "indeterminate" and codes(verdict) == {"revocation-unknown"}


def test_times_out_of_order() -> None:
    told, kept = story(), whole()[0]
    early = SIGNED + 9 * DAY
    second = Issuer.of("时间戳乙", "sm2-sm3", SIGNED - 60 * DAY, 2033, stamps=True)
    moved = told.with_(second=second)
    records = moved.begun([kept])
    plan = renew_stamp(records)
    back = plan.completed(second.stamp(plan.root, SIGNED - 9 * DAY))
    verdict = verify_proof(back[0].raw, kept, trust=moved.trust(early, second), at=early)
    assert "stamp-order" in codes(verdict) and verdict.state == "invalid"


def test_what_was_kept_after_the_stamp_is_out_of_order() -> None:
    told, kept = story(), whole()[0]
    late = replace(read_kept(kept), at=SIGNED + DAY).raw
    (record,) = told.begun([late])
    verdict = verify_proof(record.raw, late, trust=told.trust(RENEWED, told.first), at=RENEWED)
    assert codes(verdict) == {"stamp-order"}


@each(
    ("ends", "gap"),
    [
        ({"sha256": datetime(2033, 1, 1, tzinfo=UTC)}, False),
        ({"sha256": datetime(2030, 1, 1, tzinfo=UTC)}, True),
        ({"rsa-2048": datetime(2028, 7, 1, tzinfo=UTC)}, False),
        ({"rsa-2048": datetime(2028, 5, 1, tzinfo=UTC)}, True),
        ({"rsa-3072": datetime(2028, 5, 1, tzinfo=UTC)}, True),
        ({"rsa-1024": datetime(2028, 5, 1, tzinfo=UTC)}, False),
        ({"sm3": datetime(2025, 1, 1, tzinfo=UTC)}, True),
        ({"sm2-256": datetime(2040, 1, 1, tzinfo=UTC)}, True),
    ],
)
def test_algorithms_must_be_replaced_before_they_fall(ends: dict[str, datetime], gap: bool) -> None:
    kept, record = whole()
    verdict = judge(record, kept, ageing=Ageing(ends))
    assert verdict.ok is not gap
    assert codes(verdict) == ({"proof-gap"} if gap else set())


def test_back_from_sm3_to_sha256() -> None:
    told, (kept, record) = story(), whole()
    later = datetime(2040, 1, 1, tzinfo=UTC)
    fourth = Issuer.of("时间戳丁", "rsa-sha256", later - 30 * DAY, 2050, stamps=True)
    verdict, full = complete([record], trust=told.now(later), at=later)
    assert verdict.ok
    plan = renew_tree(full, [kept], "sha256")
    (renewed,) = plan.completed(fourth.stamp(plan.root, later))
    trust = Trust((*told.anchors, fourth.anchor), told.now().revocation, crls=(fourth.crl(JUDGED),))
    found = judge(renewed, kept, trust)
    assert found.ok, found.reasons
    assert found.facts["stamps"] == "4" and renewed.digests == ("sha256", "sm3")
    sm3_fell = Ageing({"sm3": datetime(2035, 1, 1, tzinfo=UTC)})
    assert codes(judge(renewed, kept, trust, ageing=sm3_fell)) == {"proof-gap"}


NEWS = SIGNED + 90 * DAY  # when the verifier's list of the signer's CA was made


@pytest.mark.parametrize(("since", "ok"), [(SIGNED + DAY, True), (SIGNED - DAY, False)])
def test_a_signer_revoked(since: datetime, ok: bool) -> None:
    """After signing it does not matter, before signing it does, though the list kept says nothing yet."""
    told, (kept, record) = story(), whole()
    news = told.signer.crl(NEWS, [(told.signer.serial, since, 1)])
    verdict = judge(record, kept, told.now().with_data([news]))
    assert verdict.ok is ok
    assert codes(verdict) == (set() if ok else {"revoked"})


def test_a_signer_revoked_before_is_not_kept_and_not_believed_if_kept() -> None:
    told, kept = story(), whole()[0]
    rows = [(told.signer.serial, SIGNED - 5 * DAY, 1)]
    known = told.signer.crl(SIGNED, rows)
    forged = read_kept(kept)
    forged = replace(forged, data=replace(forged.data, crls=(known,)))
    (record,) = told.rehashed(told.renewed(told.begun([forged.raw])), [forged.raw])
    assert codes(judge(record, forged.raw)) == {"revoked"}


@pytest.mark.parametrize(
    ("since", "reason", "expected"),
    [
        (RENEWED - 90 * DAY, 1, {"revoked"}),  # compromised before the renewal
        (RENEWED - 90 * DAY, 0, {"revoked"}),  # nobody says why
        (RENEWED - 90 * DAY, 4, set()),  # superseded: what was stamped before stands
        (RENEWED + 30 * DAY, 1, set()),  # compromised when the second already vouched
    ],
)
def test_an_authority_revoked_and_told_later(since: datetime, reason: int, expected: set[str]) -> None:
    told, (kept, record) = story(), whole()
    news = told.first.crl(RENEWED + 60 * DAY, [(told.first.serial, since, reason)])
    verdict = judge(record, kept, told.now().with_data([news]))
    assert codes(verdict) == expected and verdict.ok is (not expected)


def test_an_authority_compromised_before_the_renewal_by_the_list_kept() -> None:
    told, kept = story(), whole()[0]
    rows = [(told.first.serial, RENEWED - 90 * DAY, 1)]
    records = told.begun([kept])
    trust = told.trust(RENEWED, told.first, first=rows)
    verdict, same = complete(records, trust=trust, at=RENEWED)
    assert codes(verdict) == {"revoked"} and same == records
    # Somebody renews it all the same, with that list inside.
    chain = [(told.first.anchor, told.first.key.certificate)]
    full = [completed(record, gathered(trust, chain, RENEWED)) for record in records]
    plan = renew_stamp(full)
    (record,) = told.rehashed(plan.completed(told.second.stamp(plan.root, RENEWED)), [kept])
    assert codes(judge(record, kept)) == {"revoked"}


def test_the_newest_authority_is_judged_now() -> None:
    told, (kept, record) = story(), whole()
    for reason, expected in ((1, {"revoked"}), (5, set())):
        rows = [(told.third.serial, JUDGED - 50 * DAY, reason)]
        assert codes(judge(record, kept, told.now(third=rows))) == expected
    after = datetime(2051, 1, 1, tzinfo=UTC)
    verdict = verify_proof(record.raw, kept, trust=told.now(after), at=after)
    assert not verdict.ok and "proof-gap" in codes(verdict)
    assert days_until(JUDGED, 2050) > 0


def test_an_unknown_anchor() -> None:
    told, (kept, record) = story(), whole()
    for missing in range(4):
        anchors = told.anchors[:missing] + told.anchors[missing + 1 :]
        verdict = judge(record, kept, replace(told.now(), anchors=anchors))
        assert not verdict.ok and "no-path" in codes(verdict)
