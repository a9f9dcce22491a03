"""Answers of the sandbox's responder, and each way in which one can be wrong; a second reader agrees."""

from datetime import UTC, datetime

import pytest
from cryptography.x509 import ocsp

from certs.revocation.ocsp import check_ocsp
from certs.testpki import World
from certs.testpki.ocsp import STATES

NOW = datetime(2026, 11, 22, tzinfo=UTC)
WORLD = World.open(now=NOW)


@pytest.mark.parametrize("vendor", ["C04", "C05"])
@pytest.mark.parametrize("hashed", ["sha1", "sha256", "sm3"])
@pytest.mark.parametrize(
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
