"""Each step of judging a seal fails on its own defect, and on nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from certs.algorithms.digest import digest
from certs.keys.held import HeldKey
from certs.model import write
from certs.model.der import Reader
from certs.seal import (
    Picture,
    read_seal,
    read_signature,
    sign_with_seal,
    verify_seal,
    verify_seal_itself,
)
from certs.seal.request import request_extension, sealed_for
from certs.verdict import Moment, Verdict
from tests.certs.seal import world as w
from tests.rows import each

VERSIONS = [1, 3, 4, 5]


def judge(whole: bytes, document: bytes | None = w.DOCUMENT, **how: object) -> Verdict:
    fields: dict[str, object] = {"trust": w.trust(), "at": w.NOW}
    return verify_seal(whole, document, **{**fields, **how})  # type: ignore[arg-type]


def codes(verdict: Verdict) -> set[str]:
    return {reason.code for reason in verdict.reasons}


def failed(verdict: Verdict) -> set[str]:
    return {check.name for check in verdict.checks if check.outcome in ("failed", "open")}


@each("version", VERSIONS)
@each("kind", [1, 2])
def test_a_good_seal_is_valid(version: int, kind: int) -> None:
    verdict = judge(w.sealed(w.seal(version, list_kind=kind)))
    assert verdict.ok, verdict.reasons
    assert verdict.sof_code == 1
    assert verdict.signer == w.signer().certificate
    assert verdict.chain[0] == w.root().key.certificate
    assert verdict.facts["time-source"] == "claimed"
    assert verdict.facts["seal-version"] == str(version)
    time = next(check.moment for check in verdict.checks if check.name == "time")
    assert time is not None
    assert (time.at, time.source) == (w.NOW - w.HOUR, "claimed")
    steps = [check.name for check in verdict.checks]
    assert steps == ["format", "seal-form", "seal-picture", "seal-maker", "maker-chain", "time",
                     "seal-period", "seal-signer", "signature", "chain", "content"]  # fmt: skip


@pytest.mark.parametrize("version", VERSIONS)
def test_an_altered_picture(version: int) -> None:
    made = w.seal(version)
    at = made.index(w.PICTURE.data) + 60
    altered = made[:at] + bytes((made[at] ^ 1,)) + made[at + 1 :]
    verdict = judge(w.sealed(altered))
    assert codes(verdict) == {"seal-maker"}
    assert failed(verdict) == {"seal-maker"}


@pytest.mark.parametrize("kind", [1, 2])
def test_a_signer_who_is_not_on_the_list(kind: int) -> None:
    verdict = judge(w.sealed(w.seal(list_kind=kind), w.stranger()))
    assert (codes(verdict), failed(verdict)) == ({"seal-signer"}, {"seal-signer"})
    assert verdict.sof_code == -1


@pytest.mark.parametrize("version", VERSIONS)
def test_sealed_outside_the_period(version: int) -> None:
    over = w.seal(version, end=w.NOW - w.DAY)
    assert codes(judge(w.sealed(over))) == {"seal-period"}
    ahead = w.seal(version, begin=w.NOW + w.DAY)
    verdict = judge(w.sealed(ahead))
    assert codes(verdict) == {"seal-period"}
    assert verdict.sof_code == -2


def test_a_claim_does_not_reach_back_behind_the_end_of_the_seal() -> None:
    over = w.seal(end=w.NOW - w.HOUR / 2)
    early = judge(w.sealed(over, time=w.NOW - w.HOUR / 2 - w.HOUR / 4))
    assert (codes(early), early.state) == ({"time-claimed"}, "indeterminate")
    assert judge(w.stamped(over, w.NOW - w.HOUR)).ok  # a stamp does


def test_another_document_and_none() -> None:
    assert codes(judge(w.sealed(), w.DOCUMENT + b".")) == {"digest"}
    verdict = judge(w.sealed(), None)
    assert (codes(verdict), verdict.state) == ({"no-content"}, "indeterminate")
    assert judge(w.sealed(), None, digest=digest(w.DOCUMENT)).ok
    assert codes(judge(w.sealed(), None, digest=digest(b""))) == {"digest"}


@pytest.mark.parametrize("version", VERSIONS)
def test_an_altered_value(version: int) -> None:
    other = w.signer().sign(b"something else")
    verdict = judge(w.sealed(w.seal(version), value=other))
    assert (codes(verdict), failed(verdict)) == ({"signature"}, {"signature"})


@pytest.mark.parametrize(("reason", "code", "sof"), [(6, "frozen", -4), (1, "revoked", -3)])
def test_a_frozen_or_revoked_signer(reason: int, code: str, sof: int) -> None:
    trust = w.trust(revoked={w.signer().certificate: (w.NOW - w.DAY, reason)})
    verdict = judge(w.sealed(), trust=trust)
    assert (codes(verdict), failed(verdict)) == ({code}, {"chain"})
    assert verdict.sof_code == sof


def test_revoked_after_a_proven_sealing() -> None:
    trust = w.trust(revoked={w.signer().certificate: (w.NOW - w.HOUR, 4)})
    whole = w.stamped(w.seal(), w.NOW - w.DAY / 2)
    verdict = judge(whole, trust=trust)
    assert verdict.ok, verdict.reasons
    assert verdict.moment == Moment(w.NOW - w.DAY / 2, "timestamp", w.NOW, verdict.moment.evidence)  # type: ignore[union-attr]
    assert verdict.facts["time-source"] == "timestamp"
    without = judge(w.sealed(time=w.NOW - w.DAY / 2), trust=trust)
    assert codes(without) == {"revoked"}  # the same, only claimed


def test_a_revoked_maker() -> None:
    since = w.NOW - 40 * w.DAY
    long_ago = w.trust(revoked={w.maker().certificate: (since, 1)})
    maker = w.makers().issue("老制章机构", days=400, not_before=w.NOW - 90 * w.DAY)
    gone = w.trust(revoked={maker.certificate: (since, 1)})
    verdict = judge(w.sealed(w.seal(maker=maker)), trust=gone)
    assert "revoked" in codes(verdict)
    assert failed(verdict) == {"maker-chain"}
    assert "revoked" in codes(judge(w.sealed(), trust=long_ago))


def test_a_maker_revoked_after_making_may_have_dated_back() -> None:
    maker = w.makers().issue("制章机构", days=400, not_before=w.NOW - 90 * w.DAY)
    gone = w.trust(revoked={maker.certificate: (w.NOW - w.DAY, 1)})
    made = w.seal(maker=maker)
    verdict = judge(w.sealed(made), trust=gone)
    assert (codes(verdict), verdict.state) == ({"time-claimed"}, "indeterminate")
    stamped = w.seal(5, maker=maker, made=w.NOW - 2 * w.DAY)
    value = read_seal(stamped).value
    proof = w.stamp(value, w.NOW - 2 * w.DAY)
    with_proof = w.seal(5, maker=maker, made=w.NOW - 2 * w.DAY, value=value, stamp=proof)
    verdict = judge(w.sealed(with_proof), trust=gone)
    assert verdict.ok, verdict.reasons


def test_a_maker_nobody_trusts() -> None:
    rogue = w.Authority.root("无人认识", now=w.NOW - 100 * w.DAY).issue("假制章", days=400)
    verdict = judge(w.sealed(w.seal(maker=rogue)))
    assert (codes(verdict), failed(verdict)) == ({"no-path"}, {"maker-chain"})


def test_a_certificate_for_enciphering_does_not_seal() -> None:
    wrong = w.signers().issue("加密证书", days=400, usage=["keyEncipherment"])
    verdict = judge(w.sealed(w.seal(signers=[wrong.certificate]), wrong))
    assert (codes(verdict), failed(verdict)) == ({"key-usage"}, {"chain"})


def test_an_expired_signer() -> None:
    short = w.signers().issue("短期", days=99, not_before=w.NOW - 90 * w.DAY, not_after=w.NOW - w.DAY)
    made = w.seal(signers=[short.certificate])
    assert codes(judge(w.sealed(made, short, time=w.NOW - 2 * w.DAY))) == {"expired"}
    known = w.NOW - w.DAY - w.HOUR  # lists say nothing of certificates that are over
    proven = w.stamped(made, w.NOW - 2 * w.DAY, key=short)
    assert judge(proven, trust=w.trust(known), at=Moment(w.NOW, known_at=known)).ok
    late = judge(w.stamped(made, w.NOW - w.HOUR, key=short))
    assert codes(late) == {"expired", "stamp-order"}


def test_the_stamp_is_judged() -> None:
    made = w.seal()
    first = w.sealed(made)
    value = read_signature(first).value
    foreign = w.sealed(made, value=value, stamp=w.stamp(b"other", w.NOW - w.HOUR))
    assert codes(judge(foreign)) == {"stamp-imprint"}
    before = w.sealed(made, value=value, stamp=w.stamp(value, w.NOW - 3 * w.HOUR))
    assert codes(judge(before)) == {"stamp-order"}  # a value cannot be stamped before it is made
    over = w.seal(end=w.NOW - 2 * w.HOUR)
    assert codes(judge(w.stamped(over, w.NOW - w.HOUR, time=w.NOW - 3 * w.HOUR))) == {"seal-period"}
    assert codes(judge(w.sealed(made, value=value, stamp=b"no token"))) == {"malformed"}


def test_the_claim_lies_ahead() -> None:
    assert codes(judge(w.sealed(time=w.NOW + w.HOUR))) == {"stamp-order"}
    assert judge(w.sealed(time=w.NOW + w.HOUR / 60)).ok  # clocks differ by a minute


def test_all_findings_at_once() -> None:
    made = w.seal(end=w.NOW - w.DAY, picture=Picture("png", w.png(60_000, 60_000), 40, 40))
    verdict = judge(w.sealed(made, w.stranger()), b"other")
    assert codes(verdict) == {"seal-period", "seal-picture", "seal-signer", "digest"}


@pytest.mark.parametrize(
    ("picture", "code"),
    [
        (Picture("png", w.png(60_000, 60_000), 40, 40), "seal-picture"),
        (Picture("png", b"", 40, 40), "seal-picture"),
        (Picture("png", w.png(), 0, 40), "seal-picture"),
        (Picture("gif", b"GIF89a\xff\xff\xff\xff", 40, 40), "seal-picture"),
        (Picture("bmp", b"BM" + bytes(16) + b"\0\0\0\x7f" * 2, 40, 40), "seal-picture"),
        (Picture("jpg", b"\xff\xd8\xff\xe0\0\4\0\0\xff\xc0\0\x0b\x08\xff\xff\xff\xff" + bytes(9), 4, 4),
         "seal-picture"),
    ],
)  # fmt: skip
def test_pictures_that_cannot_be_shown(picture: Picture, code: str) -> None:
    assert codes(judge(w.sealed(w.seal(picture=picture)))) == {code}


def test_a_picture_of_another_kind_is_said() -> None:
    verdict = judge(w.sealed(w.seal(picture=Picture("ofd", w.png(), 40, 40))))
    assert verdict.ok
    assert "seal-picture" in {reason.code for reason in verdict.forgiven}


def test_structure_against_version() -> None:
    assert codes(judge(w.sealed(w.seal(1, structure=4)))) == {"seal-version"}
    assert codes(judge(w.sealed(w.seal(4, structure=3)))) == {"seal-version"}
    listed = write.integer(2) + write.sequence(write.octets(w.signer().certificate))
    assert codes(judge(w.sealed(w.seal(signer_list=listed)))) == {"seal-version"}
    bare = write.sequence(write.octets(w.signer().certificate))
    assert codes(judge(w.sealed(w.seal(signer_list=bare)))) == {"seal-version"}


def test_a_critical_extension_nobody_knows() -> None:
    row = [("1.2.3.4", True, b"\x05\x00")]
    assert codes(judge(w.sealed(w.seal(extensions=row)))) == {"critical-extension"}
    assert codes(judge(w.sealed(extensions=row))) == {"critical-extension"}
    assert judge(w.sealed(extensions=[("1.2.3.4", False, b"\x05\x00")])).ok


def raw(value: bytes) -> bytes:
    """r and s as 32 bytes each."""
    found = Reader(value)
    return b"".join(found.integer(part).to_bytes(32, "big") for part in found.inside(found.whole()))


@pytest.mark.parametrize("version", VERSIONS)
def test_raw_values_are_forgiven(version: int) -> None:
    made = w.seal(version)
    made = w.seal(version, value=raw(read_seal(made).value))
    whole = w.sealed(made)
    whole = w.sealed(made, value=raw(read_signature(whole).value))
    verdict = judge(whole)
    assert verdict.ok, verdict.reasons
    assert [one.detail for one in verdict.forgiven].count("raw-signature") == 2


def test_weak_and_unknown_digests_on_the_list() -> None:
    def listed(name: bytes, value: bytes) -> bytes:
        return write.integer(2) + write.sequence(write.sequence(name, write.octets(value)))

    one = w.signer().certificate
    assert judge(w.sealed(w.seal(signer_list=listed(write.printable("SHA256"), digest(one, "sha256"))))).ok
    assert judge(w.sealed(w.seal(signer_list=listed(write.oid("1.2.156.10197.1.401"), digest(one))))).ok
    assert judge(w.sealed(w.seal(signer_list=listed(write.printable("hash"), digest(one))))).ok
    for name in ("sha1", "md5", "hash"):
        verdict = judge(w.sealed(w.seal(signer_list=listed(write.printable(name), digest(one)[:20]))))
        assert codes(verdict) == {"seal-signer"}


def test_other_algorithms() -> None:
    for algorithm in ("rsa-sha256", "ecdsa-sha256"):
        key = w.signers().issue("RSA 单位", algorithm=algorithm, days=400)
        made = w.seal(signers=[key.certificate])
        assert judge(w.sealed(made, key)).ok
        assert judge(w.sealed(made, key, digest=digest(w.DOCUMENT, "sha256"))).ok
    assert codes(judge(w.sealed(digest=digest(w.DOCUMENT, "sha256")))) == {"digest"}


def test_a_bare_seal() -> None:
    trust = w.trust()
    for version in VERSIONS:
        verdict = verify_seal_itself(w.seal(version), trust=trust, at=w.NOW)
        assert verdict.ok, verdict.reasons
        assert verdict.facts["seal"] == "62010000000001"
    over = verify_seal_itself(w.seal(end=w.NOW - w.DAY), trust=trust, at=w.NOW)
    assert codes(over) == {"seal-period"}
    forged = verify_seal_itself(w.seal(value=w.maker().sign(b"")), trust=trust, at=w.NOW)
    assert codes(forged) == {"seal-maker"}
    assert codes(verify_seal_itself(b"", trust=trust, at=w.NOW)) == {"malformed"}


def test_certificates_that_cannot_be_read() -> None:
    broken: HeldKey = replace(w.signer(), certificate=b"\x30\x00")
    verdict = judge(w.sealed(w.seal(signers=[broken.certificate]), broken))
    assert (codes(verdict), failed(verdict)) == ({"malformed"}, {"signer"})
    maker = replace(w.maker(), certificate=b"\x30\x00")
    assert failed(judge(w.sealed(w.seal(maker=maker)))) == {"seal-maker"}


def test_a_stamped_seal_of_version_5() -> None:
    value = read_seal(w.seal(5)).value
    good = w.seal(5, value=value, stamp=w.stamp(value, w.NOW - 29 * w.DAY))
    verdict = judge(w.sealed(good))
    assert "timestamp" in [check.name for check in verdict.checks]
    foreign = w.seal(5, value=value, stamp=w.stamp(b"other", w.NOW - 29 * w.DAY))
    assert "stamp-imprint" in codes(judge(w.sealed(foreign)))


def test_a_seal_is_made_for_one_request() -> None:
    challenge, other = b"\x01" * 32, b"\x02" * 32
    bound, twice = request_extension(challenge), request_extension(other)

    def made(*rows: tuple[str, bool, bytes]) -> bytes:
        return sign_with_seal(w.seal(5), w.signer(), digest(w.DOCUMENT), w.NOW - w.HOUR, extensions=rows)

    assert sealed_for(made(bound), challenge).outcome == "passed"
    assert judge(made(bound)).ok, "others pass it over"
    long = (bound[0], False, write.sequence(write.octets(challenge)))
    for value in (made(), made(twice), made(bound, twice), made(long), w.seal(5), b""):
        step = sealed_for(value, challenge)
        assert (step.outcome, [one.code for one in step.reasons]) == ("failed", ["seal-request"])
