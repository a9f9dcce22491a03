"""What a signature really covers: each reference followed to one element, and nothing guessed on the way.

Wrapping attacks live between "the signature holds" and "therefore this element is signed". So a reference is
followed by rules that leave no choice (one element of that Id in the whole document, a fixed list of
transforms in a fixed order), and what is given out are the bytes that went into the digest.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field

from lxml import etree

from certs.algorithms.digest import digest
from certs.xml.document import Bounds, OutOfBoundsError, canonical, path
from certs.xml.names import CANONICAL, DS, DS11, ENVELOPED, INCLUSIVE, Algorithms, ds
from certs.xml.reading import Reference, XmlSignature

_IDS = ("Id", "ID", "id")
_DIGESTS = {"sha1", "sha256", "sha384", "sha512", "sm3"}


@dataclass(frozen=True, slots=True)
class SignedPart:
    """One element that is covered: `xpath` says which, `canonical` are the octets under the digest."""

    xpath: str
    uri: str
    canonical: bytes = field(repr=False)
    digest: str
    enveloped: bool


class UnfollowedError(Exception):
    """A reference that is not followed; `code` of the table of reasons."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def target(root: etree._Element, uri: str) -> etree._Element:
    """The one element a reference means; raises UnfollowedError."""
    if uri == "":
        beside = [*root.itersiblings(preceding=True), *root.itersiblings()]
        if any(isinstance(one, etree._ProcessingInstruction) for one in beside):
            raise UnfollowedError("reference", "an instruction outside the root would be signed too")
        return root
    if not uri.startswith("#") or uri.startswith("#xpointer("):
        raise UnfollowedError("reference", "only the document itself, or an Id in it, is followed")
    found = [one for one in root.iter("*") if uri[1:] in identifiers(one)]
    if len(found) != 1:
        raise UnfollowedError("reference", f"{len(found)} elements have the Id {uri[1:60]!r}")
    return found[0]


def identifiers(element: etree._Element) -> set[str]:
    """Every value some program may take for this element's Id, with or without a namespace."""
    return {str(value) for name, value in element.attrib.items() if str(name).rpartition("}")[2] in _IDS}


def follow(
    root: etree._Element, signature: XmlSignature, reference: Reference, algorithms: Algorithms
) -> tuple[etree._Element, bytes, str]:
    """The element, its octets, the digest's name; raises UnfollowedError, UnsupportedError."""
    element = target(root, reference.uri)
    uris = [step.uri for step in reference.steps]
    enveloped = uris[:1] == [ENVELOPED]
    way = reference.steps[1:] if enveloped else reference.steps
    if len(way) > 1 or any(step.uri not in CANONICAL for step in way):
        raise UnfollowedError("transform", ", ".join(uris)[:200])
    inside = element is signature.element or element in list(signature.element.iterancestors())
    if enveloped != inside or element is signature.element:
        raise UnfollowedError(
            "reference", "the signature stands in what it signs, or is left out without need"
        )
    name = algorithms.digests.get(reference.digest_uri)
    if name not in _DIGESTS:
        raise UnfollowedError("algorithm-unknown", reference.digest_uri[:100])
    method, prefixes = (way[0].uri, way[0].prefixes) if way else (INCLUSIVE, ())
    octets = canonical(element, method, prefixes, signature.element if enveloped else None)
    return element, octets, str(name)


def agrees(reference: Reference, octets: bytes, name: str) -> bool:
    return hmac.compare_digest(digest(octets, name), reference.digest)


def uncovered(
    root: etree._Element, signature: XmlSignature, elements: Sequence[etree._Element], covers: str | None
) -> str:
    """What was asked for and is not covered, or nothing. See `verify_xml` for `covers`.

    Who reads the whole document reads what stands inside the signature too, and that is left out of the
    digest: Objects there need a reference of their own, and KeyInfo may hold nothing but its own elements.
    """
    if covers is None:
        return ""
    if covers:
        try:
            wanted = [target(root, covers)]
        except UnfollowedError as error:
            return str(error)
    else:
        wanted = list(signature.element.iterchildren(ds("Object")))
        wanted += _foreign(signature.element)
        if signature.element is not root:
            wanted.append(root)
    missing = [one for one in wanted if not _covered(one, signature.element, elements)]
    return ", ".join(map(path, missing))[:200] if wanted else "nothing is inside the signature"


def _covered(one: etree._Element, signature: etree._Element, elements: Sequence[etree._Element]) -> bool:
    """Under a signed element; what stands inside the signature is not covered by what surrounds it."""
    above = [one, *one.iterancestors()]
    if signature in above:
        above = above[: above.index(signature)]
    return any(each in elements for each in above)


def _foreign(signature: etree._Element) -> list[etree._Element]:
    info = signature.find(ds("KeyInfo"))
    inside = [] if info is None else info.iter("*")
    return [one for one in inside if etree.QName(one).namespace not in (DS, DS11)][:5]


def within(work: int, octets: bytes, bounds: Bounds) -> int:
    """How much was canonicalised so far; raises OutOfBoundsError."""
    work += len(octets)
    if work > bounds.work:
        raise OutOfBoundsError("too much to canonicalise")
    return work
