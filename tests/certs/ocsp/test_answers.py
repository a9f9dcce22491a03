"""Answers made here: revoked, on hold, unknown, stale, nonces, delegation, answers about others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

import certs
from certs.model.ocsp import read_answer
from tests.rows import each

AT = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
CA_KEY, LEAF_KEY, RESPONDER_KEY = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
SHA256 = hashes.SHA256()
Status = ocsp.OCSPCertStatus


def issue(
    subject: str, key: Any, *extensions: x509.ExtensionType, by: Any = CA_KEY, end: datetime = AT + 9 * DAY
) -> x509.Certificate:
    builder = x509.CertificateBuilder(
        issuer_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")]),
        subject_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]),
        public_key=key.public_key(),
        serial_number=len(subject),
        not_valid_before=AT - 9 * DAY,
        not_valid_after=end,
    )
    for extension in extensions:
        builder = builder.add_extension(extension, False)
    return builder.sign(by, SHA256)


MAY_ANSWER = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
CA, LEAF, STRANGER = issue("ca", CA_KEY), issue("leaf", LEAF_KEY), issue("stranger", LEAF_KEY)
RESPONDER = issue("responder", RESPONDER_KEY, MAY_ANSWER, x509.OCSPNoCheck())


def answer(
    *,
    about: x509.Certificate = LEAF,
    status: ocsp.OCSPCertStatus = Status.GOOD,
    reason: x509.ReasonFlags | None = None,
    begin: datetime = AT - DAY,
    end: datetime | None = AT + DAY,
    signer: x509.Certificate = CA,
    key: Any = CA_KEY,
    nonce: bytes | None = None,
    by_name: bool = False,
    algorithm: hashes.HashAlgorithm = SHA256,
) -> bytes:
    since = AT - DAY if status is Status.REVOKED else None
    builder = ocsp.OCSPResponseBuilder().add_response(about, CA, algorithm, status, begin, end, since, reason)
    kind = ocsp.OCSPResponderEncoding.NAME if by_name else ocsp.OCSPResponderEncoding.HASH
    builder = builder.responder_id(kind, signer)
    if signer is not CA:
        builder = builder.certificates([signer])
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), False)
    return builder.sign(key, SHA256).public_bytes(Encoding.DER)


def judge(response: bytes, **more: Any) -> certs.Verdict:
    leaf, issuer = (one.public_bytes(Encoding.DER) for one in (LEAF, CA))
    return certs.check_ocsp(response, leaf, issuer, **({"at": AT} | more))


def code(verdict: certs.Verdict) -> str:
    return verdict.reasons[0].code if verdict.reasons else "good"


BY_RESPONDER = {"signer": RESPONDER, "key": RESPONDER_KEY}


@each(
    ("settings", "expected"),
    [
        ({}, "good"),
        ({"by_name": True}, "good"),
        ({"algorithm": hashes.SHA1()}, "good"),
        ({"algorithm": hashes.SHA512()}, "good"),
        ({"status": Status.REVOKED}, "revoked"),
        ({"status": Status.REVOKED, "reason": x509.ReasonFlags.certificate_hold}, "frozen"),
        ({"status": Status.UNKNOWN}, "ocsp-unknown"),
        ({"about": STRANGER}, "ocsp-other"),
        ({"begin": AT + DAY, "end": AT + 2 * DAY}, "ocsp-time"),
        ({"end": AT - timedelta(minutes=6)}, "ocsp-time"),
        ({"end": AT - timedelta(minutes=4)}, "good"),
        ({"end": None}, "good"),
        ({"end": None, "begin": AT - 2 * DAY}, "ocsp-time"),
        (BY_RESPONDER, "good"),
        (BY_RESPONDER | {"by_name": True}, "good"),
        ({"signer": issue("responder", RESPONDER_KEY), "key": RESPONDER_KEY}, "ocsp-responder"),
        (
            {"signer": issue("r", RESPONDER_KEY, MAY_ANSWER, by=LEAF_KEY), "key": RESPONDER_KEY},
            "ocsp-responder",
        ),
        ({"signer": issue("r", RESPONDER_KEY, MAY_ANSWER, end=AT - DAY), "key": RESPONDER_KEY}, "expired"),
    ],
)
def test_answers(settings: dict[str, Any], expected: str) -> None:
    verdict = judge(answer(**settings))
    assert code(verdict) == expected
    assert verdict.ok is (expected == "good")


@pytest.mark.parametrize("settings", [{}, BY_RESPONDER])
def test_an_altered_signature(settings: dict[str, Any]) -> None:
    good = answer(**settings)
    said = read_answer(good)[1]
    assert said is not None
    bad = bytearray(said.signature)
    bad[-1] ^= 1
    assert code(judge(good.replace(said.signature, bytes(bad)))) == "signature"


def test_nonces() -> None:
    wanted = b"\x07" * 16
    assert judge(answer(nonce=wanted), nonce=wanted).ok
    assert code(judge(answer(nonce=b"\x08" * 16), nonce=wanted)) == "ocsp-nonce"
    without = judge(answer(), nonce=wanted)
    assert without.ok
    assert [note.code for note in without.forgiven] == ["ocsp-nonce"]


def test_no_answer() -> None:
    refusal = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
    verdict = judge(refusal.public_bytes(Encoding.DER))
    assert (code(verdict), verdict.state) == ("ocsp-status", "indeterminate")


def test_another_issuer_or_certificate() -> None:
    good = answer()
    forged = issue("leaf", LEAF_KEY, by=LEAF_KEY).public_bytes(Encoding.DER)
    ca = CA.public_bytes(Encoding.DER)
    assert not certs.check_ocsp(good, forged, ca, at=AT).ok
    assert not certs.check_ocsp(good, LEAF.public_bytes(Encoding.DER), forged, at=AT).ok


def test_the_responders_own_status_is_said_to_be_open() -> None:
    signer = issue("responder", RESPONDER_KEY, MAY_ANSWER)
    verdict = judge(answer(signer=signer, key=RESPONDER_KEY))
    assert verdict.ok
    assert [note.code for note in verdict.forgiven] == ["revocation-unknown"]
