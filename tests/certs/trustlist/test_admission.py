"""What a list says of a chain: who, since when, for what, how strong; each refusal with its reason."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

import pytest

from certs.keys.held import HeldKey
from certs.model import write as w
from certs.testpki.issue import ATTRIBUTES, Authority
from certs.trust import SIGNING, Revocation
from certs.trustlist import TrustList, join
from certs.trustlist.publishing import listed as row
from certs.verdict import Moment, Verdict
from tests.certs.trustlist.world import DAY, NOW, ca, centre, content, moment, root, signed, sub, usable

BEFORE = {"not_before": NOW - 400 * DAY, "not_after": NOW + 400 * DAY}
AFTER = {"not_before": NOW - 10 * DAY, "not_after": NOW + 400 * DAY}
ENDED = moment(NOW - 30 * DAY)


def leaf(name: str = "CA001", algorithm: str = "sm2-sm3", **different: Any) -> HeldKey:
    return sub(name, algorithm).issue(**({"subject": "张三"} | BEFORE | different))


def judge(
    listed: TrustList, key: HeldKey, *, at: Moment | datetime = NOW, sector: str | None = None, **more: Any
) -> Verdict:
    trust = listed.trust(revocation=Revocation.IGNORED, sector=sector, **more)
    asked = at if isinstance(at, Moment) else Moment(at)
    return trust.judge(key.certificate, moment=asked, purpose=SIGNING, extra=key.chain)


def codes(verdict: Verdict) -> list[str]:
    assert verdict.ok != bool(verdict.reasons)
    return [reason.code for reason in verdict.reasons]


def step(verdict: Verdict, name: str) -> Any:
    return next(check for check in verdict.checks if check.name == name)


def test_every_ca_is_judged_alike() -> None:
    listed = usable(ca("CA001"), ca("CA002", "rsa-sha256"), ca("CA003", "ecdsa-sha256"))
    for name, algorithm in (("CA001", "sm2-sm3"), ("CA002", "rsa-sha256"), ("CA003", "ecdsa-sha256")):
        verdict = judge(listed, leaf(name, algorithm), sector="engineering", medium="token")
        assert codes(verdict) == []
        assert name in step(verdict, "admission").at
        names = [check.name for check in verdict.checks]
        assert names[-6:] == ["list", "admission", "sector", "admitted-algorithm", "quirks", "medium"]


def test_an_unknown_ca_has_no_path() -> None:
    assert codes(judge(usable(ca("CA001")), leaf("CA009")))[0] == "no-path"


def test_admission_counts_from_its_day_to_its_day() -> None:
    key = leaf(not_before=NOW - 790 * DAY)
    begin = NOW - 700 * DAY
    listed = usable(ca("CA001"))
    assert codes(judge(listed, key, at=begin - DAY / 86400)) == ["admission-not-begun"]
    assert codes(judge(listed, key, at=begin)) == []


@pytest.mark.parametrize(("rule", "old", "late"), [
    ("until-expiry", [], []),
    ("until:" + moment(NOW + 5 * DAY), [], ["admission-ended"]),
    ("none", ["admission-ended"], ["admission-ended"]),
])  # fmt: skip
def test_certificates_issued_before_a_removal(rule: str, old: list[str], late: list[str]) -> None:
    listed = usable(ca("CA001", until=ENDED, grandfathering={"rule": rule, "reason": "合并"}))
    key = leaf()
    assert codes(judge(listed, key)) == old
    assert codes(judge(listed, key, at=NOW + 10 * DAY)) == late
    assert codes(judge(listed, key, at=NOW - 31 * DAY)) == []  # signed while the CA was still admitted
    assert codes(judge(listed, leaf(**AFTER))) == ["admission-ended"]  # issued after the end: never
    if old:
        assert "合并" in judge(listed, key).reasons[0].detail


def test_a_claimed_time_does_not_outwit_a_removal() -> None:
    """The signer says it was before; only when a third party says so does it count."""
    listed = usable(ca("CA001", until=ENDED, grandfathering={"rule": "none", "reason": "密钥泄露"}))
    past = NOW - 40 * DAY
    assert codes(judge(listed, leaf(), at=Moment(past, "claimed", NOW))) == ["admission-ended"]
    assert codes(judge(listed, leaf(), at=Moment(past, "timestamp", NOW))) == []


def test_sectors() -> None:
    begin = moment(NOW - 700 * DAY)
    sectors = {"engineering": {"from": begin}, "procurement": {"from": begin, "until": ENDED},
               "land": {"from": moment(NOW + DAY)}}  # fmt: skip
    listed = usable(ca("CA001", sectors=sectors), ca("CA002", sectors={}))
    key = leaf()
    assert codes(judge(listed, key, sector="engineering")) == []
    assert codes(judge(listed, key, sector="land")) == ["admission-not-begun"]
    assert codes(judge(listed, key, sector="procurement")) == []  # issued before, and valid until it expires
    assert codes(judge(listed, leaf(**AFTER), sector="procurement")) == ["admission-ended"]
    assert codes(judge(listed, leaf("CA002"), sector="engineering")) == ["sector"]
    assert step(judge(listed, key), "sector").outcome == "skipped"


def test_algorithms_and_key_sizes() -> None:
    rsa = [{"name": "rsa-sha256", "bits": 3072}]
    listed = usable(ca("CA001", algorithms=rsa), ca("CA002", "rsa-sha256", algorithms=rsa))
    assert set(codes(judge(listed, leaf("CA001")))) == {"algorithm-not-admitted"}
    short = judge(listed, leaf("CA002", "rsa-sha256"))
    assert {reason.detail for reason in short.reasons} == {"rsa 2048"}
    ends = [{"name": "rsa-sha256", "bits": 2048, "until": moment(NOW + DAY)}]
    listed = usable(ca("CA002", "rsa-sha256", algorithms=ends))
    assert codes(judge(listed, leaf("CA002", "rsa-sha256"))) == []
    assert "algorithm-not-admitted" in codes(judge(listed, leaf("CA002", "rsa-sha256"), at=NOW + DAY))


def odd() -> HeldKey:
    """2.5.4.45 as text, as a national seal CA writes it."""
    rdn = w.set_of(w.sequence(w.oid(ATTRIBUTES["UI"]), w.utf8("B00102")))
    return leaf(subject=w.sequence(rdn, w.set_of(w.sequence(w.oid(ATTRIBUTES["CN"]), w.utf8("张三")))))


def test_deviations_are_tolerated_per_ca() -> None:
    strict = judge(usable(ca("CA001")), odd())
    assert codes(strict) == ["quirk"]
    assert "unique-identifier-as-text" in strict.reasons[0].detail
    lenient = judge(usable(ca("CA001", quirks=["unique-identifier-as-text"])), odd())
    assert codes(lenient) == []
    assert "2.5.4.45" in step(lenient, "quirks").evidence
    assert [reason.code for reason in lenient.forgiven] == ["encoding"]


def test_media_are_judged_alike() -> None:
    listed = usable(ca("CA001"), ca("CA002", media=["token"]))
    answers = [judge(listed, leaf(), medium=medium) for medium in ("token", "tokenless")]
    assert [one.ok for one in answers] == [True, True]
    first, second = ([(check.name, check.outcome) for check in one.checks] for one in answers)
    assert first == second
    assert codes(judge(listed, leaf("CA002"), medium="tokenless")) == ["medium"]


def test_cas_below_the_root_must_be_listed_unless_said_otherwise() -> None:
    below = sub("CA001").sub("三级 CA")
    key = below.issue("李四", **BEFORE)
    assert codes(judge(usable(ca("CA001")), key)) == ["subordinate"]
    assert codes(judge(usable(ca("CA001", subordinates="any")), key)) == []


def test_without_a_root_the_intermediate_is_believed() -> None:
    """A national root stands above many CAs; the province admits one of them."""
    national: Authority = root("国家")
    admitted, other = national.sub("获准 CA"), national.sub("未获准 CA")
    listed = usable(ca("CA001", roots=[], intermediates=[row(admitted.key.certificate)]))
    assert codes(judge(listed, admitted.issue("张三", **BEFORE))) == []
    assert codes(judge(listed, other.issue("张三", **BEFORE)))[0] == "no-path"


def test_a_list_that_runs_out_while_in_use_is_no_longer_used() -> None:
    listed = usable(ca("CA001"))
    verdict = judge(listed, leaf(), at=NOW + 30 * DAY)
    assert codes(verdict) == ["list-expired"]
    assert verdict.state == "indeterminate"


PEER = {
    "region": "63",
    "name": {"zh": "青海", "en": "Qinghai"},
    "sameArchitecture": True,
    "basis": "互认协议",
    "from": moment(NOW - 100 * DAY),
    "sectors": {"gc": "engineering", "sz": "engineering"},
    "assurances": {"three": "high"},
}


def neighbours(*own: dict[str, Any], theirs: dict[str, Any] | None = None, **different: Any) -> TrustList:
    key = centre("青海中心")
    peer = PEER | {"signers": [base64.b64encode(key.certificate).decode()]} | different
    begin = moment(NOW - 700 * DAY)
    words = {"sectors": ["gc", "sz", "cq"], "assurances": ["two", "three"], "region": "63"}
    known = theirs or ca("QH001", sectors={"sz": {"from": begin}, "cq": {"from": begin}}, assurance="three")
    found = join(usable(*own, peers=[peer]), {"63": signed(content(known, **words), key)}, at=NOW)
    assert set(found.trust_list.joined) == {"63"}, found.as_dict()
    return found.trust_list


def test_recognition_through_another_province_says_so() -> None:
    verdict = judge(neighbours(ca("CA001")), leaf("QH001"), sector="engineering")
    assert codes(verdict) == []
    assert step(verdict, "province").at == "青海"
    assert "three → high" in step(verdict, "province").evidence
    assert "→ engineering" in step(verdict, "sector").evidence


def test_what_has_no_meaning_here_is_not_recognised() -> None:
    assert codes(judge(neighbours(), leaf("QH001"), sector="land")) == ["sector"]
    begin = {"from": moment(NOW - 700 * DAY)}
    weak = ca("QH001", sectors={"gc": begin}, assurance="two")
    assert codes(judge(neighbours(theirs=weak), leaf("QH001"), sector="engineering")) == ["peer-assurance"]
    other = neighbours(sameArchitecture=False, basis="网关方式")
    assert codes(judge(other, leaf("QH001"), sector="engineering")) == ["peer-architecture"]
    ended = neighbours(until=moment(NOW - DAY))
    assert codes(judge(ended, leaf("QH001"))) == ["admission-ended"]
    future = neighbours(**{"from": moment(NOW + DAY)})
    assert codes(judge(future, leaf("QH001"))) == ["admission-not-begun"]


def test_our_removal_is_not_undone_by_a_neighbour() -> None:
    """The same CA on both lists: ours counts."""
    begin = {"from": moment(NOW - 700 * DAY)}
    gone = ca("CA001", until=ENDED, grandfathering={"rule": "none", "reason": "违规签发"})
    same = {name: ca("CA001")[name] for name in ("roots", "intermediates")}
    listed = neighbours(gone, theirs=ca("X001", assurance="three", sectors={"gc": begin}, **same))
    assert codes(judge(listed, leaf("CA001"))) == ["admission-ended"]


def test_a_neighbours_list_that_runs_out_takes_only_its_own_along() -> None:
    listed = neighbours(ca("CA001"))
    signer = base64.b64encode(centre("青海中心").certificate).decode()
    short = join(usable(ca("CA001"), peers=[PEER | {"signers": [signer]}]), {"63": b"{}"}, at=NOW)
    assert codes(judge(short.trust_list, leaf("CA001"))) == []
    assert codes(judge(listed, leaf("QH001"), at=NOW + 31 * DAY)).count("list-expired") == 2
