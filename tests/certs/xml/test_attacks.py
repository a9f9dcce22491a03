"""What attackers do with signed XML: none of it is ever valid, or it says exactly what was signed."""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable

import pytest
from lxml import etree

from certs.xml import EXCLUSIVE, INCLUSIVE, Bounds, XmlSigningError, sign_xml
from tests.certs.xml.world import ALGORITHMS, PLAIN, codes, opened, signer
from tests.rows import each

DS = "{http://www.w3.org/2000/09/xmldsig#}"
XSLT = (
    '<ds:Transform xmlns:ds="http://www.w3.org/2000/09/xmldsig#" '
    'Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>'
)


def only(root: etree._Element, name: str) -> etree._Element:
    (found,) = root.iter(DS + name)
    return found


def text(name: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        value = only(root, name)
        raw = bytearray(base64.b64decode(value.text or ""))
        raw[-1] ^= 1
        value.text = base64.b64encode(bytes(raw)).decode()

    return change


def content(root: etree._Element) -> None:
    root[0].text = "two"


def attribute(root: etree._Element) -> None:
    root[0][0].set("a", "2")


def added(root: etree._Element) -> None:
    etree.SubElement(root, "{urn:a}extra")


def algorithm(name: str, uri: str) -> Callable[[etree._Element], None]:
    return lambda root: only(root, name).set("Algorithm", uri)


def transform(xml: str, at: int = 0) -> Callable[[etree._Element], None]:
    return lambda root: only(root, "Transforms").insert(at, etree.fromstring(xml))


def uri(value: str) -> Callable[[etree._Element], None]:
    return lambda root: only(root, "Reference").set("URI", value)


def no_transforms(root: etree._Element) -> None:
    found = only(root, "Transforms")
    found.getparent().remove(found)  # type: ignore[union-attr]


def second_reference(root: etree._Element) -> None:
    info = only(root, "SignedInfo")
    info.append(copy.deepcopy(only(root, "Reference")))


def comment(name: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        value = only(root, name)
        whole = value.text or ""
        value.text = whole[:8]
        value.insert(0, etree.Comment("x"))
        value[0].tail = whole[8:]

    return change


def hmac(root: etree._Element) -> None:
    only(root, "SignatureMethod").set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")


def truncated(root: etree._Element) -> None:
    etree.SubElement(only(root, "SignatureMethod"), DS + "HMACOutputLength").text = "1"


def nothing(name: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        found = only(root, name)
        found.getparent().remove(found)  # type: ignore[union-attr]

    return change


other_c14n = algorithm("CanonicalizationMethod", INCLUSIVE)
CHANGES: dict[str, Callable[[etree._Element], None]] = {
    "content": content, "attribute": attribute, "element added": added, "value": text("SignatureValue"),
    "digest": text("DigestValue"), "comment in digest": comment("DigestValue"),
    "comment in value": comment("SignatureValue"), "no references": nothing("Reference"),
    "no signed info": nothing("SignedInfo"), "no value": nothing("SignatureValue"), "hmac": hmac,
    "truncated hmac": truncated, "no transforms": no_transforms, "reference twice": second_reference,
    "xslt": transform(XSLT), "xslt last": transform(XSLT, 2),
    "xpath": transform(XSLT.replace("1999/REC-xslt-19991116", "1999/REC-xpath-19991116")),
    "base64": transform(XSLT.replace("http://www.w3.org/TR/1999/REC-xslt-19991116",
                                     "http://www.w3.org/2000/09/xmldsig#base64")),
    "outside file": uri("file:///etc/passwd"), "outside http": uri("http://127.0.0.1:9/x"),
    "xpointer": uri("#xpointer(/)"), "xpointer id": uri("#xpointer(id('p1'))"), "other part": uri("#p1"),
    "itself": uri("#sig"), "relative": uri("other.xml"),
    "weak signature": algorithm("SignatureMethod", "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
    "weak digest": algorithm("DigestMethod", "http://www.w3.org/2000/09/xmldsig#sha1"),
    "unknown digest": algorithm("DigestMethod", "urn:x"),
    "comments signed": algorithm("CanonicalizationMethod", EXCLUSIVE + "WithComments"),
    "other c14n": other_c14n,
}  # fmt: skip


@each("change", CHANGES.values(), ids=CHANGES)
@each("by", ALGORITHMS)
@each("covers", ["", None])
def test_a_changed_document_is_never_valid(
    by: str, change: Callable[[etree._Element], None], covers: str
) -> None:
    tree = etree.fromstring(sign_xml(PLAIN, signer(by), signature_id="sig"))
    change(tree)
    found = opened(etree.tostring(tree), covers=covers)
    assert not found.verdict.ok
    assert found.signed == ()
    assert "internal" not in codes(found)


def wrapped(kind: str, by: str) -> tuple[bytes, str]:
    """The classics: the signed element is moved aside, and a forged one stands where it stood."""
    made = etree.fromstring(sign_xml(PLAIN, signer(by), form="detached", reference_id="p1"))
    good = next(one for one in made if one.get("Id") == "p1")
    forged = copy.deepcopy(good)
    forged.text = "forged"
    signature = only(made, "Signature")
    if kind == "in an object":
        forged.set("Id", "p1x")
        made.replace(good, forged)
        etree.SubElement(signature, DS + "Object").append(good)
    elif kind == "beside, other Id":
        forged.set("Id", "p1x")
        made.insert(0, forged)
    elif kind == "beside, same Id":
        made.insert(0, forged)
    elif kind == "beside, Id of another spelling":
        del forged.attrib["Id"]
        forged.set("ID", "p1")
        made.insert(0, forged)
    elif kind == "beside, xml:id":
        del forged.attrib["Id"]
        forged.set("{http://www.w3.org/XML/1998/namespace}id", "p1")
        made.insert(0, forged)
    elif kind == "beside, wsu:Id":
        del forged.attrib["Id"]
        forged.set("{urn:wsu}Id", "p1")
        made.insert(0, forged)
    elif kind == "new root":
        outer = etree.Element("{urn:a}bid")
        outer.append(forged)
        del forged.attrib["Id"]
        outer.append(made)
        return etree.tostring(outer), "/*"
    return etree.tostring(made), ""


KINDS = (
    "in an object", "beside, other Id", "beside, same Id", "beside, Id of another spelling", "beside, xml:id",
    "beside, wsu:Id", "new root",
)  # fmt: skip


@each("kind", KINDS)
@each("by", ALGORITHMS)
def test_wrapping(kind: str, by: str) -> None:
    data, _ = wrapped(kind, by)
    assert not opened(data).verdict.ok  # whoever reads the document
    for covers in (None, "#p1"):
        found = opened(data, covers=covers)  # whoever reads what is given out
        for part in found.signed:
            assert b"forged" not in part.canonical
    if kind.startswith("beside") and kind != "beside, other Id":
        assert codes(opened(data, covers=None)) == {"reference"}
    elif kind != "new root":
        part = opened(data, covers=None).signed[0]
        assert etree.fromstring(data).xpath(part.xpath)[0].text == "one"  # type: ignore[index,union-attr]


def test_an_enveloped_signature_below_a_new_root_covers_only_the_old_one() -> None:
    made = etree.fromstring(sign_xml(PLAIN, signer("sm2-sm3")))
    outer = etree.Element("{urn:a}bid")
    outer.append(made)
    assert not opened(etree.tostring(outer)).verdict.ok


def test_more_inside_an_enveloping_signature_is_not_covered() -> None:
    tree = etree.fromstring(sign_xml(PLAIN, signer("sm2-sm3"), form="enveloping"))
    etree.SubElement(tree, DS + "Object", Id="other").text = "forged"
    assert codes(opened(etree.tostring(tree))) == {"not-covered"}


@each(
    "head",
    [
        '<!DOCTYPE bid [<!ENTITY a "b">]>', '<!DOCTYPE bid SYSTEM "file:///etc/passwd">', "<!DOCTYPE bid>",
        '<!DOCTYPE bid [<!ATTLIST y Id ID "p1">]>',
    ],
)  # fmt: skip
@each("encoding", ["utf-8", "utf-16", "utf-32"])
def test_document_types_are_refused(head: str, encoding: str) -> None:
    made = sign_xml(PLAIN, signer("sm2-sm3")).decode()
    body = made.partition("?>")[2]
    declared = f'<?xml version="1.0" encoding="{encoding}"?>'
    assert codes(opened((declared + head + body).encode(encoding))) == {"malformed"}
    if encoding != "utf-32":
        assert opened((declared + body).encode(encoding)).verdict.ok


@each(
    ("data", "bounds", "code"),
    [
        (b"<a>" * 150 + b"</a>" * 150, Bounds(size=100), "limit"),
        (b"<a>" * 230 + b"</a>" * 230, Bounds(), "limit"),
        (b"<a>" * 9999 + b"</a>" * 9999, Bounds(), "malformed"),
        (b"<a>" + b"<b/>" * 300 + b"</a>", Bounds(elements=200), "limit"),
        (b"", Bounds(), "malformed"), (b"<a", Bounds(), "malformed"), (b"\xff\xfe", Bounds(), "malformed"),
        (b"<a/>", Bounds(), "no-signature"),
        (b"<?xml version='1.0' encoding='x'?><a/>", Bounds(), "malformed"),
        (b'<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>', Bounds(), "malformed"),
    ],
)  # fmt: skip
def test_bounds(data: bytes, bounds: Bounds, code: str) -> None:
    assert codes(opened(data, bounds=bounds)) == {code}


def test_many_references_and_much_work_are_bounded() -> None:
    tree = etree.fromstring(sign_xml(PLAIN, signer("sm2-sm3"), form="detached", reference_id="p1"))
    for _ in range(30):
        second_reference_of(tree)
    data = etree.tostring(tree)
    assert codes(opened(data, covers=None)) == {"limit"}
    assert codes(opened(data, covers=None, bounds=Bounds(references=50, work=500))) == {"limit"}


def second_reference_of(tree: etree._Element) -> None:
    info = only(tree, "SignedInfo")
    info.append(copy.deepcopy(info[-1]))


def test_inherited_xml_attributes_are_not_guessed_at() -> None:
    data = PLAIN.replace(b"<bid ", b'<bid xml:lang="zh" ')
    made = sign_xml(data, signer("sm2-sm3"))
    assert opened(made).verdict.ok  # exclusive C14N takes nothing along
    tree = etree.fromstring(made)
    other_c14n(tree)
    found = opened(etree.tostring(tree))
    assert codes(found) == {"unsupported"}
    assert found.verdict.state == "indeterminate"
    with pytest.raises(XmlSigningError, match="exclusive"):
        sign_xml(data, signer("sm2-sm3"), canonical_method=INCLUSIVE)


def test_an_instruction_outside_the_root_would_be_signed_too() -> None:
    made = sign_xml(PLAIN, signer("sm2-sm3"))
    at = made.index(b"<bid")
    assert codes(opened(made[:at] + b"<?xml-stylesheet href='x'?>" + made[at:])) == {"reference"}


def test_a_certificate_of_somebody_else_does_not_help() -> None:
    made = sign_xml(PLAIN, signer("sm2-sm3"))
    mine, other = (base64.b64encode(signer(one).certificate) for one in ("sm2-sm3", "ecdsa-sha256"))
    assert not opened(made.replace(mine, other)).verdict.ok
    assert not opened(made.replace(mine, base64.b64encode(b"\x30\x00"))).verdict.ok
    assert "malformed" in codes(opened(made.replace(mine, b"!!!")))


def test_when_the_engines_disagree_nothing_is_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    made = sign_xml(PLAIN, signer("rsa-sha256"))
    monkeypatch.setattr("certs.xml.second.opinion", lambda *asked: (False, "signxml: InvalidDigest"))
    found = opened(made)
    assert codes(found) == {"engines"}
    assert found.verdict.state == "indeterminate"


def test_namespaces_without_canonical_form_are_malformed() -> None:
    made = sign_xml(PLAIN, signer("sm2-sm3"))
    assert codes(opened(made.replace(b"urn:b", b"urn;b"))) == {"malformed"}


def test_base64_has_one_form() -> None:
    made = sign_xml(PLAIN, signer("rsa-sha256"))
    value = only(etree.fromstring(made), "SignatureValue").text or ""
    assert value.endswith("==")
    last = value[-3]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = value[:-3] + alphabet[alphabet.index(last) + 1] + "=="
    assert base64.b64decode(other) == base64.b64decode(value)
    assert codes(opened(made.replace(value.encode(), other.encode()))) == {"malformed"}


@each(
    ("name", "code"),
    [("xslt", "transform"), ("xpath", "transform"), ("comments signed", "transform"),
     ("outside http", "reference"),
     ("xpointer", "reference"), ("itself", "reference"), ("weak digest", "algorithm-weak"),
     ("content", "digest"),
     ("value", "signature"), ("comment in digest", "malformed"), ("hmac", "algorithm-unknown"),
     ("no references", "malformed"), ("no signed info", "malformed")],
)  # fmt: skip
def test_the_reason_is_the_right_one(name: str, code: str) -> None:
    tree = etree.fromstring(sign_xml(PLAIN, signer("rsa-sha256"), signature_id="sig"))
    CHANGES[name](tree)
    assert code in codes(opened(etree.tostring(tree)))


@each("by", ALGORITHMS)
@each("where", ["Object", "KeyInfo", "X509Data"])
def test_what_is_hidden_inside_the_signature_is_not_covered(by: str, where: str) -> None:
    tree = etree.fromstring(sign_xml(PLAIN, signer(by)))
    place = only(tree, "Signature") if where == "Object" else only(tree, where)
    if where == "Object":
        place = etree.SubElement(place, DS + "Object")
    etree.SubElement(place, "{urn:b}x", Id="evil").text = "forged"
    data = etree.tostring(tree)
    assert not opened(data).verdict.ok
    assert not opened(data, covers="#evil").verdict.ok
    for part in opened(data, covers=None).signed:
        assert b"forged" not in part.canonical
    if where != "X509Data":  # there the schema of signxml does not have it
        assert codes(opened(data, covers="#evil")) == {"not-covered"}
