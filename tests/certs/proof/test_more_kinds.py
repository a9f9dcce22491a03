"""Seals, and OCSP answers in the place of lists: kept and proven years later."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from certs import verify_proof
from certs.cms import sign
from certs.proof import collect, complete, first_stamp, read_kept, read_record, renew_stamp, verify_record
from certs.testpki.issue import DAY
from certs.testpki.ocsp import Responder
from certs.trust import Revocation, Trust
from tests.certs.proof.world import DATA, RENEWED, SIGNED, Issuer, story
from tests.certs.seal import world as seals


# The first generation has no place for a stamp.
@pytest.mark.parametrize(
    ("version", "with_stamp"), [(1, False), (4, False), (4, True), (5, False), (5, True)]
)
def test_a_seal_outlives_its_maker_its_signer_and_its_period(version: int, with_stamp: bool) -> None:
    made = seals.seal(version)
    thing = seals.stamped(made, seals.NOW - seals.HOUR) if with_stamp else seals.sealed(made)
    at = seals.NOW
    first = Issuer.of("时间戳甲", "rsa-sha256", at - 30 * DAY, 2032, stamps=True)
    found = collect("seal", thing, content=seals.DOCUMENT, trust=seals.trust(), at=at)
    assert found.verdict.ok, found.verdict.reasons
    assert found.kept is not None
    plan = first_stamp([found.kept])
    (record,) = plan.completed(first.stamp(plan.root, at))
    late = at + 1500 * DAY  # the certificates of makers and signers have ended
    anchors = (seals.root().key.certificate, first.anchor)
    trust = Trust(anchors, Revocation.REQUIRED, crls=(first.crl(late),))
    verdict = verify_proof(record.raw, found.kept, trust=trust, at=late)
    assert verdict.ok, verdict.reasons
    later = at + 100 * DAY
    for certificate, since, ok in (
        (seals.signer(), at - timedelta(hours=2), False),
        (seals.signer(), at + DAY, True),
        (seals.maker(), seals.NOW - 31 * DAY, False),
    ):
        news = seals.crls(later, {certificate.certificate: (since, 1)})
        judged = verify_proof(record.raw, found.kept, trust=trust.with_data(news), at=late)
        assert judged.ok is ok, (certificate, judged.reasons)


def test_ocsp_answers_are_kept_like_lists() -> None:
    told = story()
    signer = Responder(told.signer.root, told.signer.root.key, SIGNED).answer(told.signer.key.certificate)
    trust = Trust(told.anchors, Revocation.REQUIRED, ocsp=(signer,))
    found = collect("cms", sign(DATA, told.signer.key), trust=trust, at=SIGNED)
    assert found.kept is not None and read_kept(found.kept).data.ocsp == (signer,)
    begun = told.begun([found.kept])
    stamp = Responder(told.first.root, told.first.root.key, RENEWED).answer(told.first.key.certificate)
    verdict, full = complete(begun, trust=replace(trust, ocsp=(stamp,)), at=RENEWED)
    assert verdict.ok, verdict.reasons
    plan = renew_stamp(full)
    (record,) = plan.completed(told.second.stamp(plan.root, RENEWED))
    assert read_record(record.raw).raw == record.raw
    late = RENEWED + 900 * DAY
    assert verify_proof(record.raw, found.kept, trust=told.trust(late, told.second), at=late).ok
    refused = replace(trust, ocsp=())
    assert complete(begun, trust=refused, at=RENEWED)[0].state == "indeterminate"


def test_bytes_of_any_kind_are_proven_to_have_existed() -> None:
    told = story()
    (record,) = told.begun([b""])
    verdict = verify_record(record.raw, b"", trust=told.trust(RENEWED, told.first), at=RENEWED)
    assert verdict.ok and verdict.facts["provenAt"] == SIGNED.isoformat()
