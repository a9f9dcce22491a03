"""What hostile chains cost: cliques of CAs, crowds of namesakes, floods of names. All end soon."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

import certs

AT = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
KEYS = [ec.generate_private_key(ec.SECP256R1()) for _ in range(14)]
CA = x509.BasicConstraints(True, None)


def issue(
    subject: str | x509.Name,
    key: int,
    issuer: str,
    by: int,
    *extensions: x509.ExtensionType,
    serial: int | None = None,
) -> bytes:
    builder = x509.CertificateBuilder(
        issuer_name=name(issuer),
        subject_name=name(subject) if isinstance(subject, str) else subject,
        public_key=KEYS[key].public_key(),
        serial_number=serial or x509.random_serial_number(),
        not_valid_before=AT - DAY,
        not_valid_after=AT + DAY,
    )
    for extension in extensions:
        critical = isinstance(extension, x509.BasicConstraints | x509.NameConstraints)
        builder = builder.add_extension(extension, critical)
    return builder.sign(KEYS[by], hashes.SHA256()).public_bytes(Encoding.DER)


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def timed(leaf: bytes, others: list[bytes], anchors: list[bytes]) -> certs.Verdict:
    """The verdict; the best of three runs ends soon: a guard against blow-up, not a claim of speed."""
    took = []
    for _ in range(3):
        begun = time.thread_time()
        verdict = certs.validate_path(leaf, others, anchors, at=AT)
        took.append(time.thread_time() - begun)
    assert min(took) < 1.0, took
    return verdict


ROOT = issue("root", 0, "root", 0, CA)


def test_a_clique_of_cas_without_a_root() -> None:
    ring = range(1, 13)
    clique = [issue(f"ca{a}", a, f"ca{b}", b, CA) for a in ring for b in ring if a != b]
    verdict = timed(issue("leaf", 13, "ca1", 1), clique, [ROOT])
    assert verdict.state == "indeterminate"
    assert [reason.code for reason in verdict.reasons] == ["limit"]


def test_a_clique_of_cas_with_a_way_out() -> None:
    ring = range(1, 6)
    clique = [issue(f"ca{a}", a, f"ca{b}", b, CA) for a in ring for b in ring if a != b]
    way_out = issue("ca5", 5, "root", 0, CA)
    assert timed(issue("leaf", 13, "ca1", 1), [*clique, way_out], [ROOT]).ok


def test_a_crowd_of_namesakes() -> None:
    """Hundreds bear the issuer's name, one has its key; the key identifiers show which."""
    right = x509.SubjectKeyIdentifier.from_public_key(KEYS[1].public_key())
    crowd = [issue("ca", 2, "root", 0, CA, serial=n + 1) for n in range(300)]
    authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(right)
    leaf = issue("leaf", 13, "ca", 1, authority)
    wrong = x509.SubjectKeyIdentifier.from_public_key(KEYS[2].public_key())
    crowd = [issue("ca", 2, "root", 0, CA, wrong, serial=n + 1) for n in range(300)]
    assert timed(leaf, [*crowd, issue("ca", 1, "root", 0, CA, right)], [ROOT]).ok
    assert timed(leaf, crowd, [ROOT]).reasons[0].code == "limit"


def test_more_than_is_looked_at() -> None:
    assert timed(ROOT, [ROOT] * 501, [ROOT]).reasons[0].code == "limit"


@pytest.mark.parametrize(("count", "code"), [(700, ""), (1500, "too-many-names")])
def test_floods_of_names(count: int, code: str) -> None:
    hosts = [x509.DNSName(f"h{n}.example.cn") for n in range(count)]
    limits = x509.NameConstraints([x509.DNSName(f"h{n}.example.cn") for n in range(count)], None)
    ca = issue("ca", 1, "root", 0, CA, limits)
    verdict = timed(issue("leaf", 13, "ca", 1, x509.SubjectAlternativeName(hosts)), [ca], [ROOT])
    assert [reason.code for reason in verdict.reasons] == [code] * bool(code)


def test_policies_do_not_multiply() -> None:
    """Each level maps every policy to every other: a tree would have 12^8 leaves."""
    oids = [x509.ObjectIdentifier(f"1.2.3.{n}") for n in range(12)]
    chain, last = [], ("root", 0)
    policies = x509.CertificatePolicies([x509.PolicyInformation(oid, None) for oid in oids])
    pairs = b"".join(_pair(a, b) for a in range(12) for b in range(12))
    mappings = x509.UnrecognizedExtension(
        x509.ObjectIdentifier("2.5.29.33"), b"\x30\x82" + len(pairs).to_bytes(2, "big") + pairs
    )
    for level in range(1, 9):
        chain.append(issue(f"ca{level}", level, *last, CA, policies, mappings))
        last = (f"ca{level}", level)
    assert timed(issue("leaf", 13, *last, policies), chain, [ROOT]).ok
    assert len(chain) == 8


def _pair(one: int, two: int) -> bytes:
    return b"\x30\x0a" + b"".join(b"\x06\x03\x2a\x03" + bytes([n]) for n in (one, two))


class TestNames:
    GANSU = ("CN", "甘肃省", "兰州市公共资源交易中心")

    def dn(self, *parts: str, title: str = "") -> x509.Name:
        kinds = (NameOID.COUNTRY_NAME, NameOID.STATE_OR_PROVINCE_NAME, NameOID.ORGANIZATION_NAME)
        named = [x509.NameAttribute(kind, text) for kind, text in zip(kinds, parts, strict=False)]
        return x509.Name([*named, x509.NameAttribute(NameOID.COMMON_NAME, title)] if title else named)

    @pytest.mark.parametrize(
        ("subject", "permitted"),
        [
            (("CN", "甘肃省", "兰州某公司"), True),
            (("cn", "  甘肃省 ", "兰州某公司"), True),
            (("CN", "陕西省", "西安某公司"), False),
            (("CN",), False),
        ],
    )
    def test_a_province_keeps_to_itself(self, subject: tuple[str, ...], permitted: bool) -> None:
        limits = x509.NameConstraints([x509.DirectoryName(self.dn("CN", "甘肃省"))], None)
        ca = issue("ca", 1, "root", 0, CA, limits)
        verdict = timed(issue(self.dn(*subject, title="章"), 13, "ca", 1), [ca], [ROOT])
        assert verdict.ok is permitted
        assert permitted or [reason.code for reason in verdict.reasons] == ["name-constraints"]

    def test_full_width_letters_do_not_get_around_an_exclusion(self) -> None:
        limits = x509.NameConstraints(None, [x509.DirectoryName(self.dn("CN", "Gansu"))])
        ca = issue("ca", 1, "root", 0, CA, limits)
        for province in ("gansu", "Ｇａｎｓｕ", "Gan\u200bsu"):
            verdict = timed(issue(self.dn("CN", province, title="x"), 13, "ca", 1), [ca], [ROOT])
            assert [reason.code for reason in verdict.reasons] == ["name-constraints"], province
