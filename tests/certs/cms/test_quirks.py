"""What real kits write (reference 1.6): accepted with a note, or refused."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from certs.algorithms import sm2
from certs.algorithms.digest import digest
from certs.cms import oids, read_signed, sign
from certs.model import write as w
from certs.model.certificate import read_certificate
from certs.testpki.issue import (
    DAY,
    Authority,
    Blank,
    basic_constraints,
    extension,
    key_usage,
    name,
    public_info,
)
from certs.trust import Revocation, Trust
from certs.trustlist.quirks import BY_NOTE
from tests.certs.cms.forged import GOOD, SM2, SM3, attribute, forged, message, raw_value, signer
from tests.certs.cms.mutation import dump, tree
from tests.certs.cms.worlds import CONTENT, NOW, codes, notes, world
from tests.rows import each

AT = world("sm2-sm3")
KEY = AT.first
CURVE = w.oid("1.2.156.10197.1.301")


def _padded(der: bytes) -> bytes:
    """Both numbers in 33 bytes, needed or not."""
    r, s = decode_dss_signature(der)
    return w.sequence(*(w.element(2, number.to_bytes(33, "big")) for number in (r, s)))


def _unsigned_numbers(der: bytes) -> bytes:
    """Both numbers in 32 bytes, the leading zero forgotten."""
    r, s = decode_dss_signature(der)
    return w.sequence(*(w.element(2, number.to_bytes(32, "big")) for number in (r, s)))


@pytest.mark.parametrize("rows", [GOOD, None], ids=["attributes", "bare"])
def test_raw_r_and_s(rows: Any) -> None:
    verdict = AT.judge(forged(KEY, rows, value=raw_value))
    assert verdict.ok and notes(verdict) == {"raw-signature"}


@pytest.mark.parametrize("form", [_padded, _unsigned_numbers])
def test_numbers_with_a_zero_too_many_or_too_few(form: Any) -> None:
    for _ in range(8):  # until both kinds of number have been seen
        verdict = AT.judge(forged(KEY, value=form))
        assert verdict.ok and notes(verdict) <= {"signature-not-der"}


@each(
    "form",
    [
        lambda der: raw_value(der) + b"\0",
        lambda der: raw_value(der)[:63],
        lambda der: raw_value(der)[32:] + raw_value(der)[:32],
        lambda der: der + b"\0",
        lambda der: b"",
        lambda der: bytes(64),
        lambda der: w.sequence(w.integer(0), w.integer(0)),
        lambda der: w.sequence(*(w.integer(n + sm2.curve.N) for n in decode_dss_signature(der))),
    ],
    ids=["long", "short", "swapped", "tail", "empty", "zeros", "zero numbers", "out of range"],
)
def test_other_forms_do_not_hold(form: Any) -> None:
    assert codes(AT.judge(forged(KEY, value=form))) == {"signature"}


def test_raw_values_are_sm2_only() -> None:
    at = world("ecdsa-sha256")
    plain = sign(CONTENT, at.first, arc="rsa", bare=True)
    value = read_signed(plain).signers[0].signature
    assert at.judge(plain).ok
    forged_value = plain.replace(w.octets(value), w.octets(raw_value(value)))
    assert not at.judge(forged_value).ok


@pytest.mark.parametrize("bare", [False, True])
def test_gmssl_without_z_does_not_hold(bare: bool) -> None:
    """The value of GmSSL's cmssign is over SM3 of header and content, without Z: no identity is bound."""
    rows = None if bare else GOOD
    covered = CONTENT if bare else w.set_of(*GOOD)
    for text in (covered, w.sequence(w.oid(oids.DATA["sm2"]), w.explicit(0, w.octets(CONTENT)))):
        r, s = sm2.backend().sign(digest(text), KEY.private)
        value = w.sequence(w.integer(r), w.integer(s))
        raw = forged(KEY, rows, value=lambda _, value=value: value)
        assert codes(AT.judge(raw)) == {"signature"}


def test_another_identity_does_not_hold() -> None:
    value = sm2.sign(w.set_of(*GOOD), KEY.private, b"")
    assert codes(AT.judge(forged(KEY, value=lambda _: value))) == {"signature"}


@each(
    "named",
    [SM3, w.algorithm("1.2.156.10197.1.401", w.NULL), w.algorithm("1.2.156.10197.1.401.1", w.NULL)],
    ids=["absent", "NULL", "without key"],
)
@each(
    "algorithm",
    [
        SM2,
        w.algorithm("1.2.156.10197.1.301.1", w.NULL),
        w.algorithm("1.2.156.10197.1.501"),
        w.algorithm("1.2.156.10197.1.501", w.NULL),
        w.algorithm("1.2.156.10197.1.301"),
        w.algorithm("1.2.840.10045.2.1"),
        w.algorithm("1.2.840.10045.2.1", CURVE),
    ],
    ids=["301.1", "301.1 NULL", "501", "501 NULL", "301", "key", "key and curve"],
)
def test_every_name_of_sm2(named: bytes, algorithm: bytes) -> None:
    for rows in (GOOD, None):
        assert AT.judge(forged(KEY, rows, digest=named, algorithm=algorithm)).ok


def test_content_as_pkcs7_writes_it() -> None:
    """No octet string inside [0]: what counts are the octets inside the element (RFC 5652, 5.2.1)."""
    verdict = AT.judge(forged(KEY, inner=w.explicit(0, w.element(0x0C, CONTENT))))
    assert verdict.ok and notes(verdict) == {"content-not-octets"}
    pieces = w.element(0x24, w.octets(CONTENT[:10]), w.octets(CONTENT[10:]))
    verdict = AT.judge(forged(KEY, inner=w.explicit(0, pieces)))
    assert verdict.ok and notes(verdict) == {"content-in-pieces"}


def test_arcs_may_be_mixed_if_the_attribute_agrees() -> None:
    rows = (GOOD[1], attribute(oids.CONTENT_TYPE, w.oid(oids.DATA["rsa"])))
    assert AT.judge(forged(KEY, rows, kind=oids.DATA["rsa"])).ok
    assert AT.judge(forged(KEY, rows, kind=oids.DATA["rsa"], arc="rsa")).ok


def test_other_kinds_of_certificates_and_revocation_are_read_past() -> None:
    attribute_certificate = w.implicit(2, w.sequence(w.integer(1)))
    scvp = w.implicit(1, w.sequence(w.oid("1.3.6.1.5.5.7.16.4"), w.sequence()))
    raw = message(
        signer(KEY), certificates=(KEY.certificate, *KEY.chain, attribute_certificate),
        lists=w.implicit(1, w.set_of(scvp)),
    )  # fmt: skip
    verdict = AT.judge(raw)
    assert verdict.ok
    assert notes(verdict) == {"certificate-of-another-kind", "revocation-of-another-kind"}


def test_the_issuer_in_another_string_type() -> None:
    certificate = read_certificate(KEY.certificate)
    rows = [
        w.set_of(w.sequence(w.oid(kind), w.element(0x1E, value.encode("utf-16-be"))))
        for kind, value in certificate.issuer.attributes
    ]
    sid = w.sequence(w.sequence(*rows), w.integer(certificate.serial))
    verdict = AT.judge(forged(KEY, sid=sid))
    assert verdict.ok and notes(verdict) == {"issuer-written-differently"}


def test_certificates_that_break_other_readers() -> None:
    """2.5.4.45 as text in the issuer's name, a private extension of bare text: both seen in real messages."""
    root = Authority.root("沙箱根", now=NOW)
    subject = name(("C", "CN"), ("O", "12620000000000000X"), ("UI", "B00102"), ("CN", "沙箱印章 CA"))
    extensions = (basic_constraints(ca=True), key_usage("keyCertSign", "cRLSign"))
    sub = root.sub("沙箱印章 CA")
    blank = Blank(7, root.subject, NOW - DAY, NOW + DAY, subject, public_info(sub.key), extensions)
    odd = replace(sub, key=replace(sub.key, certificate=blank.signed(root.key)), subject=subject)
    key = odd.issue("印章持有人", extensions=[extension("1.2.5.29.1", b"91620000MA0000000X")])
    raw = sign(CONTENT, key)
    assert "2.5.4.45=B00102" in str(read_signed(raw).signers[0].issuer)
    verdict = AT.judge(raw, trust=Trust((root.key.certificate,), Revocation.IGNORED))
    assert verdict.ok, verdict.sentence("en")
    assert "unique-identifier-as-text" in notes(verdict)


def test_an_alternative_name_that_is_no_sequence_is_told_apart_from_a_bad_signature() -> None:
    key = AT.sub.issue("别名写错", extensions=[extension("2.5.29.17", b"\x0c\x03abc")])
    verdict = AT.judge(sign(CONTENT, key))
    assert codes(verdict) <= {"extension"}
    assert {check.name: check.outcome for check in verdict.checks}["signature"] == "passed"


def test_everything_in_indefinite_lengths() -> None:
    """Some toolkits write the whole message so; attributes are signed in DER, certificates were issued so."""
    raw = sign(CONTENT, [AT.first, AT.second], time=NOW, crls=AT.trust.crls)
    endless = dump(tree(raw)[0], endless=True)
    assert endless[1] == 0x80 and endless.count(b"\0\0") > 50
    verdict = AT.judge(endless)
    assert verdict.ok and notes(verdict) == {"indefinite-length"}
    assert read_signed(endless).signers == read_signed(raw).signers


def test_a_digest_that_is_not_announced() -> None:
    verdict = AT.judge(forged(KEY, announced=w.algorithm("2.16.840.1.101.3.4.2.1")))
    assert verdict.ok and notes(verdict) == {"digest-not-announced"}


NOTES = (
    "attributes-not-in-order", "certificate-of-another-kind", "content-in-pieces", "content-not-octets",
    "digest-not-announced", "indefinite-length", "issuer-written-differently", "kept-data-unreadable",
    "padding", "raw-signature", "revocation-of-another-kind", "signature-not-der",
)  # fmt: skip


@each("note", NOTES)
def test_every_note_has_a_name_that_a_list_can_tolerate(note: str) -> None:
    assert BY_NOTE[note].name == note and BY_NOTE[note].zh
    places = [*Path(str(files("certs.cms"))).glob("*.py"), Path(str(files("certs.model"))) / "armour.py"]
    assert any(f'"{note}"' in path.read_text(encoding="utf-8") for path in places)
