"""Making XML signatures with any key behind `certs.keys`: enveloped, enveloping, detached inside a document.

Digests and value are computed where the signature finally stands, by the very functions that check them.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree

from certs.algorithms.digest import digest
from certs.algorithms.public_keys import load
from certs.keys.port import SigningKey
from certs.model.certificate import read_certificate
from certs.xml.document import UnsupportedError, canonical, parse
from certs.xml.names import ALGORITHMS, CANONICAL, DS, ENVELOPED, EXCLUSIVE, Algorithms, ds
from certs.xml.signed import UnfollowedError, target

Form = Literal["enveloped", "enveloping", "detached"]
OBJECT = "object"


class XmlSigningError(ValueError):
    """This document cannot be signed as asked; says why."""


def sign_xml(
    data: bytes,
    key: SigningKey,
    *,
    form: Form = "enveloped",
    reference_id: str | Sequence[str] = "",
    canonical_method: str = EXCLUSIVE,
    signature_id: str = "",
    algorithms: Algorithms = ALGORITHMS,
) -> bytes:
    """The document with its signature, UTF-8.

    `enveloped` puts the signature last into the element it signs: the root, or the one with the Id
    `reference_id`. `detached` puts it last into the root and signs one or more other elements, named by
    `reference_id`. `enveloping` makes the signature the root, the old root inside an Object of it. Raises
    XmlSigningError, MalformedError for `data`, KeyFailureError.
    """
    if canonical_method not in CANONICAL:
        raise XmlSigningError(f"canonicalisation {canonical_method!r} is not one of {sorted(CANONICAL)}")
    names = [reference_id] if isinstance(reference_id, str) else list(reference_id)
    root = parse(data)
    signature = etree.Element(ds("Signature"), nsmap={"ds": DS})
    if signature_id:
        signature.set("Id", signature_id)
    root, uris = _placed(root, signature, form, names)
    info = _signed_info(signature, key, canonical_method, algorithms)
    value = etree.SubElement(signature, ds("SignatureValue"))
    _key_info(signature, key)
    for one in list(signature.iterchildren(ds("Object"))):
        signature.append(one)
    digest_name = "sm3" if key.algorithm == "sm2-sm3" else "sha256"
    for uri in uris:
        _reference(info, uri, form, canonical_method, algorithms.digest_uri(digest_name))
    for reference in info.iterchildren(ds("Reference")):
        element = _target(root, reference.get("URI") or "")
        removed = signature if form == "enveloped" else None
        octets = _canonical(element, canonical_method, removed)
        _text(reference, "DigestValue", digest(octets, digest_name))
    made = key.sign(_canonical(info, canonical_method))
    value.text = base64.b64encode(_side_by_side(made, key)).decode("ascii")
    return etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True)


def _placed(
    root: etree._Element, signature: etree._Element, form: Form, names: list[str]
) -> tuple[etree._Element, list[str]]:
    """The root of what comes out, and the references."""
    if form == "enveloping":
        if names != [""]:
            raise XmlSigningError("an enveloping signature signs the whole document, not an element of it")
        inside = etree.SubElement(signature, ds("Object"), Id=OBJECT)
        root.tail = None
        inside.append(root)
        _target(signature, f"#{OBJECT}")
        return signature, [f"#{OBJECT}"]
    if form == "enveloped":
        if len(names) != 1:
            raise XmlSigningError("an enveloped signature stands in one element")
        uri = f"#{names[0]}" if names[0] else ""
        _target(root, uri).append(signature)
        return root, [uri]
    uris = [f"#{name}" for name in names if name]
    if not uris or len(set(uris)) < len(names):
        raise XmlSigningError("a detached signature needs the Id of each element it signs, once")
    if any(_target(root, uri) is root for uri in uris):
        raise XmlSigningError("a detached signature cannot sign the element it stands in")
    root.append(signature)
    return root, uris


def _target(root: etree._Element, uri: str) -> etree._Element:
    try:
        return target(root, uri)
    except UnfollowedError as error:
        raise XmlSigningError(str(error)) from None


def _canonical(element: etree._Element, method: str, removed: etree._Element | None = None) -> bytes:
    try:
        return canonical(element, method, (), removed)
    except UnsupportedError as error:
        raise XmlSigningError(f"{error}: take exclusive C14N") from None


def _signed_info(
    signature: etree._Element, key: SigningKey, method: str, algorithms: Algorithms
) -> etree._Element:
    info = etree.Element(ds("SignedInfo"))
    signature.insert(0, info)
    etree.SubElement(info, ds("CanonicalizationMethod"), Algorithm=method)
    etree.SubElement(info, ds("SignatureMethod"), Algorithm=algorithms.signature_uri(key.algorithm))
    return info


def _reference(info: etree._Element, uri: str, form: Form, method: str, digest_uri: str) -> None:
    reference = etree.SubElement(info, ds("Reference"), URI=uri)
    transforms = etree.SubElement(reference, ds("Transforms"))
    if form == "enveloped":
        etree.SubElement(transforms, ds("Transform"), Algorithm=ENVELOPED)
    etree.SubElement(transforms, ds("Transform"), Algorithm=method)
    etree.SubElement(reference, ds("DigestMethod"), Algorithm=digest_uri)


def _key_info(signature: etree._Element, key: SigningKey) -> None:
    data = etree.SubElement(etree.SubElement(signature, ds("KeyInfo")), ds("X509Data"))
    for certificate in (key.certificate, *key.chain):
        _text(data, "X509Certificate", certificate)


def _text(parent: etree._Element, name: str, octets: bytes) -> None:
    etree.SubElement(parent, ds(name)).text = base64.b64encode(octets).decode("ascii")


def _side_by_side(value: bytes, key: SigningKey) -> bytes:
    """r and s as long as the key's order; RSA as it is."""
    if key.algorithm == "rsa-sha256":
        return value
    size = (load(read_certificate(key.certificate).key).bits + 7) // 8
    return b"".join(number.to_bytes(size, "big") for number in decode_dss_signature(value))
