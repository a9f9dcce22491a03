"""Rules for issuers: one good certificate, and one bad certificate per rule; forgiven, or not to a peer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

import certs
from certs.path.purpose import host_matches
from certs.path.question import Rules
from tests.rows import each

AT = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
CA_KEY, LEAF_KEY = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
SKI = x509.SubjectKeyIdentifier.from_public_key(CA_KEY.public_key())
AKI = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(SKI)
CA_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "测试 CA")])
LEAF_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "某公司")])
SAN = x509.SubjectAlternativeName([x509.DNSName("hub.example.cn"), x509.DNSName("*.wild.example.cn")])
Extensions = dict[str, tuple[x509.ExtensionType, bool]]


def usage(*wanted: str) -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
             "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
    return x509.KeyUsage(**{name: name in wanted for name in names})


CA: Extensions = {"basic": (x509.BasicConstraints(True, None), True), "ski": (SKI, False)}
LEAF: Extensions = {
    "basic": (x509.BasicConstraints(False, None), True),
    "aki": (AKI, False),
    "san": (SAN, False),
    "ku": (usage("digital_signature"), True),
    "eku": (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
}


def issue(subject: x509.Name, key: Any, extensions: Extensions, without: str = "") -> bytes:
    builder = x509.CertificateBuilder(CA_NAME, subject, key.public_key(), 77, AT - DAY, AT + DAY)
    for name, (extension, critical) in extensions.items():
        if name != without:
            builder = builder.add_extension(extension, critical)
    return builder.sign(CA_KEY, hashes.SHA256()).public_bytes(Encoding.DER)


def judge(below: bytes, above: bytes, **more: Any) -> certs.Verdict:
    return certs.validate_path(below, [], [above], at=AT, **more)


GOOD_CA, GOOD = issue(CA_NAME, CA_KEY, CA), issue(LEAF_NAME, LEAF_KEY, LEAF)
PEER = {"kind": "SERVER", "name": {"kind": "DNS", "value": "hub.example.cn"}}
DNS = x509.DNSName("example.cn")


def leaf(name: str, extension: x509.ExtensionType, critical: bool) -> tuple[bytes, bytes]:
    return issue(LEAF_NAME, LEAF_KEY, LEAF | {name: (extension, critical)}), GOOD_CA


def ca(name: str, extension: x509.ExtensionType, critical: bool) -> tuple[bytes, bytes]:
    return GOOD, issue(CA_NAME, CA_KEY, CA | {name: (extension, critical)})


def hosts(*names: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([x509.DNSName(name) for name in names])


BAD = {
    "no authority key": (issue(LEAF_NAME, LEAF_KEY, LEAF, "aki"), GOOD_CA),
    "critical key identifier": leaf("aki", AKI, True),
    "keyCertSign": leaf("ku", usage("key_cert_sign"), True),
    "empty subject": (issue(x509.Name([]), LEAF_KEY, LEAF), GOOD_CA),
    "odd host": leaf("san", hosts("hub.example.cn", "a_b.cn"), False),
    "constraints of a leaf": leaf("nc", x509.NameConstraints([DNS], None), True),
    "no subject key": (GOOD, issue(CA_NAME, CA_KEY, CA, "ski")),
    "basic constraints": ca("basic", x509.BasicConstraints(True, None), False),
    "name constraints": ca("nc", x509.NameConstraints([DNS], None), False),
    "dot": ca("nc", x509.NameConstraints([x509.DNSName(".example.cn")], None), True),
}


def test_good() -> None:
    verdict = judge(GOOD, GOOD_CA, peer=PEER, eku=["serverAuth"], key_usage=["digitalSignature"])
    assert verdict.ok, verdict.reasons
    assert judge(GOOD, GOOD_CA).forgiven == []
    assert (verdict.state, verdict.sof_code) == ("valid", 1)


@each("rule", BAD)
def test_forgiven_and_said_but_not_to_a_peer(rule: str) -> None:
    below, above = BAD[rule]
    usual = judge(below, above)
    assert usual.ok, usual.reasons
    assert [note.code for note in usual.forgiven] == ["profile"]
    for more in ({"peer": PEER}, {"rules": Rules(strict=True)}):
        assert "profile" in [reason.code for reason in judge(below, above, **more).reasons]


@each(
    ("more", "code"),
    [
        ({"eku": ["clientAuth"]}, "extended-key-usage"),
        ({"eku": ["1.2.3.4"]}, "extended-key-usage"),
        ({"key_usage": ["keyEncipherment"]}, "key-usage"),
        ({"key_usage": ["signing"]}, "argument"),
        ({"peer": {"kind": "SERVER", "name": {"kind": "DNS", "value": "other.example.cn"}}}, "peer"),
        ({"peer": {"kind": "SERVER", "name": {"kind": "IP", "value": "127.0.0.1"}}}, "peer"),
        ({"peer": {"kind": "SERVER", "name": {"kind": "IP", "value": "not one"}}}, "argument"),
        ({"peer": {"kind": "SERVER", "name": 5}}, "argument"),
        ({"explicit_policy": True}, "policy"),
        ({"at": AT + 2 * DAY}, "expired"),
        ({"at": AT - 2 * DAY}, "not-yet-valid"),
        ({"check_revocation": True}, "revocation-unknown"),
        ({"at": None}, "internal"),
        ({"eku": 5}, "internal"),
    ],
)
def test_what_is_asked_for(more: dict[str, Any], code: str) -> None:
    verdict = certs.validate_path(GOOD, [], [GOOD_CA], **({"at": AT} | more))
    assert not verdict.ok
    assert code in [reason.code for reason in verdict.reasons]


def test_a_moment_without_zone_is_utc() -> None:
    assert judge(GOOD, GOOD_CA).ok
    assert certs.validate_path(GOOD, [], [GOOD_CA], at=AT.replace(tzinfo=None)).ok


@pytest.mark.parametrize(
    ("pattern", "host", "matches"),
    [
        ("hub.example.cn", "HUB.example.cn.", True),
        ("*.example.cn", "a.example.cn", True),
        ("*.example.cn", "a.b.example.cn", False),
        ("*.example.cn", "example.cn", False),
        ("*.cn", "example.cn", False),
        ("a*.example.cn", "ab.example.cn", False),
        ("", "", False),
    ],
)
def test_hosts(pattern: str, host: str, matches: bool) -> None:
    assert host_matches(pattern, host) is matches
