"""XML signatures made here and checked here, and both ways with signxml and xmlsec1."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key
from cryptography.x509 import load_der_x509_certificate
from lxml import etree
from signxml import (  # type: ignore[attr-defined]
    CanonicalizationMethod,
    SignatureConstructionMethod,
    SignatureMethod,
    XMLSigner,
    XMLVerifier,
)

from certs.algorithms.digest import digest
from certs.algorithms.sm2_keys import pem
from certs.xml import (
    EXCLUSIVE,
    INCLUSIVE,
    INCLUSIVE_11,
    XmlSigningError,
    sign_xml,
    verify_xml,
    xml_signature_info,
)
from tests.certs.xml.world import ALGORITHMS, CHINESE, NOW, PLAIN, codes, opened, root, signer, trust
from tests.rows import each

METHODS = (EXCLUSIVE, INCLUSIVE, INCLUSIVE_11)
FORMS: list[tuple[str, Any, str]] = [
    ("enveloped", "", ""),
    ("enveloped", "p1", "#p1"),
    ("enveloping", "", ""),
    ("detached", "p1", "#p1"),
    ("detached", ["p1", "p2"], "#p2"),
]


@each("document", [PLAIN, CHINESE], ids=["plain", "chinese"])
@each("method", METHODS)
@each(("form", "names", "covers"), FORMS)
@each("algorithm", ALGORITHMS)
def test_what_is_signed_here_is_valid_here(
    algorithm: str, form: Any, names: Any, covers: str, method: str, document: bytes
) -> None:
    made = sign_xml(document, signer(algorithm), form=form, reference_id=names, canonical_method=method)
    found = opened(made, covers=covers)
    assert found.verdict.ok, found.verdict.reasons
    assert found.verdict.signer == signer(algorithm).certificate
    assert len(found.signed) == (len(names) if isinstance(names, list) else 1)
    assert b"SignatureValue" not in found.signed[0].canonical
    steps = {check.name: check.outcome for check in found.verdict.checks}
    assert steps["second-engine"] == ("skipped" if algorithm == "sm2-sm3" else "passed")
    assert found.verdict.facts["signed.1"] == found.signed[0].xpath


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_octets_given_out_are_the_ones_that_were_signed(algorithm: str) -> None:
    found = opened(sign_xml(PLAIN, signer(algorithm)))
    (part,) = found.signed
    assert part.canonical == (
        b'<bid xmlns="urn:a"><b:x xmlns:b="urn:b" Id="p1">one<i a="1&#xA;2"></i></b:x>'
        b'<y Id="p2">2</y>tail</bid>'
    )
    assert (part.xpath, part.uri, part.enveloped) == ("/*", "", True)
    name = "sm3" if algorithm == "sm2-sm3" else "sha256"
    assert found.verdict.facts[f"signed.1.{name}"] == digest(part.canonical, name).hex()


def test_a_signature_says_nothing_about_what_it_does_not_cover() -> None:
    made = sign_xml(PLAIN, signer("sm2-sm3"), form="detached", reference_id="p1")
    assert codes(opened(made)) == {"not-covered"}
    assert codes(opened(made, covers="#p2")) == {"not-covered"}
    assert codes(opened(made, covers="#p9")) == {"not-covered"}
    assert opened(made, covers=None).verdict.ok
    assert opened(made, covers="#p2").signed == ()


def test_two_signatures_want_a_name() -> None:
    one = sign_xml(PLAIN, signer("sm2-sm3"), form="detached", reference_id="p1", signature_id="s1")
    two = sign_xml(one, signer("rsa-sha256"), form="detached", reference_id="p2", signature_id="s2")
    assert codes(opened(two, covers=None)) == {"argument"}
    assert opened(two, which="s1", covers="#p1").verdict.ok
    assert opened(two, which="s2", covers="#p2").verdict.ok
    assert codes(opened(two, which="s3", covers=None)) == {"no-signature"}


def test_every_reason_of_the_chain_counts() -> None:
    made = sign_xml(PLAIN, signer("sm2-sm3"))
    other = root("rsa-sha256")
    from certs.trust import Revocation, Trust

    stranger = Trust((other.key.certificate,), Revocation.REQUIRED, crls=(other.crl(),))
    assert "no-path" in codes(opened(made, trust=stranger))
    late = NOW.replace(year=2030)
    assert "expired" in codes(opened(made, at=late))
    blind = Trust(trust().anchors, Revocation.REQUIRED)
    assert opened(made, trust=blind).verdict.state == "indeterminate"


def test_der_values_of_sm2_are_taken_and_noted() -> None:
    import base64

    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    made = sign_xml(PLAIN, signer("sm2-sm3"))
    tree = etree.fromstring(made)
    (value,) = tree.iter("{*}SignatureValue")
    raw = base64.b64decode(value.text or "")
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    value.text = base64.b64encode(der).decode()
    found = opened(etree.tostring(tree))
    assert found.verdict.ok
    assert [one.detail for one in found.verdict.forgiven if one.code == "encoding"] == ["signature-is-der"]


def test_a_table_of_ones_own() -> None:
    from certs.xml import Algorithms

    made = sign_xml(PLAIN, signer("sm2-sm3"))
    other = made.replace(b"xmldsig-more#sm3", b"example-more#sm3")
    assert "algorithm-unknown" in codes(opened(other))
    mine = Algorithms(digests={"http://www.w3.org/2001/04/example-more#sm3": "sm3"})
    made = sign_xml(PLAIN, signer("sm2-sm3"), algorithms=mine)
    assert opened(made, algorithms=mine).verdict.ok
    assert "algorithm-unknown" in codes(opened(made))


def test_certificates_may_come_from_elsewhere() -> None:
    made = etree.fromstring(sign_xml(PLAIN, signer("sm2-sm3")))
    (info,) = made.iter("{*}KeyInfo")
    info.getparent().remove(info)  # type: ignore[union-attr]
    bare = etree.tostring(made)
    assert "no-signer" in codes(opened(bare))
    others = (root("sm2-sm3").key.certificate, signer("sm2-sm3").certificate)
    assert opened(bare, certificates=others).verdict.ok


def key_of(algorithm: str) -> Any:
    return load_der_private_key(signer(algorithm).private, None)


@each("algorithm", ["rsa-sha256", "ecdsa-sha256"])
@each("method", list(CanonicalizationMethod))
@each("construction", list(SignatureConstructionMethod))
def test_made_by_signxml(algorithm: str, method: Any, construction: Any) -> None:
    held = signer(algorithm)
    by = XMLSigner(construction, SignatureMethod.from_fragment(algorithm), c14n_algorithm=method)
    chain = [load_der_x509_certificate(one) for one in (held.certificate, *held.chain)]
    detached = construction is SignatureConstructionMethod.detached
    made = by.sign(
        etree.fromstring(PLAIN), key=key_of(algorithm), cert=chain, reference_uri="p1" if detached else None
    )
    if detached:
        whole = etree.fromstring(PLAIN)
        whole.append(made)
        made = whole
    found = opened(etree.tostring(made), covers=None)
    if "WithComments" in method.value:
        assert not found.verdict.ok
    elif detached and "exc-c14n" not in method.value:
        assert codes(found) == {"signature"}  # it was moved below namespaces that inclusive C14N takes along
    else:
        assert found.verdict.ok, found.verdict.reasons


@pytest.mark.parametrize("algorithm", ["rsa-sha256", "ecdsa-sha256"])
@pytest.mark.parametrize("method", METHODS)
def test_read_by_signxml_as_it_is(algorithm: str, method: str) -> None:
    made = sign_xml(PLAIN, signer(algorithm), canonical_method=method)
    certificate = load_der_x509_certificate(signer(algorithm).certificate)
    found = XMLVerifier().verify(made, x509_cert=certificate)
    assert found.signed_data == opened(made).signed[0].canonical


xmlsec = pytest.mark.skipif(shutil.which("xmlsec1") is None, reason="the xmlsec1 command")


@xmlsec
@pytest.mark.parametrize("document", [PLAIN, CHINESE], ids=["plain", "chinese"])
@pytest.mark.parametrize("algorithm", ["rsa-sha256", "ecdsa-sha256"])
@pytest.mark.parametrize(("form", "names", "covers"), FORMS)
@pytest.mark.parametrize("method", METHODS)
def test_read_by_xmlsec1(
    tmp_path: Path, algorithm: str, form: Any, names: Any, covers: str, method: str, document: bytes
) -> None:
    made = sign_xml(document, signer(algorithm), form=form, reference_id=names, canonical_method=method)
    (tmp_path / "a.xml").write_bytes(made)
    (tmp_path / "root.pem").write_text(pem("CERTIFICATE", root(algorithm).key.certificate))
    ids = [
        f"--id-attr:Id {name}" for name in ("urn:b:x", "urn:a:y", "http://www.w3.org/2000/09/xmldsig#:Object")
    ]
    done = subprocess.run(
        ["xmlsec1", "--verify", "--trusted-pem", str(tmp_path / "root.pem"), "--verification-time",
         "2026-11-22 00:00:00", *" ".join(ids).split(), str(tmp_path / "a.xml")],
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()


@xmlsec
@pytest.mark.parametrize("document", [PLAIN, CHINESE], ids=["plain", "chinese"])
@pytest.mark.parametrize("algorithm", ["rsa-sha256", "ecdsa-sha256"])
@pytest.mark.parametrize("method", METHODS)
def test_made_by_xmlsec1(tmp_path: Path, algorithm: str, method: str, document: bytes) -> None:
    template = (
        '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>'
        f'<ds:CanonicalizationMethod Algorithm="{method}"/><ds:SignatureMethod '
        f'Algorithm="http://www.w3.org/2001/04/xmldsig-more#{algorithm}"/>'
        '<ds:Reference URI=""><ds:Transforms>'
        '<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>'
        f'<ds:Transform Algorithm="{method}"/></ds:Transforms><ds:DigestMethod '
        'Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/></ds:Reference></ds:SignedInfo>'
        "<ds:SignatureValue/><ds:KeyInfo><ds:X509Data/></ds:KeyInfo></ds:Signature>"
    ).encode()
    at = document.rindex(b"</")
    (tmp_path / "t.xml").write_bytes(document[:at] + template + document[at:])
    (tmp_path / "key.pem").write_text(pem("PRIVATE KEY", signer(algorithm).private))
    (tmp_path / "crt.pem").write_text(pem("CERTIFICATE", signer(algorithm).certificate))
    done = subprocess.run(
        ["xmlsec1", "--sign", "--privkey-pem", f"{tmp_path / 'key.pem'},{tmp_path / 'crt.pem'}",
         str(tmp_path / "t.xml")],
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    found = opened(done.stdout)
    assert found.verdict.ok, found.verdict.reasons


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"form": "enveloping", "reference_id": "p1"}, "whole document"),
        ({"form": "enveloped", "reference_id": ["p1", "p2"]}, "one element"),
        ({"form": "detached"}, "needs the Id"),
        ({"form": "detached", "reference_id": ["p1", "p1"]}, "once"),
        ({"form": "detached", "reference_id": "nowhere"}, "0 elements"),
        ({"canonical_method": "urn:other"}, "canonicalisation"),
    ],
)
def test_what_cannot_be_signed_is_said(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(XmlSigningError, match=said):
        sign_xml(PLAIN, signer("sm2-sm3"), **asked)


def test_what_the_sof_interface_asks_for() -> None:
    made = sign_xml(PLAIN, signer("sm2-sm3"))
    got = {kind: xml_signature_info(made, kind) for kind in range(1, 7)}
    assert got[1] == opened(made).signed[0].canonical
    assert got[2] == digest(got[1], "sm3")
    assert len(got[3]) == 64
    assert got[4] == signer("sm2-sm3").certificate
    assert got[5] == b"http://www.w3.org/2001/04/xmldsig-more#sm3"
    assert got[6] == b"http://www.w3.org/2001/04/xmldsig-more#sm2-sm3"
    for kind in (0, 7):
        with pytest.raises(ValueError, match="kind"):
            xml_signature_info(made, kind)
    for wrong in (PLAIN, b"", made.replace(b'URI=""', b'URI="#no"')):
        with pytest.raises(ValueError):
            xml_signature_info(wrong, 1)
    with pytest.raises(ValueError):
        xml_signature_info(made, 1, reference=1)


def test_the_public_name() -> None:
    import certs

    assert certs.verify_xml is verify_xml
    assert certs.verify_xml(sign_xml(PLAIN, signer("sm2-sm3")), trust=trust(), at=NOW).ok
