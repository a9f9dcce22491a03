"""Lists made here: hold, delta, indirect, another signer, too old, a hundred thousand entries."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

import certs
from certs.model.crl import read_crl

AT = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
ROOT_KEY, LEAF_KEY, OTHER_KEY = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
R = x509.ReasonFlags


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(subject: str, key: Any, *extensions: x509.ExtensionType, serial: int = 9) -> bytes:
    builder = x509.CertificateBuilder(
        issuer_name=name("root"),
        subject_name=name(subject),
        public_key=key.public_key(),
        serial_number=serial,
        not_valid_before=AT - 9 * DAY,
        not_valid_after=AT + 9 * DAY,
    )
    for extension in extensions:
        builder = builder.add_extension(extension, isinstance(extension, x509.BasicConstraints))
    return builder.sign(ROOT_KEY, hashes.SHA256()).public_bytes(Encoding.DER)


def crl(
    *extensions: tuple[x509.ExtensionType, bool],
    rows: tuple[tuple[int, x509.ExtensionType | None], ...] = (),
    issuer: str = "root",
    key: Any = ROOT_KEY,
    begin: datetime = AT - DAY,
    end: datetime = AT + DAY,
) -> bytes:
    entries = []
    for serial, extension in rows:
        row = x509.RevokedCertificateBuilder(serial, AT - DAY)
        if extension is not None:
            row = row.add_extension(extension, isinstance(extension, x509.CertificateIssuer))
        entries.append(row.build())
    builder = x509.CertificateRevocationListBuilder(name(issuer), begin, end, [], entries)
    for one, critical in extensions:
        builder = builder.add_extension(one, critical)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


ROOT = certificate("root", ROOT_KEY, x509.BasicConstraints(True, None), serial=1)
LEAF = certificate("leaf", LEAF_KEY)


def judge(*lists: bytes, leaf: bytes = LEAF, others: tuple[bytes, ...] = ()) -> certs.Verdict:
    return certs.validate_path(leaf, list(others), [ROOT], at=AT, crls=list(lists), check_revocation=True)


def code(verdict: certs.Verdict) -> str:
    return verdict.reasons[0].code if verdict.reasons else "good"


def number(value: int) -> tuple[x509.ExtensionType, bool]:
    return x509.CRLNumber(value), False


def delta(value: int) -> tuple[x509.ExtensionType, bool]:
    return x509.DeltaCRLIndicator(value), True


def point(**settings: Any) -> tuple[x509.ExtensionType, bool]:
    usual: dict[str, Any] = {"full_name": None, "relative_name": None, "only_contains_user_certs": False}
    usual |= {"only_contains_ca_certs": False, "only_some_reasons": None, "indirect_crl": False}
    return x509.IssuingDistributionPoint(
        **(usual | {"only_contains_attribute_certs": False} | settings)
    ), True


def because(reason: x509.ReasonFlags) -> x509.CRLReason:
    return x509.CRLReason(reason)


def test_good_revoked_frozen_unknown() -> None:
    assert judge(crl()).ok
    revoked = judge(crl(rows=((9, because(R.key_compromise)),)))
    assert (code(revoked), revoked.sof_code, revoked.state) == ("revoked", -3, "invalid")
    frozen = judge(crl(rows=((9, because(R.certificate_hold)),)))
    assert (code(frozen), frozen.sof_code) == ("frozen", -4)
    assert "证书已冻结" in frozen.reasons[0].zh
    unknown = judge()
    assert (code(unknown), unknown.state, unknown.sof_code) == ("revocation-unknown", "indeterminate", -6)
    assert code(judge(crl(rows=((9, None),)))) == "revoked"
    assert judge(crl(rows=((8, None), (10, None)))).ok


@pytest.mark.parametrize(
    "settings",
    [
        {"end": AT - timedelta(seconds=1)},
        {"begin": AT + timedelta(seconds=1)},
        {"key": OTHER_KEY},
        {"issuer": "another"},
    ],
)
def test_lists_that_say_nothing(settings: dict[str, Any]) -> None:
    assert code(judge(crl(**settings))) == "revocation-unknown"


def test_scope() -> None:
    assert judge(crl(point(only_contains_user_certs=True))).ok
    assert code(judge(crl(point(only_contains_ca_certs=True)))) == "revocation-unknown"
    assert code(judge(crl(point(only_contains_attribute_certs=True)))) == "revocation-unknown"
    some = crl(point(only_some_reasons=frozenset((R.key_compromise, R.ca_compromise))))
    assert code(judge(some)) == "revocation-unknown"
    rest = frozenset(set(R) - {R.unspecified, R.remove_from_crl, R.key_compromise, R.ca_compromise})
    assert judge(some, crl(point(only_some_reasons=rest))).ok


def test_an_unknown_critical_extension_leaves_only_the_bad_news() -> None:
    strange = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)
    assert code(judge(crl(strange))) == "revocation-unknown"
    assert code(judge(crl(strange, rows=((9, None),)))) == "revoked"


def test_delta() -> None:
    base = crl(number(5))
    held = crl(number(5), rows=((9, because(R.certificate_hold)),))
    assert code(judge(base, crl(number(6), delta(4), rows=((9, None),)))) == "revoked"
    assert judge(held, crl(number(6), delta(4), rows=((9, because(R.remove_from_crl)),))).ok
    assert judge(base, crl(number(7), delta(6), rows=((9, None),))).ok, "it continues a later list"
    assert judge(base, crl(number(6), delta(4), rows=((9, None),), key=OTHER_KEY)).ok, "not theirs"
    assert code(judge(crl(number(6), delta(4)))) == "revocation-unknown", "a delta alone"


def test_newer_list_counts() -> None:
    older = crl(number(1), rows=((9, because(R.certificate_hold)),), begin=AT - 2 * DAY)
    assert judge(older, crl(number(2))).ok
    assert code(judge(older)) == "frozen"


def test_indirect() -> None:
    """The list of an authority that only signs lists, for the certificates of another."""
    signer = certificate("lists", OTHER_KEY, x509.KeyUsage(*([False] * 6), True, False, False), serial=20)
    where = x509.DistributionPoint(
        [x509.DirectoryName(name("lists"))], None, None, [x509.DirectoryName(name("lists"))]
    )
    leaf = certificate("leaf", LEAF_KEY, x509.CRLDistributionPoints([where]))
    theirs = x509.CertificateIssuer([x509.DirectoryName(name("root"))])
    own = crl()  # the signer's own status stands on the root's list

    def indirect(*rows: tuple[int, x509.ExtensionType | None], **more: Any) -> bytes:
        return crl(point(indirect_crl=True), rows=rows, issuer="lists", key=OTHER_KEY, **more)

    # The root's own list would do as well: leave it out where the indirect one is asked.
    assert code(judge(indirect((9, theirs)), own, leaf=leaf, others=(signer,))) == "revoked"
    assert code(judge(indirect((9, None)), own, leaf=leaf, others=(signer,))) == "good"
    bad_signer = crl(rows=((20, None),))
    assert judge(indirect((9, theirs)), bad_signer, leaf=leaf, others=(signer,)).ok, (
        "only the root's list counts"
    )
    assert code(judge(indirect((9, theirs)), leaf=leaf, others=(signer,))) == "revocation-unknown"
    plain = certificate("lists", OTHER_KEY, x509.KeyUsage(True, *([False] * 8)), serial=20)
    assert code(judge(indirect(), leaf=leaf, others=(plain,))) == "revocation-unknown", "may not sign lists"


def test_a_hundred_thousand_entries() -> None:
    """Read once; afterwards a question costs nothing that would grow with the list."""
    rows = tuple((1000 + at, None) for at in range(100_000))
    raw = crl(rows=((9, None), *rows))
    begun = time.perf_counter()
    assert len(read_crl(raw).entries) == 100_001
    once = time.perf_counter() - begun
    assert code(judge(raw)) == "revoked"
    again = []
    for _ in range(5):
        begun = time.perf_counter()
        assert code(judge(raw)) == "revoked"
        again.append(time.perf_counter() - begun)
    assert min(again) < once / 10, "not read again"
