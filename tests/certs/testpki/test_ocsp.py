"""Answers of the sandbox's responder, and each way in which one can be wrong; a second reader agrees."""

import random
from datetime import UTC, datetime
from hashlib import sha1

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from certs.model import write as w
from certs.model.certificate import read_certificate
from certs.revocation.ocsp import check_ocsp
from certs.testpki import World
from certs.testpki.ocsp import STATES
from tests.rows import each

NOW = datetime(2026, 11, 22, tzinfo=UTC)
WORLD = World.open(now=NOW)


@each("vendor", ["C04", "C05"])
@each("hashed", ["sha1", "sha256", "sm3"])
@each(
    ("state", "codes"),
    [("good", []), ("revoked", ["revoked"]), ("frozen", ["frozen"]), ("unknown", ["ocsp-unknown"])],
)
def test_states_delegated_and_direct(vendor: str, hashed: str, state: str, codes: list[str]) -> None:
    ca = WORLD.vendors[vendor]
    responder, raw = ca.ocsp(), ca.signer("builder").certificate
    assert responder.delegated == (vendor == "C04")
    answer = responder.answer(raw, state, hashed=hashed, nonce=b"abc")
    verdict = check_ocsp(answer, raw, ca.issuing().key.certificate, at=NOW, nonce=b"abc")
    assert [reason.code for reason in verdict.reasons] == codes


def test_stale_refused_and_misspelt() -> None:
    ca = WORLD.vendors["C04"]
    responder, raw, issuer = ca.ocsp(), ca.signer("builder").certificate, ca.issuing().key.certificate
    assert [one.code for one in check_ocsp(responder.stale(raw), raw, issuer, at=NOW).reasons] == [
        "ocsp-time"
    ]
    assert [one.code for one in check_ocsp(responder.refusal(), raw, issuer, at=NOW).reasons] == [
        "ocsp-status"
    ]
    with pytest.raises(ValueError, match="state must be one of"):
        responder.answer(raw, "fine")
    assert STATES[0] == "good"


def test_an_independent_reader_sees_the_same() -> None:
    ca = WORLD.vendors["C02"]
    raw = ca.signer("frozen").certificate
    loaded = ocsp.load_der_ocsp_response(ca.answer(raw))
    assert loaded.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
    assert loaded.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert str(loaded.revocation_reason) == "ReasonFlags.certificate_hold"
    assert loaded.this_update_utc == NOW


def asked(world: World, vendor: str, raw: bytes, nonce: bytes | None = b"0123456789abcdef") -> bytes:
    """A request made by another library (which must not see SM2 keys: only names and bytes are hashed)."""
    issuer = read_certificate(world.vendors[vendor].issuing().key.certificate)
    hashes_ = [sha1(part, usedforsecurity=False).digest() for part in (issuer.subject.raw, issuer.key.bits)]
    made = ocsp.OCSPRequestBuilder().add_certificate_by_hash(*hashes_, read_certificate(raw).serial, SHA1())
    made = made.add_extension(x509.OCSPNonce(nonce), critical=False) if nonce else made
    return made.build().public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("holder", "codes"), [("builder", []), ("frozen", ["frozen"]), ("revoked", ["revoked"])]
)
def test_requests_over_the_wire_are_answered(holder: str, codes: list[str]) -> None:
    for vendor in ("C04", "C05"):
        ca = WORLD.vendors[vendor]
        raw = ca.signer(holder).certificate
        answer = ca.respond(asked(WORLD, vendor, raw))
        verdict = check_ocsp(answer, raw, ca.issuing().key.certificate, at=NOW, nonce=b"0123456789abcdef")
        assert [reason.code for reason in verdict.reasons] == codes
        assert ca.respond(asked(WORLD, vendor, raw, None))


def test_what_was_issued_elsewhere_or_never_is_unknown() -> None:
    ca, other = WORLD.vendors["C04"], WORLD.vendors["P01"]
    for raw, issuer in (
        (other.signer("builder").certificate, "P01"),
        (other.signer("li").certificate, "C04"),
    ):
        loaded = ocsp.load_der_ocsp_response(ca.respond(asked(WORLD, issuer, raw)))
        assert loaded.certificate_status is ocsp.OCSPCertStatus.UNKNOWN
    further = ca.issue("li").certificate
    loaded = ocsp.load_der_ocsp_response(ca.respond(asked(WORLD, "C04", further)))
    assert loaded.certificate_status is ocsp.OCSPCertStatus.GOOD


def test_a_seeded_world_knows_what_it_issued_in_another_process() -> None:
    one, two = World.open(now=NOW, seed="a"), World.open(now=NOW, seed="a")
    raw = one.vendors["C04"].signer("agency").certificate
    loaded = ocsp.load_der_ocsp_response(two.vendors["C04"].respond(asked(two, "C04", raw)))
    assert loaded.certificate_status is ocsp.OCSPCertStatus.GOOD


def test_hostile_requests_are_refused_not_raised() -> None:
    ca, chance = WORLD.vendors["C04"], random.Random(5)
    good = asked(WORLD, "C04", ca.signer("builder").certificate)
    for _ in range(1000):
        broken = bytearray(good)
        broken[chance.randrange(len(broken))] = chance.randrange(256)
        ocsp.load_der_ocsp_response(ca.respond(bytes(broken)))
    for raw in (b"", b"0" * 10, bytes(1 << 17), w.sequence(), w.sequence(w.sequence(w.sequence()))):
        status = ocsp.load_der_ocsp_response(ca.respond(raw)).response_status
        assert status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST
