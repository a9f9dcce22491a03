"""A list is used only if form, signature, time and sequence hold; what is wrong comes out all at once."""

from __future__ import annotations

import base64
import copy
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
import rfc8785

from certs.testpki.issue import Authority
from certs.trustlist import Sequence, TrustList, examine, join, publish, reading
from certs.trustlist.canonical import canonical, parse
from certs.trustlist.diff import diff
from certs.trustlist.publishing import content_of, listed
from certs.trustlist.state import StateError, load, save
from certs.verdict import Verdict
from tests.certs.trustlist.world import (
    DAY,
    NOW,
    ca,
    centre,
    changed,
    content,
    moment,
    read,
    root,
    signed,
    sub,
    usable,
)
from tests.rows import each


def codes(data: bytes, **more: Any) -> list[str]:
    found = read(data, **more)
    assert isinstance(found, Verdict)
    assert not found.ok
    return [reason.code for reason in found.reasons]


def places(value: dict[str, Any]) -> set[str]:
    return {one.at for one in examine(signed(value), signers=[centre().certificate], at=NOW).findings}


@pytest.mark.parametrize("algorithm", ["sm2-sm3", "rsa-sha256", "ecdsa-sha256"])
def test_a_list_signed_by_the_centre_is_read(algorithm: str) -> None:
    key = centre("中心", algorithm)
    data, found = publish(content(ca("CA001"), ca("CA002")), key, at=NOW)
    made = TrustList.read(data, signers=[key.certificate], at=NOW)
    assert isinstance(made, TrustList)
    assert found.verdict.ok
    assert made.aliases == "CA001@CA002"
    assert made.sequence == 7
    assert made.get("CA002") is made.cas[1]


def test_canonical_bytes_are_those_of_rfc_8785() -> None:
    value = content(ca("CA001"), ca("CA002"))
    assert canonical(value) == rfc8785.dumps(value)
    assert canonical(parse(json.dumps(value).encode())) == canonical(value)


def test_what_the_signature_covers_cannot_be_changed() -> None:
    whole = json.loads(signed(content(ca("CA001"))))
    whole["list"]["cas"][0]["quirks"] = ["raw-signature"]
    assert codes(json.dumps(whole).encode()) == ["list-signature"]


def test_layout_may_change_since_the_canonical_bytes_are_signed() -> None:
    assert isinstance(read(json.dumps(json.loads(signed(content(ca("CA001"))))).encode()), TrustList)


def test_who_is_not_pinned_does_not_sign() -> None:
    """Not even with another certificate of the same CA."""
    authority = Authority.root("中心 管理根", now=NOW)
    pinned, other = authority.issue("一"), authority.issue("二")
    data = signed(content(ca("CA001")), other)
    found = examine(data, signers=[pinned.certificate], at=NOW)
    assert [one.code for one in found.findings] == ["list-signer"]
    assert "一" in found.findings[0].expected
    assert examine(data, signers=[pinned.certificate, other.certificate], at=NOW).verdict.ok


def test_the_signer_must_be_in_date_and_able_to_sign() -> None:
    authority = Authority.root("中心 管理根", now=NOW)
    short, cipher = authority.issue("短", days=3), authority.issue("密", usage=("keyEncipherment",))
    assert examine(signed(content(), short), signers=[short.certificate], at=NOW).verdict.ok
    late = examine(signed(content(), short), signers=[short.certificate], at=NOW + 4 * DAY)
    assert [one.code for one in late.findings] == ["list-signer"]
    wrong = examine(signed(content(), cipher), signers=[cipher.certificate], at=NOW)
    assert [one.code for one in wrong.findings] == ["list-signer"]


def test_time() -> None:
    data = signed(content(ca("CA001")))
    assert codes(data, at=NOW + 31 * DAY) == ["list-expired"]
    assert codes(data, at=NOW - DAY) == ["list-early"]
    assert read(data, at=NOW + 31 * DAY).state == "indeterminate"


def test_no_way_back() -> None:
    newer = usable(ca("CA001"), ca("CA002"))
    seen = Sequence.of(newer)
    assert codes(signed(content(ca("CA001"), sequence=6)), newest_known=seen) == ["list-rollback"]
    assert codes(signed(content(ca("CA001"))), newest_known=seen) == ["list-rollback"]  # same number
    older = content(ca("CA001"), sequence=8, issued=moment(NOW - DAY))
    assert codes(signed(older), newest_known=seen) == ["list-rollback"]
    again = signed(content(ca("CA001"), ca("CA002")))  # the same list, signed once more: SM2 draws afresh
    assert isinstance(read(again, newest_known=seen), TrustList)
    assert isinstance(read(signed(content(sequence=8)), newest_known=seen), TrustList)


def test_one_certificate_or_key_belongs_to_one_ca() -> None:
    twice = ca("CA002", roots=ca("CA001")["roots"], intermediates=[])
    assert places(content(ca("CA001"), twice)) == {"/list/cas/1/roots/0"}
    found = examine(signed(content(ca("CA001"), twice)), signers=[centre().certificate], at=NOW).findings
    assert [one.code for one in found] == ["list-duplicate"]
    renewed = root("CA001")
    same_key = Authority(renewed.key, renewed.subject, NOW).issue(
        renewed.subject, key=renewed.key, usage=("keyCertSign",), extensions=()
    )
    other = ca("CA002", roots=[listed(same_key.certificate)])
    assert "/list/cas/1/roots/0" in places(content(ca("CA001"), other))
    assert places(content(ca("CA001"), ca("CA001"))) >= {"/list/cas/1/id", "/list/cas/1/roots/0"}


Change = Callable[[dict[str, Any]], object]
FIRST = "/list/cas/0"
WRONG: dict[str, tuple[str, Change]] = {
    "hash": (f"{FIRST}/roots/0/hash", lambda v: v["cas"][0]["roots"][0].update(hash="sm3:" + "0" * 64)),
    "der": (f"{FIRST}/roots/0/der", lambda v: v["cas"][0].update(roots=[listed(b"0\x03\x02\x01\x01")])),
    "user certificate": (
        f"{FIRST}/roots/0/der",
        lambda v: v["cas"][0].update(roots=[listed(sub("CA001").issue("张三").certificate)]),
    ),
    "no certificate": (f"{FIRST}/roots", lambda v: v["cas"][0].update(roots=[], intermediates=[])),
    "alias": (f"{FIRST}/id", lambda v: v["cas"][0].update(id="CA@1")),
    "misspelt": (f"{FIRST}/untill", lambda v: v["cas"][0].update(untill=moment(NOW))),
    "sector": (
        f"{FIRST}/sectors/mining",
        lambda v: v["cas"][0]["sectors"].update(mining={"from": moment(NOW)}),
    ),
    "algorithm": (
        f"{FIRST}/algorithms/0/name",
        lambda v: v["cas"][0]["algorithms"][0].update(name="rsa-md5"),
    ),
    "bits": (f"{FIRST}/algorithms/0/bits", lambda v: v["cas"][0]["algorithms"][0].update(bits=True)),
    "quirk": (f"{FIRST}/quirks/0", lambda v: v["cas"][0].update(quirks=["anything"])),
    "medium": (f"{FIRST}/media/0", lambda v: v["cas"][0].update(media=["paper"])),
    "rule": (f"{FIRST}/grandfathering/rule", lambda v: v["cas"][0]["grandfathering"].update(rule="perhaps")),
    "reason": (f"{FIRST}/grandfathering/reason", lambda v: v["cas"][0]["grandfathering"].pop("reason")),
    "date": (
        f"{FIRST}/grandfathering/rule",
        lambda v: v["cas"][0]["grandfathering"].update(rule="until:2026"),
    ),
    "period": (f"{FIRST}/until", lambda v: v["cas"][0].update(until=moment(NOW - 900 * DAY))),
    "address": (f"{FIRST}/revocation/ocsp/0", lambda v: v["cas"][0]["revocation"].update(ocsp=["file:///x"])),
    "assurance": (f"{FIRST}/assurance", lambda v: v["cas"][0].update(assurance="highest")),
    "version": ("/list/version", lambda v: v.update(version="2")),
    "region": ("/list/region", lambda v: v.update(region="Gansu")),
    "naive time": ("/list/issued", lambda v: v.update(issued="2026-11-22T00:00:00")),
    "order": ("/list/nextUpdate", lambda v: v.update(nextUpdate=moment(NOW))),
    "sequence": ("/list/sequence", lambda v: v.update(sequence=0)),
    "identity": (f"{FIRST}/identity/0", lambda v: v["cas"][0].update(identity=["O"])),
    "cas": ("/list/cas", lambda v: v.update(cas={})),
    "same word": ("/list/sectors/3", lambda v: v["sectors"].append("land")),
}


@each("name", WRONG)
def test_each_fault_is_found_where_it_is(name: str) -> None:
    at, change = WRONG[name]
    found = examine(signed(changed(content(ca("CA001")), change)), signers=[centre().certificate], at=NOW)
    assert at in {one.at for one in found.findings}
    assert found.trust_list is None
    assert all(one.expected and one.advice for one in found.findings)


def test_a_list_too_long_to_be_searched_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Better no list than one under which every path search gives up."""
    monkeypatch.setattr(reading, "MOST_CERTIFICATES", 3)
    assert places(content(ca("CA001"))) == set()
    assert places(content(ca("CA001"), ca("CA002"))) == {"/list/cas"}


def test_all_faults_at_once() -> None:
    value = content(ca("CA001"))
    wanted = set()
    for name in ("hash", "alias", "medium", "region", "assurance"):
        wanted.add(WRONG[name][0])
        WRONG[name][1](value)
    found = examine(signed(value), signers=[], at=NOW + 40 * DAY)
    assert wanted <= {one.at for one in found.findings}
    assert {"list-content", "list-signer", "list-expired"} <= {one.code for one in found.findings}


@each("data", [
    b"", b"\xff\xfe", b"[]", b"{}", b"null", b'{"list":{},"list":{}}', b'{"list":1.5}', b'{"list":NaN}',
    b'{"list":' + b"[" * 100_000, b'{"list":' + b'{"a":' * 30 + b"1" + b"}" * 31, b'{"list":"\\ud800"}',
    b'{"list":9007199254740993}', b'{"list":' + b"9" * 5000 + b"}",
])  # fmt: skip
def test_hostile_bytes(data: bytes) -> None:
    found = examine(data, signers=[centre().certificate], at=NOW)
    assert found.verdict.state == "invalid"
    assert "internal" not in {reason.code for reason in found.verdict.reasons}


def test_every_value_replaced_by_another_kind() -> None:
    """Whatever stands wherever: findings, no exception, no list."""
    value, rng = content(ca("CA001"), peers=[]), random.Random(5)
    junk: list[Any] = [
        None,
        True,
        -1,
        1 << 53,
        "",
        "x" * 600,
        [],
        {},
        [[]],
        {"zh": 1},
        base64.b64encode(b"0").decode(),
    ]
    for _ in range(300):
        broken = copy.deepcopy(value)
        at: Any = broken
        while True:
            key = rng.choice(list(at) if isinstance(at, dict) else range(len(at)))
            if isinstance(at[key], dict | list) and at[key] and rng.random() < 0.8:
                at = at[key]
                continue
            at[key] = rng.choice(junk)
            break
        found = examine(signed(broken), signers=[centre().certificate], at=NOW)
        assert "internal" not in {one.code for one in found.findings}, broken
        assert found.verdict.ok == (found.trust_list is not None)


def test_differences_are_told_by_name() -> None:
    old = content(ca("CA001"), ca("CA002"))
    new = content(ca("CA003"), ca("CA001", until=moment(NOW)), sequence=8)
    changes = {(one.kind, one.at) for one in diff(old, new)}
    assert changes == {
        ("changed", "/sequence"), ("added", "/cas/CA003"), ("removed", "/cas/CA002"),
        ("added", "/cas/CA001/until"),
    }  # fmt: skip
    assert diff(old, content_of(signed(old))) == []


def test_the_newest_sequence_is_kept(tmp_path: Any) -> None:
    path = tmp_path / "state" / "seen.json"
    assert load(path) == {}
    seen = {"62": Sequence.of(usable(ca("CA001")))}
    save(path, seen)
    assert load(path) == seen
    path.write_text("{", encoding="utf-8")
    with pytest.raises(StateError):
        load(path)


def test_a_peers_list_is_joined_only_as_our_list_says() -> None:
    theirs = centre("青海中心")
    peer = {
        "region": "63", "name": {"zh": "青海", "en": "Qinghai"}, "sameArchitecture": True,
        "signers": [base64.b64encode(theirs.certificate).decode()], "basis": "互认协议",
        "from": moment(NOW - DAY), "sectors": {"gc": "engineering"}, "assurances": {"three": "high"},
    }  # fmt: skip
    ours = usable(ca("CA001"), peers=[peer])
    vocabulary = {"sectors": ["gc"], "assurances": ["three"], "region": "63"}
    row = ca("QH001", sectors={"gc": {"from": moment(NOW)}}, assurance="three")
    good = signed(content(row, **vocabulary), theirs)
    assert set(join(ours, {"63": good}, at=NOW).trust_list.joined) == {"63"}
    wrong_region = signed(content(row, **vocabulary | {"region": "64"}), theirs)
    assert [one.at for one in join(ours, {"63": wrong_region}, at=NOW).findings] == ["/list/region"]
    by_others = join(ours, {"63": signed(content(row, **vocabulary))}, at=NOW)
    assert by_others.trust_list.joined == {}
    assert [one.code for one in by_others.examined["63"].findings] == ["list-signer"]
    assert [one.code for one in join(ours, {"61": good}, at=NOW).findings] == ["not-admitted"]
    back = {"63": Sequence(8, NOW, "sm3:0")}
    stale = join(ours, {"63": good}, at=NOW, newest_known=back)
    assert [one.code for one in stale.examined["63"].findings] == ["list-rollback"]
    bad_map = changed(peer, lambda v: v["sectors"].update(gc="mining"))
    assert places(content(ca("CA001"), peers=[bad_map])) == {"/list/peers/0/sectors/gc"}
