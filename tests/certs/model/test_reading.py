"""Reading: what is forgiven is said, what is not forgiven is refused with our own exception."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509 as second
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.model.certificate import read_certificate
from certs.model.crl import read_crl
from certs.model.der import MalformedError, Reader, dotted
from certs.model.extensions import READERS
from certs.model.names import normal, read_name
from certs.model.ocsp import read_answer
from certs.model.times import read_time
from tests.rows import each

SUITES = Path(__file__).parents[4] / "shared" / "pki"


def der(tag: int, *content: bytes) -> bytes:
    """A test's own encoder; lengths up to 65,535."""
    body = b"".join(content)
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    if size < 256:
        return bytes([tag, 0x81, size]) + body
    return bytes([tag, 0x82]) + size.to_bytes(2, "big") + body


def attribute(oid: bytes, tag: int, text: bytes) -> bytes:
    return der(0x31, der(0x30, der(6, oid), der(tag, text)))


CN, UNIQUE = b"\x55\x04\x03", b"\x55\x04\x2d"
SHA256_RSA = der(0x30, der(6, bytes.fromhex("2a864886f70d01010b")), b"\x05\x00")
SPKI = der(0x30, der(0x30, der(6, bytes.fromhex("2b6570"))), der(3, b"\x00" * 33))


def extension(oid: bytes, value: bytes, critical: bytes | None = None) -> bytes:
    return der(0x30, der(6, oid), *([] if critical is None else [der(1, critical)]), der(4, value))


def certificate(
    *extensions: bytes,
    subject: bytes = attribute(CN, 0x0C, "甘肃".encode()),
    begin: bytes = der(0x17, b"250101000000Z"),
    serial: bytes = b"\x05",
    outer: bytes = SHA256_RSA,
) -> bytes:
    body = [der(0xA0, der(2, b"\x02")), der(2, serial), SHA256_RSA, der(0x30, subject)]
    body += [der(0x30, begin, der(0x17, b"300101000000Z")), der(0x30, subject), SPKI]
    if extensions:
        body.append(der(0xA3, der(0x30, *extensions)))
    return der(0x30, der(0x30, *body), outer, der(3, b"\x00\x01\x02"))


NAMES = b"\x55\x1d\x11"
FORGIVEN = {
    "unique-identifier-as-text": certificate(subject=attribute(UNIQUE, 0x0C, b"B00102")),
    "text-against-its-type": certificate(subject=attribute(CN, 0x13, "兰州".encode("gb18030"))),
    "generalized-time-before-2050": certificate(begin=der(0x18, b"20250101000000Z")),
    "time-not-der": certificate(begin=der(0x17, b"250101080000+0800")),
    "serial-out-of-range": certificate(serial=b"\x85"),
    "integer-not-minimal": certificate(serial=b"\x00\x05"),
    "boolean-not-ff": certificate(extension(b"\x55\x1d\x0f", der(3, b"\x05\xa0"), b"\x01")),
    "default-written-out": certificate(extension(b"\x55\x1d\x0f", der(3, b"\x05\xa0"), b"\x00")),
    "unreadable:subject_names": certificate(extension(NAMES, "甘肃".encode())),
}


@each("note", FORGIVEN)
def test_forgiven_and_said(note: str) -> None:
    assert note in read_certificate(FORGIVEN[note]).notes


def test_nothing_to_forgive() -> None:
    view = read_certificate(certificate(extension(b"\x55\x1d\x13", der(0x30, der(1, b"\xff")), b"\xff")))
    assert view.notes == ()
    assert view.is_ca
    assert (str(view.subject), view.serial, view.version) == ("CN=甘肃", 5, 3)


def test_a_private_extension_of_bare_text_is_nobodys_business() -> None:
    """YNCA writes the credit code as bare octets under 1.2.5.29.1."""
    view = read_certificate(certificate(extension(b"\x2a\x05\x1d\x01", b"91620000MA71XXXX00")))
    assert view.extensions.values["1.2.5.29.1"] == b"91620000MA71XXXX00"
    assert view.notes == ()


REFUSED = {
    "twice": certificate(*[extension(NAMES, der(0x30, der(0x82, b"a.cn")))] * 2),
    "trailing": certificate() + b"\x00",
    "cut": certificate()[:-1],
    "no-time": certificate(begin=der(0x17, b"251301000000Z")),
    "indefinite": certificate().replace(b"\x30\x81", b"\x30\x80", 1) + b"\x00\x00",
    "odd-signature": der(0x30, der(0x30), SHA256_RSA, der(3, b"\x03\x08")),
    "unknown-version": certificate().replace(der(0xA0, der(2, b"\x02")), der(0xA0, der(2, b"\x07"))),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused(what: str) -> None:
    with pytest.raises(MalformedError):
        read_certificate(REFUSED[what])


@pytest.mark.parametrize("read", [read_certificate, read_crl, read_answer])
@given(raw=st.binary(max_size=200))
@settings(max_examples=150, deadline=None)
def test_no_exception_but_ours(read: Callable[[bytes], object], raw: bytes) -> None:
    for sample in (raw, der(0x30, raw), der(0x30, der(0x30, raw), SHA256_RSA, der(3, b"\x00"))):
        try:
            read(sample)
        except MalformedError:
            continue


@pytest.mark.parametrize("oid", READERS)
@given(raw=st.binary(max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_extension_reader_raises_but_ours(oid: str, raw: bytes) -> None:
    for sample in (raw, der(0x30, raw), der(0x30, der(0x30, raw)), der(0x30, der(0xA0, raw), der(0x81, raw))):
        try:
            READERS[oid][1](Reader(sample))
        except MalformedError:
            continue


@given(raw=st.binary(max_size=40))
def test_names_and_times_raise_but_ours(raw: bytes) -> None:
    for sample in (der(0x30, raw), der(0x30, attribute(CN, 0x1E, raw)), der(0x17, raw), der(0x18, raw)):
        reader = Reader(sample)
        for read in (read_name, read_time):
            try:
                read(reader, reader.parts(0, len(sample))[0])
            except MalformedError:
                continue


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("CN=A  B", "cn=a b ", True),
        ("兰州市", " 兰州市", True),
        ("ＡＢＣ公司", "abc公司", True),
        ("Straße", "STRASSE", True),
        ("Gan\u200bsu", "gansu", True),
        ("兰州", "蘭州", False),
        ("a b", "ab", False),
    ],
)
def test_how_texts_compare(one: str, two: str, same: bool) -> None:
    assert (normal(one) == normal(two)) is same


@pytest.mark.parametrize(("tag", "codec"), [(0x0C, "utf-8"), (0x1E, "utf-16-be"), (0x1C, "utf-32-be")])
def test_a_name_is_the_same_in_every_string_type(tag: int, codec: str) -> None:
    names = []
    for kind, encoding in ((tag, codec), (0x0C, "utf-8")):
        raw = der(0x30, attribute(CN, kind, "甘肃省 CA".encode(encoding)))
        names.append(read_name(Reader(raw), Reader(raw).whole()))
    assert names[0] == names[1]
    assert str(names[0]) == "CN=甘肃省 CA"


def test_object_identifiers() -> None:
    assert dotted(bytes.fromhex("2a811ccf5501822d")) == "1.2.156.10197.1.301"
    assert dotted(b"\x88\x37") == "2.999"
    for wrong in (b"", b"\x80\x01", b"\x2a\x80\x01", b"\x2a\x86"):
        with pytest.raises(MalformedError):
            dotted(wrong)


def test_offsets_of_times_are_reckoned() -> None:
    view = read_certificate(FORGIVEN["time-not-der"])
    assert view.not_before == datetime(2025, 1, 1, tzinfo=UTC)


def outside(name: str) -> list[Any]:
    if not (SUITES / f"{name}.json.xz").exists():
        pytest.skip(f"outside suite {name} is not beside the project (../shared/pki)")
    spec = importlib.util.spec_from_file_location("suite", SUITES / "suite.py")
    assert spec and spec.loader
    made = importlib.util.module_from_spec(spec)
    sys.modules["suite"] = made
    spec.loader.exec_module(made)
    return list(made.load(name)[1])


@pytest.mark.parametrize("name", ["pkits", "gm", "openssl_verify"])
def test_second_opinion_of_asn1crypto(name: str) -> None:
    """What both can read, both read alike."""
    seen = {raw for case in outside(name) for raw in (case.leaf, *case.intermediates, *case.roots)}
    agreed = 0
    for raw in seen:
        try:
            ours = read_certificate(raw)
            theirs = second.Certificate.load(raw, strict=True)
            body = theirs["tbs_certificate"]
            critical = {one["extn_id"].dotted for one in body["extensions"] if one["critical"].native}
        except (MalformedError, ValueError, KeyError):
            continue
        assert ours.serial == theirs.serial_number
        assert (ours.subject.raw, ours.issuer.raw) == (theirs.subject.dump(), theirs.issuer.dump())
        validity = body["validity"]
        assert ours.not_before == validity["not_before"].native
        assert ours.not_after == validity["not_after"].native
        assert ours.signed == body.dump()
        assert ours.signature == theirs["signature_value"].native
        assert ours.extensions.critical == critical
        agreed += 1
    assert agreed >= 0.75 * len(seen)
