"""What is kept: every kind of thing, one encoding, one meaning per version."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest

from certs import verify_proof
from certs.cms import read_signed, sign
from certs.model import write as w
from certs.model.certificate import read_certificate
from certs.model.der import MalformedError
from certs.proof import Collected, Kept, Value, collect, read_kept
from certs.timestamp import read_response, request, respond
from certs.trust import Trust
from tests.certs.proof.world import DATA, POLICY, RENEWED, SIGNED, story


def trust() -> Trust:
    return story().trust(SIGNED, story().signer, story().first)


@cache
def kinds() -> dict[str, Collected]:
    told = story()
    key, other = told.signer.key, told.signer.root.issue("另一人", days=300)
    token = read_response(
        respond(request(DATA, "sha256"), told.first.key, at=SIGNED, serial=9, policy=POLICY)
    ).token
    assert token is not None
    value = Value(key.algorithm, key.sign(DATA), key.certificate)

    def stamped(over: bytes) -> bytes:
        asked = request(over, "sha256")
        return read_response(respond(asked, told.first.key, at=SIGNED, serial=8, policy=POLICY)).token or b""

    return {
        "attached": collect("cms", sign(DATA, key), trust=trust(), at=SIGNED),
        "detached": collect("cms", sign(DATA, key, detached=True), content=DATA, trust=trust(), at=SIGNED),
        "with a stamp": collect("cms", sign(DATA, key, stamp=stamped), trust=trust(), at=SIGNED),
        "two signers": collect("cms", sign(DATA, [key, other]), trust=trust(), at=SIGNED),
        "timestamp": collect("timestamp", token, content=DATA, trust=trust(), at=SIGNED),
        "message": collect("message", DATA, value=value, trust=trust(), at=SIGNED),
    }


@pytest.mark.parametrize("name", kinds())
def test_each_kind_is_proven_later_from_what_was_kept(name: str) -> None:
    found = kinds()[name]
    assert found.verdict.ok, found.verdict.reasons
    kept = found.kept
    assert kept is not None
    (record,) = story().begun([kept])
    later = story().trust(RENEWED, story().first)
    verdict = verify_proof(record.raw, kept, trust=later, at=RENEWED)
    assert verdict.ok, verdict.reasons
    assert verdict.facts["keptVerdict"] == "有效"


def test_one_encoding_and_a_report_for_people() -> None:
    kept = story().collected().kept
    assert kept is not None
    found = read_kept(kept)
    assert found.raw == kept and (found.zh, found.en) == ("有效", "valid")
    report = json.loads(found.report)
    assert report["state"] == "valid" and report["checks"]
    shuffled = replace(found, data=replace(found.data, certificates=found.data.certificates[::-1] * 2))
    assert shuffled.raw == kept


def test_the_same_thing_is_kept_in_the_same_bytes() -> None:
    thing, known = sign(DATA, story().signer.key), trust()
    one, two = (collect("cms", thing, trust=known, at=SIGNED) for _ in range(2))
    assert one.kept is not None and one.kept == two.kept


def test_what_is_not_valid_is_not_kept() -> None:
    told, key = story(), story().signer.key
    rows = [(told.signer.serial, SIGNED - timedelta(days=3), 1)]
    for found in (
        collect("cms", sign(DATA, key), trust=told.trust(SIGNED, told.signer, signer=rows), at=SIGNED),
        collect("cms", sign(DATA, key), trust=told.trust(SIGNED), at=SIGNED),
        collect("cms", sign(DATA, key, detached=True), trust=trust(), at=SIGNED),
        collect("cms", sign(DATA, key, detached=True), content=b"x", trust=trust(), at=SIGNED),
        collect(
            "message", DATA, value=Value("sm2-sm3", key.sign(b"x"), key.certificate), trust=trust(), at=SIGNED
        ),
        collect("message", DATA, value=Value("md5", b"", key.certificate), trust=trust(), at=SIGNED),
        collect("message", DATA, trust=trust(), at=SIGNED),
        collect("timestamp", b"", trust=trust(), at=SIGNED),
        collect("seal", b"\x30\x00", content=DATA, trust=trust(), at=SIGNED),
        collect("letter", b"", trust=trust(), at=SIGNED),
    ):
        assert found.kept is None and not found.verdict.ok and found.verdict.reasons


def altered(kept: Kept) -> list[bytes]:
    raw = kept.raw
    marked = w.utf8("hutong-proof") + w.integer(1)
    assert marked in raw
    return [
        raw.replace(marked, w.utf8("hutong-proof") + w.integer(2), 1),
        raw.replace(marked, w.utf8("hutong-Proof") + w.integer(1), 1),
        raw.replace(w.utf8("cms"), w.utf8("cmt"), 1),
        raw.replace(w.utf8("cms"), w.utf8("seal"), 1),
        replace(kept, kind="message").raw,
        replace(kept, value=Value("sm2-sm3", b"", w.sequence())).raw,
        raw + b"\0",
        raw[:-1],
        b"",
        b"\x30\x82" + (len(raw) - 4).to_bytes(2, "big") + raw[4:-1],
    ]


def test_no_other_version_kind_or_writing_is_read() -> None:
    kept = story().collected().kept
    assert kept is not None
    for raw in altered(read_kept(kept)):
        with pytest.raises(MalformedError):
            read_kept(raw)


def test_an_older_stamp_over_another_container_is_no_proof_of_this() -> None:
    one, other = story().collected().kept, kinds()["message"].kept
    assert one is not None and other is not None
    (record,) = story().begun([other])
    later = story().trust(RENEWED, story().first)
    verdict = verify_proof(record.raw, one, trust=later, at=RENEWED)
    assert {reason.code for reason in verdict.reasons} == {"stamp-imprint"}


def test_each_of_several_signers_counts() -> None:
    told, kept = story(), kinds()["two signers"].kept
    assert kept is not None
    (record,) = told.begun([kept])
    later = told.trust(RENEWED, told.first)
    serials = {read_certificate(raw).serial for raw in read_signed(read_kept(kept).thing).certificates}
    leaves = [one for one in serials if one != read_certificate(told.signer.anchor).serial]
    assert len(leaves) == 2
    for serial in leaves:
        for since, ok in ((SIGNED - timedelta(hours=1), False), (SIGNED + timedelta(hours=1), True)):
            news = told.signer.crl(SIGNED + timedelta(days=60), [(serial, since, 1)])
            verdict = verify_proof(record.raw, kept, trust=later.with_data([news]), at=RENEWED)
            assert verdict.ok is ok, verdict.reasons
