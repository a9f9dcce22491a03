"""Our seals and those of a second hand (asn1crypto, gmalg) are the same bytes, and each reads the other's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from certs.algorithms.digest import digest
from certs.seal import read_seal, read_signature, verify_seal
from tests.certs.golden import seal_writer as golden
from tests.certs.seal import world as w

TIMES = (w.NOW - 30 * w.DAY, w.NOW - 30 * w.DAY, w.NOW + 100 * w.DAY)
PICTURE = ("png", w.PICTURE.data, 40, 40)
EXTENSIONS = [("1.2.3.4", False, b"\x04\x00")]
FORMS = [(1, False, False), (2, False, False), (3, False, True), (4, False, False), (4, True, True),
         (5, False, True), (5, True, False)]  # fmt: skip


def made_by_the_second_hand(version: int, digests: bool, extended: bool, stamp: bytes | None = None) -> bytes:
    about = golden.info(
        version, [w.signer().certificate], PICTURE, TIMES, digests=digests,
        extensions=EXTENSIONS if extended else None,
    )  # fmt: skip
    return golden.seal(version, w.maker().private, w.maker().certificate, about, stamp)


@pytest.mark.parametrize(("version", "digests", "extended"), FORMS)
def test_the_second_hand_is_read_and_believed(version: int, digests: bool, extended: bool) -> None:
    seal = made_by_the_second_hand(version, digests, extended)
    one = golden.signature(
        version, seal, w.signer().private, w.signer().certificate, golden.sm3(w.DOCUMENT), w.NOW - w.HOUR
    )
    verdict = verify_seal(one, w.DOCUMENT, trust=w.trust(), at=w.NOW)
    assert verdict.ok, verdict.reasons
    found = read_signature(one)
    assert found.time == w.NOW - w.HOUR
    assert found.notes == ()
    assert found.seal.extensions == (tuple(EXTENSIONS) if extended else ())
    assert found.seal.generation == (1 if version < 4 else version)


@pytest.mark.parametrize(("version", "digests", "extended"), FORMS)
def test_both_hands_write_the_same_bytes(version: int, digests: bool, extended: bool) -> None:
    theirs = made_by_the_second_hand(version, digests, extended)
    value = read_seal(theirs).value  # a signature is never the same twice, all else is
    fields = {"list_kind": 2 if digests else 1, "extensions": EXTENSIONS if extended else ()}
    ours = w.seal(version, value=value, **fields)
    assert ours == theirs
    time, content = w.NOW - w.HOUR, digest(w.DOCUMENT)
    whole = golden.signature(version, theirs, w.signer().private, w.signer().certificate, content, time)
    assert w.sealed(ours, value=read_signature(whole).value) == whole


@pytest.mark.parametrize(("version", "digests", "extended"), FORMS)
def test_the_second_hand_believes_ours(version: int, digests: bool, extended: bool) -> None:
    whole = w.sealed(w.seal(version, list_kind=2 if digests else 1))
    form = golden.SignatureV1 if version < 4 else golden.SignatureV4
    found = form.load(whole, strict=True)
    tbs = found["tbs"]
    certificate = (tbs if version < 4 else found)["cert"].native
    assert certificate == w.signer().certificate
    assert golden.holds(certificate, tbs.dump(), found["value"].native)
    seal = (golden.SealV1 if version < 4 else golden.SealV4).load(tbs["seal"].dump(), strict=True)
    maker = seal["sign"] if version < 4 else seal
    covered = seal["info"].dump()
    if version < 4:
        fields = {"info": seal["info"], "cert": maker["cert"].native, "algorithm": golden.SM2_SM3}
        covered = golden.MakerSigned(fields).dump()
    assert golden.holds(maker["cert"].native, covered, maker["value"].native)


@pytest.mark.parametrize("version", [4, 5])
def test_a_stamp_over_the_value_stands_under_the_tag_0(version: int) -> None:
    seal = w.seal(version)
    whole = w.stamped(seal, w.NOW - w.HOUR)
    found = golden.SignatureV4.load(whole, strict=True)
    assert found["stamp"].native == read_signature(whole).stamp
    later = w.NOW - w.HOUR + timedelta(seconds=1)
    again = golden.signature(
        version, seal, w.signer().private, w.signer().certificate, b"\1" * 32, later, b"0"
    )
    assert read_signature(again).stamp == b"0"


def test_a_seal_of_version_5_carries_its_own_stamp() -> None:
    theirs = made_by_the_second_hand(5, False, False, b"token")
    assert read_seal(theirs).stamp == b"token"
    assert w.seal(5, value=read_seal(theirs).value, stamp=b"token") == theirs
