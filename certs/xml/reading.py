"""A signature element as a frozen view, read strictly.

Nothing is searched for: every element stands where the schema has it or the signature is malformed. A comment
inside is malformed too, because programs disagree on what the text around one is.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from certs.model.der import MalformedError
from certs.xml.document import Bounds, OutOfBoundsError
from certs.xml.names import EXCLUSIVE, EXCLUSIVE_NS, ds

_MOST_CERTIFICATES, _MOST_TRANSFORMS, _MOST_PREFIXES = 10, 4, 50


@dataclass(frozen=True, slots=True)
class Step:
    """A transform, or the way to canonical form."""

    uri: str
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    uri: str
    steps: tuple[Step, ...]
    digest_uri: str
    digest: bytes


@dataclass(frozen=True, slots=True, eq=False)
class XmlSignature:
    """`element` and `signed_info` are where it stands in the document."""

    element: etree._Element = field(repr=False)
    signed_info: etree._Element = field(repr=False)
    canonical: Step
    signature_uri: str
    references: tuple[Reference, ...]
    value: bytes = field(repr=False)
    certificates: tuple[bytes, ...] = field(repr=False)


def find(root: etree._Element, which: str) -> list[etree._Element]:
    """Every signature of the document, or those with this Id."""
    found = [one for one in root.iter(ds("Signature")) if not which or one.get("Id") == which]
    return list(found)


def read_signature(element: etree._Element, bounds: Bounds) -> XmlSignature:
    """Raises MalformedError."""
    info, value, *rest = _children(element, 2)
    _named(info, "SignedInfo")
    _named(value, "SignatureValue")
    certificates: tuple[bytes, ...] = ()
    if rest and rest[0].tag == ds("KeyInfo"):
        certificates = tuple(_certificates(rest.pop(0)))
    for one in rest:
        _named(one, "Object")
    method, algorithm, *references = _children(info, 3)
    _named(method, "CanonicalizationMethod")
    _named(algorithm, "SignatureMethod")
    if _children(algorithm, 0):
        raise MalformedError("parameters of a signature method")
    if not 0 < len(references) <= bounds.references:
        raise OutOfBoundsError(f"{len(references)} references")
    return XmlSignature(
        element,
        info,
        _step(method),
        _attribute(algorithm, "Algorithm"),
        tuple(_reference(one) for one in references),
        _octets(value),
        certificates,
    )


def _reference(element: etree._Element) -> Reference:
    _named(element, "Reference")
    inside = _children(element, 2)
    steps: tuple[Step, ...] = ()
    if inside[0].tag == ds("Transforms"):
        steps = tuple(_step(one, "Transform") for one in _children(inside.pop(0), 1))
        if len(steps) > _MOST_TRANSFORMS:
            raise OutOfBoundsError(f"{len(steps)} transforms")
    if len(inside) != 2:
        raise MalformedError("a reference has a digest method and a value")
    method, value = inside
    _named(method, "DigestMethod")
    _named(value, "DigestValue")
    if _children(method, 0):
        raise MalformedError("parameters of a digest method")
    uri = _attribute(element, "URI")
    return Reference(uri, steps, _attribute(method, "Algorithm"), _octets(value))


def _step(element: etree._Element, name: str = "CanonicalizationMethod") -> Step:
    _named(element, name)
    uri, prefixes = _attribute(element, "Algorithm"), ""
    for one in _children(element, 0):
        if uri != EXCLUSIVE or one.tag != f"{{{EXCLUSIVE_NS}}}InclusiveNamespaces" or prefixes:
            raise MalformedError("parameters of a transform that has none")
        prefixes = one.get("PrefixList") or ""
    found = tuple(prefixes.split())
    if len(found) > _MOST_PREFIXES:
        raise OutOfBoundsError("a long list of prefixes")
    return Step(uri, found)


def _certificates(element: etree._Element) -> Iterator[bytes]:
    found = 0
    for one in _children(element, 1):
        if one.tag != ds("X509Data"):
            continue  # a name, a bare key, a place to fetch one: nobody is believed for these
        for inner in _children(one, 1):
            if inner.tag == ds("X509Certificate"):
                found += 1
                if found > _MOST_CERTIFICATES:
                    raise OutOfBoundsError("more certificates than anybody needs")
                yield _octets(inner)


def _children(element: etree._Element, least: int) -> list[etree._Element]:
    """The elements inside, which are all that is inside. At least so many."""
    texts = [element.text, *(one.tail for one in element)]
    if any(text and text.strip(" \t\r\n") for text in texts):
        raise MalformedError("text between the elements of a signature")
    for one in element:
        if not isinstance(one.tag, str):
            raise MalformedError("a comment or an instruction inside a signature")
    if len(element) < least:
        raise MalformedError("an element of the signature is missing")
    return list(element)


def _named(element: etree._Element, name: str) -> None:
    if element.tag != ds(name):
        raise MalformedError(f"{name} expected")


def _attribute(element: etree._Element, name: str) -> str:
    value = element.get(name)
    if value is None:
        raise MalformedError(f"an element without {name}")
    return str(value)


def _octets(element: etree._Element) -> bytes:
    if len(element):
        raise MalformedError("elements or comments inside Base64")
    text = "".join((element.text or "").split())
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedError("no Base64") from None
    if base64.b64encode(found).decode("ascii") != text:
        raise MalformedError("Base64 with bits that mean nothing")  # the schema has one form only
    return found
