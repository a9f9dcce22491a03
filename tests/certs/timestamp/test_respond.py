"""Every way in which a service refuses, and what the one who asked makes of it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

import certs
from certs.keys.port import KeyFailureError
from certs.model import write as w
from certs.timestamp import (
    Accuracy,
    Digest,
    Failure,
    read_info,
    read_request,
    read_response,
    request,
    respond,
)
from certs.timestamp.info import info
from tests.certs.timestamp.world import DATA, NOW, POLICY, world

OTHER = "1.2.156.10197.6.1.99.2"
MD5 = w.sequence(w.integer(1), w.sequence(w.algorithm("1.2.840.113549.2.5", w.NULL), w.octets(bytes(16))))
SHORT = w.sequence(w.integer(1), w.sequence(w.algorithm("1.2.156.10197.1.401"), w.octets(bytes(31))))
SECOND = w.sequence(w.integer(2), w.sequence(w.algorithm("1.2.156.10197.1.401"), w.octets(bytes(32))))
EXTENDED = w.sequence(
    w.integer(1),
    w.sequence(w.algorithm("1.2.156.10197.1.401"), w.octets(bytes(32))),
    w.implicit(0, w.sequence(w.sequence(w.oid("1.2.3.4"), w.octets(b"\x05\x00")))),
)


@dataclass
class Broken:
    """A device that has gone."""

    algorithm: str = "sm2-sm3"
    certificate: bytes = world().tsa.certificate
    chain: tuple[bytes, ...] = ()

    def sign(self, message: bytes) -> bytes:
        raise KeyFailureError("token removed")


@pytest.mark.parametrize(
    ("asked", "failure"),
    [
        (MD5, Failure.badAlg),
        (SHORT, Failure.badDataFormat),
        (b"", Failure.badDataFormat),
        (b"\x30\x80\x00\x00", Failure.badDataFormat),
        (SECOND, Failure.badRequest),
        (EXTENDED, Failure.unacceptedExtension),
        (request(DATA, policy=OTHER), Failure.unacceptedPolicy),
    ],
)
def test_what_cannot_be_granted_is_refused_by_name(asked: bytes, failure: Failure) -> None:
    answer = respond(asked, world().tsa, at=NOW, serial=1, policy=POLICY)
    found = read_response(answer)
    assert (found.status, found.failures, found.token) == (2, {failure}, None)
    verdict = certs.verify_timestamp(answer, DATA, trust=world().trust(), at=NOW)
    assert verdict.state == "indeterminate" and failure.name in verdict.sentence()
    assert [reason.code for reason in verdict.reasons] == ["stamp-status"]


def test_a_service_out_of_order_says_so() -> None:
    asked = request(DATA)
    no_clock = respond(asked, world().tsa, at=None, serial=1, policy=POLICY)
    assert read_response(no_clock).failures == {Failure.timeNotAvailable}
    broken = read_response(respond(asked, Broken(), at=NOW, serial=1, policy=POLICY))
    assert broken.failures == {Failure.systemFailure} and "token removed" in broken.texts[0]
    bare = read_response(respond(asked, Broken(certificate=b""), at=NOW, serial=1, policy=POLICY))
    assert bare.failures == {Failure.addInfoNotAvailable}


def test_a_policy_among_several() -> None:
    asked = request(DATA, policy=OTHER)
    answer = respond(asked, world().tsa, at=NOW, serial=1, policy=POLICY, policies=[OTHER])
    verdict = certs.verify_timestamp(answer, DATA, trust=world().trust(), at=NOW, request=asked)
    assert verdict.ok and verdict.facts["policy"] == OTHER


def test_a_request_reads_as_it_was_written() -> None:
    found = read_request(request(DATA, "sha256", nonce=1 << 63, policy=POLICY, cert_req=False))
    assert found.imprint == Digest.of(DATA, "sha256") and found.nonce == 1 << 63
    assert (found.policy, found.wants_certificates, found.extensions) == (POLICY, False, ())
    assert read_request(request(Digest("sm3", bytes(32)))).imprint == Digest("sm3", bytes(32))


def test_a_fraction_of_a_second_survives() -> None:
    at = NOW.replace(microsecond=120_000)
    raw = info(Digest.of(DATA, "sm3"), POLICY, 1, at, Accuracy(0, 10, 20))
    assert b"20261122040000.12Z" in raw
    assert (read_info(raw).at, read_info(raw).accuracy) == (at, Accuracy(0, 10, 20))


@pytest.mark.parametrize("accuracy", [Accuracy(0, 1000), Accuracy(-1), Accuracy(0, 0, 1000)])
def test_an_accuracy_out_of_range_is_no_accuracy(accuracy: Accuracy) -> None:
    raw = info(Digest.of(DATA, "sm3"), POLICY, 1, NOW, accuracy)
    with pytest.raises(ValueError, match="accuracy"):
        read_info(raw)


def test_waiting_is_not_granted_and_a_grant_needs_a_token() -> None:
    trust = world().trust()
    waiting = w.sequence(w.sequence(w.integer(3)))
    assert "waiting" in certs.verify_timestamp(waiting, DATA, trust=trust, at=NOW).sentence("en")
    for empty in (w.sequence(w.sequence(w.integer(0))), w.sequence(w.sequence(w.integer(0), w.flags(0)))):
        assert certs.verify_timestamp(empty, DATA, trust=trust, at=NOW).reasons[0].code == "malformed"


def test_a_moment_without_zone_is_utc() -> None:
    answer = respond(request(DATA), world().tsa, at=NOW.replace(tzinfo=None), serial=1, policy=POLICY)
    verdict = certs.verify_timestamp(answer, DATA, trust=world().trust(), at=NOW.replace(tzinfo=None))
    assert verdict.ok and verdict.facts["genTime"] == NOW.isoformat()
