"""The sandbox world: every vendor's certificates are believed, found out and refused where they should be."""

from datetime import UTC, datetime
from functools import cache

import pytest

from certs.algorithms.digest import digest
from certs.algorithms.signature import family
from certs.model.certificate import read_certificate
from certs.profile import Profile, lint
from certs.revocation.ocsp import check_ocsp
from certs.seal import sign_with_seal, verify_seal, verify_seal_itself
from certs.subject import bind, pair, subject
from certs.testpki import World, randomness
from certs.testpki.randomness import Seeded
from certs.testpki.style import RawKey
from certs.trust import ENCIPHERING, SIGNING, STAMPING, Revocation
from certs.verdict import Moment

NOW = datetime(2026, 11, 22, tzinfo=UTC)
WORLD = World.open(now=NOW)
HIERARCHIES = [(one.id, algorithm) for one in WORLD.vendors.values() for algorithm in one.algorithms]
everywhere = pytest.mark.parametrize(("vendor", "algorithm"), HIERARCHIES)
trust_of = cache(WORLD.trust)


def test_five_vendors_and_a_neighbour_all_different() -> None:
    assert list(WORLD.vendors) == ["C01", "C02", "C03", "C04", "C05", "P01"]
    declared = [one.declared for one in WORLD.vendors.values()]
    assert len({(one.organisation, one.organisation_extensions) for one in declared}) == 6
    assert {one.medium for one in declared} == {"token", "tokenless"}
    assert {algorithm for one in declared for algorithm in one.algorithms} == {"sm2-sm3", "rsa-sha256"}
    assert len(WORLD.anchors) == len(HIERARCHIES)


@everywhere
def test_both_halves_are_believed_for_their_purpose_only(vendor: str, algorithm: str) -> None:
    ca, trust, moment = WORLD.vendors[vendor], trust_of(vendor), Moment(NOW)
    for holder in ("builder", "zhang"):
        signing, opening = ca.signer(holder, algorithm), ca.encrypter(holder, algorithm)
        assert trust.judge(signing.certificate, moment=moment, purpose=SIGNING).ok
        assert trust.judge(opening.certificate, moment=moment, purpose=ENCIPHERING).ok
        assert pair(signing.certificate, opening.certificate, single=not ca.declared.pair).ok
        wrong = trust.judge(opening.certificate, moment=moment, purpose=SIGNING)
        assert [reason.code for reason in wrong.reasons] == (["key-usage"] if ca.declared.pair else [])


@everywhere
def test_strangers_do_not_believe_it(vendor: str, algorithm: str) -> None:
    other = trust_of("P01" if vendor != "P01" else "C01")
    raw = WORLD.vendors[vendor].signer("builder", algorithm).certificate
    assert other.judge(raw, moment=Moment(NOW), purpose=SIGNING).reasons[0].code == "no-path"


@everywhere
def test_whose_it_is(vendor: str, algorithm: str) -> None:
    ca = WORLD.vendors[vendor]
    for holder in WORLD.holders.values():
        if algorithm == "sm2-sm3" or holder.id in ("builder", "zhang"):
            raw = ca.signer(holder.id, algorithm).certificate
            assert bind(raw, ca.rules, holder.code).ok
            found = subject(raw, ca.rules)
            assert found.bound is not None
            assert found.bound.code == holder.code


def test_one_vendors_rules_read_nothing_into_anothers_certificate_that_is_wrong() -> None:
    """Whatever rules are applied to whatever certificate: the right holder, or nobody."""
    for issuer in WORLD.vendors.values():
        for reader in WORLD.vendors.values():
            for holder in ("builder", "zhang"):
                bound = subject(issuer.signer(holder).certificate, reader.rules).bound
                code = WORLD.holders[holder].code
                assert bound is None or bound.code in (code, code[8:17])


@everywhere
def test_what_was_revoked_is_known_to_lists_and_responders(vendor: str, algorithm: str) -> None:
    ca = WORLD.vendors[vendor]
    issuer = ca.issuing(algorithm).key.certificate
    for holder, codes in (("builder", []), ("frozen", ["frozen"]), ("revoked", ["revoked"])):
        for key in (ca.signer(holder, algorithm), ca.encrypter(holder, algorithm)):
            said = trust_of(vendor).judge(key.certificate, moment=Moment(NOW))
            assert [reason.code for reason in said.reasons] == codes
            answer = ca.answer(key.certificate, nonce=b"12345678", algorithm=algorithm)
            verdict = check_ocsp(answer, key.certificate, issuer, at=NOW, nonce=b"12345678")
            assert [reason.code for reason in verdict.reasons] == codes


def test_an_answer_takes_the_place_of_a_list() -> None:
    ca = WORLD.vendors["P01"]
    raw = ca.signer("builder").certificate
    without = WORLD.trust("P01", revocation=Revocation.REQUIRED, ocsp=(ca.answer(raw),))
    root_only = ca.tiers()[0].crl()
    from dataclasses import replace

    assert replace(without, crls=(root_only,)).judge(raw, moment=Moment(NOW)).ok
    assert not replace(without, crls=(root_only,), ocsp=()).judge(raw, moment=Moment(NOW)).ok


def test_a_delta_speaks_after_the_complete_list() -> None:
    ca = WORLD.vendors["C04"]
    raw = ca.signer("agency").certificate
    delta = ca.delta([(read_certificate(raw).serial, NOW, 6)])
    assert trust_of("C04").judge(raw, moment=Moment(NOW)).ok
    said = trust_of("C04").with_data(crls=(delta,)).judge(raw, moment=Moment(NOW))
    assert [reason.code for reason in said.reasons] == ["frozen"]


@everywhere
def test_time_stamping_keys(vendor: str, algorithm: str) -> None:
    ca = WORLD.vendors[vendor]
    assert trust_of(vendor).judge(ca.tsa(algorithm).certificate, moment=Moment(NOW), purpose=STAMPING).ok


@everywhere
def test_certificates_follow_the_profile_but_for_declared_quirks(vendor: str, algorithm: str) -> None:
    ca = WORLD.vendors[vendor]
    forgiven = {
        "C01": {"algorithm-parameters", "unique-form"},
        "C02": {"time-form"},
        "C05": {"usage-separated", "text-utf8"},
    }.get(vendor, set())
    every = [ca.signer("builder", algorithm), ca.encrypter("zhang", algorithm), ca.tsa(algorithm)]
    every += [ca.ocsp(algorithm).key, *(tier.key for tier in ca.tiers(algorithm))]
    seen = {one.rule for key in every for one in lint(key.certificate, Profile(identity=ca.rules))}
    assert seen == forgiven


def test_a_quirk_of_signatures_is_in_messages_not_in_certificates() -> None:
    ca = WORLD.vendors["C05"]
    key, plain = ca.message_signer("builder"), ca.signer("builder")
    assert isinstance(key, RawKey)
    assert len(key.sign(b"message")) == 64
    assert key.certificate == plain.certificate
    assert family("sm2-sm3").verify(b"message", plain.sign(b"message"), plain.public, b"1234567812345678")
    assert WORLD.vendors["C01"].message_signer("builder") is WORLD.vendors["C01"].signer("builder")


@pytest.mark.parametrize("name", WORLD.seals)
def test_seals_may_be_used_by_their_holder_and_nobody_else(name: str) -> None:
    seal, raw = WORLD.seals[name], WORLD.seal(name)
    ca, trust = WORLD.vendors[seal.vendor], trust_of(seal.vendor)
    assert verify_seal_itself(raw, trust=trust, at=NOW).ok
    digested = digest(b"document", "sm3")
    stranger = next(one for one in ("builder", "supplier") if one != seal.holder)
    for user, known in ((seal.holder, True), (stranger, False)):
        used = sign_with_seal(raw, ca.message_signer(user), digested, NOW)
        codes = {one.code for one in verify_seal(used, b"document", trust=trust, at=NOW).reasons}
        assert codes - {"time-claimed"} == (set() if known else {"seal-signer"})


def test_asked_twice_it_is_the_same_and_a_further_one_is_another() -> None:
    ca = WORLD.vendors["P01"]
    assert ca.signer("builder") is ca.signer("builder")
    one, two = (read_certificate(ca.issue("builder").certificate) for _ in range(2))
    assert one.serial != two.serial
    assert one.key != two.key
    assert one.subject == two.subject


def test_a_seed_makes_the_same_world_to_the_byte_and_no_seed_another() -> None:
    def everything(seed: str | None) -> list[bytes]:
        world = World.open(now=NOW, seed=seed)
        out = list(world.vendors["C04"].crls())
        for vendor in ("P01", "C04"):
            ca = world.vendors[vendor]
            out += [*ca.anchors, *ca.intermediates, ca.signer("builder").certificate, ca.tsa().certificate]
        return [*out, world.seal("agency-seal"), ca.answer(ca.signer("zhang").certificate)]

    one, two, other, fresh = everything("a"), everything("a"), everything("b"), everything(None)
    assert one == two
    assert not set(one) & set(other)
    assert not set(one) & set(fresh)


def test_order_of_asking_does_not_matter_under_a_seed() -> None:
    early, late = World.open(now=NOW, seed="a"), World.open(now=NOW, seed="a")
    first = early.vendors["P01"].signer("zhang").certificate
    late.vendors["P01"].encrypter("builder")
    late.vendors["P01"].crls()
    assert late.vendors["P01"].signer("zhang").certificate == first


def test_seeded_rsa_and_p256_keys_work_and_repeat() -> None:
    for algorithm in ("rsa-sha256", "ecdsa-sha256"):
        one, two = (Seeded("x").key("label", algorithm) for _ in range(2))
        assert one == two
        assert one.sign(b"m") == two.sign(b"m")
        assert family(algorithm).verify(b"m", one.sign(b"m"), one.public, b"")


def test_listed_steps_only_save_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same key with the list of primes and without; a wrong step is not followed."""
    label, seed = "C02/rsa-sha256/ca0", "hutong-sim/1"
    with_list = Seeded(seed).key(label, "rsa-sha256").private
    for steps in ({}, {randomness.step_name(seed, f"{label}/{half}"): 2 for half in "pq"}):
        monkeypatch.setattr(randomness, "known_steps", lambda steps=steps: steps)
        assert Seeded(seed).key(label, "rsa-sha256").private == with_list


def test_a_vendor_of_raw_signatures_repeats_itself_under_a_seed() -> None:
    made = [
        World.open(now=NOW, seed="s").vendors["C05"].message_signer("builder").sign(b"x") for _ in range(2)
    ]
    assert made[0] == made[1] and len(made[0]) == 64
