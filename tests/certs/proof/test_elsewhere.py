"""All certificates have expired, the newest authority's too; somebody else shows when the record existed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from certs import Moment, verify_proof
from certs.proof import Ageing, verify_record
from certs.trust import Revocation, Trust
from certs.verdict import Verdict
from tests.certs.proof.world import REHASHED, story, whole

LATE = datetime(2060, 1, 1, tzinfo=UTC)  # the third authority ended in 2050
SEEN = datetime(2046, 6, 1, tzinfo=UTC)
HEAD = "枢纽证据日志第 8841 期树头"


def judge(existed: Moment | None, trust: Trust | None = None, **more: object) -> Verdict:
    kept, record = whole()
    known = trust or story().now(SEEN)
    return verify_proof(record.raw, kept, trust=known, at=LATE, existed=existed, **more)  # type: ignore[arg-type]


def codes(verdict: Verdict) -> set[str]:
    return {reason.code for reason in verdict.reasons}


def test_evidence_from_elsewhere_stands_in_for_a_renewal() -> None:
    assert not judge(None).ok
    verdict = judge(Moment(SEEN, "elsewhere", evidence=HEAD))
    assert verdict.ok, verdict.reasons
    assert HEAD in verdict.facts["restsOn"]
    (step,) = [check for check in verdict.checks if check.name == "existed"]
    assert step.moment is not None and (step.moment.at, step.moment.source) == (SEEN, "elsewhere")
    newest = next(check for check in verdict.checks if check.name == "archive-stamp")
    assert newest.moment is not None and newest.moment.at == SEEN


def test_a_record_of_bytes_too() -> None:
    kept, record = whole()
    existed = Moment(SEEN, "elsewhere", evidence=HEAD)
    assert not verify_record(record.raw, kept, trust=story().now(SEEN), at=LATE).ok
    assert verify_record(record.raw, kept, trust=story().now(SEEN), at=LATE, existed=existed).ok


def test_what_does_not_count() -> None:
    def told(at: datetime, evidence: str = HEAD) -> set[str]:
        return codes(judge(Moment(at, "elsewhere", evidence=evidence)))

    assert "argument" in told(SEEN, "")
    assert "stamp-order" in told(datetime(2061, 1, 1, tzinfo=UTC))  # not yet
    assert "stamp-order" in told(REHASHED.replace(year=REHASHED.year - 1))  # before the newest stamp
    assert "proof-gap" in told(datetime(2055, 1, 1, tzinfo=UTC))  # the authority had ended by then


def test_revocation_and_age_are_asked_at_that_moment() -> None:
    existed = Moment(SEEN, "elsewhere", evidence=HEAD)
    bare = Trust(story().anchors, Revocation.REQUIRED)
    assert "revocation-unknown" in codes(judge(existed, bare))
    third = story().third
    revoked = story().now(SEEN, third=((third.serial, SEEN.replace(year=2045), 1),))
    assert "revoked" in codes(judge(existed, revoked))
    later = replace(revoked, crls=(*story().now(SEEN).crls, *_after(third.serial)))
    assert "revoked" in codes(judge(existed, later))
    fallen = Ageing({"sm3": datetime(2046, 1, 1, tzinfo=UTC)})
    assert "proof-gap" in codes(judge(existed, ageing=fallen))
    assert judge(existed, ageing=Ageing({"sm3": datetime(2047, 1, 1, tzinfo=UTC)})).ok


def _after(serial: int) -> tuple[bytes, ...]:
    """News that came later: the key was lost before anybody vouched for the record."""
    rows = ((serial, SEEN.replace(year=2045), 1),)
    return story().now(SEEN.replace(year=2049), third=rows).crls
