"""A recogniser gives what recognise gives, at every moment, while judging a repeated signer only once."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

import certs.recognition.recogniser as under_test
from certs.keys.held import HeldKey
from certs.model.certificate import read_certificate
from certs.recognition import Recogniser, recognise
from certs.recognition.judging import recognise_under
from certs.testpki.ocsp import Responder
from certs.trust import SIGNING, Revocation
from certs.trustlist import TrustList
from certs.verdict import Moment
from tests.certs.trustlist.world import DAY, NOW, ca, moment, root, sub, usable


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The moments at which something was really judged."""
    seen: list[datetime] = []

    def counting(*asked: Any) -> Any:
        seen.append(asked[3].at)
        return recognise_under(*asked)

    monkeypatch.setattr(under_test, "recognise_under", counting)
    return seen


def key(**more: Any) -> HeldKey:
    return sub("CA001").issue("张三", **({"days": 1200} | more))


def recogniser(listed: TrustList | None = None, **more: Any) -> Recogniser:
    return Recogniser(listed or usable(ca("CA001")), **({"revocation": Revocation.IGNORED} | more))


@pytest.mark.parametrize("algorithm", ["sm2-sm3", "rsa-sha256", "ecdsa-sha256"])
def test_messages_of_every_family(algorithm: str) -> None:
    signer = sub("CA001", algorithm).issue("张三", days=1200)
    one = recogniser(usable(ca("CA001", algorithm)))
    right = one.verify_message(b"bid", signer.sign(b"bid"), signer.certificate, at=NOW)
    assert right.ok, right.sentence()
    assert right.verdict.checks[-1].name == "signature"
    for message, signature in (
        (b"bit", signer.sign(b"bid")),
        (b"bid", b""),
        (b"bid", bytes(64)),
        (b"bid", b"0"),
    ):
        wrong = one.verify_message(message, signature, signer.certificate, at=NOW)
        assert [reason.code for reason in wrong.reasons] == ["signature"]


def test_raw_values_where_the_ca_may() -> None:
    signer = key()
    r, s = decode_dss_signature(signer.sign(b"bid"))
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    strict = recogniser().verify_message(b"bid", raw, signer.certificate, at=NOW)
    assert [reason.code for reason in strict.reasons] == ["quirk"]
    lenient = recogniser(usable(ca("CA001", quirks=["raw-signature"])))
    found = lenient.verify_message(b"bid", raw, signer.certificate, at=NOW)
    assert found.ok
    assert [reason.detail for reason in found.verdict.forgiven] == ["raw-signature"]
    assert not lenient.verify_message(b"bit", raw, signer.certificate, at=NOW).ok


def test_a_signer_who_comes_again_is_judged_once(judged: list[datetime]) -> None:
    one, signer, start = recogniser(), key(), NOW + timedelta(minutes=1)
    for count in range(50):
        message = f"bid {count}".encode()
        at = start + timedelta(seconds=count)
        assert one.verify_message(message, signer.sign(message), signer.certificate, at=at).ok
    assert judged == [start]
    other = one.recognise(signer.certificate, at=start, sector="engineering")
    assert other.ok
    assert len(judged) == 2  # another question


def test_nothing_is_kept_beyond_what_it_rests_on(judged: list[datetime]) -> None:
    """At every moment of a long time the answer is what judging anew gives."""
    end = NOW + timedelta(hours=3)
    signer = key(not_before=NOW - DAY, not_after=end)
    view = read_certificate(signer.certificate)
    issuer = sub("CA001")
    crls = [issuer.crl(this_update=NOW - DAY, days=2), root("CA001").crl(this_update=NOW - DAY),
            issuer.crl([(view.serial, NOW + timedelta(hours=2), 1)], this_update=NOW, number=2)]  # fmt: skip
    rule = {"rule": "until:" + moment(NOW + timedelta(hours=2)), "reason": "合并"}
    row = ca("CA001", until=moment(NOW + timedelta(hours=1)), grandfathering=rule)
    for listed, data in ((usable(ca("CA001")), crls), (usable(row), crls[:2])):
        asked: dict[str, Any] = {"revocation": Revocation.REQUIRED}
        one = recogniser(listed, crls=data, keep=DAY, **asked)
        second = timedelta(seconds=1)
        for minutes in range(-30, 240, 15):
            for shift in (-second, timedelta(0), second / 10**6, second):
                at = NOW + timedelta(minutes=minutes) + shift
                fresh = recognise(
                    signer.certificate, trust=listed, at=at, purpose=SIGNING, crls=data, **asked
                )
                kept = one.recognise(signer.certificate, at=at)
                assert kept.reasons == fresh.reasons, at
                assert kept.verdict.moment == fresh.verdict.moment
    assert len(judged) < 60  # of 144


def test_ocsp_counts_as_long_as_it_says() -> None:
    signer, issuer = key(), sub("CA001")
    answers = [Responder(issuer, issuer.key, NOW).answer(signer.certificate, hours=2)]
    one = recogniser(
        revocation=Revocation.REQUIRED, ocsp=answers, keep=DAY, crls=[root("CA001").crl(this_update=NOW)]
    )
    states = [
        one.recognise(signer.certificate, at=NOW + timedelta(minutes=minutes)).state
        for minutes in (0, 60, 119, 121, 126, 180)
    ]
    assert states == ["valid", "valid", "valid", "valid", "indeterminate", "indeterminate"]


def test_an_update_forgets() -> None:
    signer, one = key(), recogniser(revocation=Revocation.IF_KNOWN)
    assert one.recognise(signer.certificate, at=NOW).ok
    serial = read_certificate(signer.certificate).serial
    above = root("CA001").crl(this_update=NOW)
    one.update(crls=[sub("CA001").crl([(serial, NOW - DAY, 1)], this_update=NOW), above])
    assert [reason.code for reason in one.recognise(signer.certificate, at=NOW).reasons] == ["revoked"]
    one.update(usable(ca("CA002")), crls=[])
    assert one.recognise(signer.certificate, at=NOW).reasons[0].code == "no-path"


def test_the_past_is_judged_each_time(judged: list[datetime]) -> None:
    signer, one = key(), recogniser()
    for _ in range(3):
        assert one.recognise(signer.certificate, at=Moment(NOW, "timestamp", NOW + DAY)).ok
    assert len(judged) == 3


def test_memory_is_bounded() -> None:
    one = recogniser(most=8)
    for _ in range(20):
        one.recognise(key().certificate, at=NOW)
    assert len(one._held.state.kept) == 8


def test_many_threads_at_once() -> None:
    """While the list changes under them, everybody gets the old answer or the new one."""
    signers = [key() for _ in range(6)]
    good, gone = usable(ca("CA001")), usable(ca("CA002"))
    one, rng = recogniser(good, most=4), random.Random(1)

    def ask(number: int) -> str:
        if number % 40 == 0:
            one.update(gone if rng.random() < 0.5 else good)
        signer = signers[number % len(signers)]
        message = str(number).encode()
        found = one.verify_message(message, signer.sign(message), signer.certificate, at=NOW)
        codes = [reason.code for reason in found.reasons]
        assert codes in ([], ["no-path", "not-admitted"])
        return found.state

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(ask, range(400))) <= {"valid", "invalid"}
    one.update(good)
    assert one.recognise(signers[0].certificate, at=NOW).ok
