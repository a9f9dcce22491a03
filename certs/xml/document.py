"""XML of strangers: read within bounds, without DTDs, entities or a network, and written canonically.

lxml canonicalises an element as if it stood alone. Namespaces in scope are carried over by writing it out and
reading it again; attributes like xml:lang, which inclusive C14N also inherits, are not, so where an ancestor
has any the answer is "not supported" instead of a digest over something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from certs.model.der import MalformedError
from certs.xml.names import EXCLUSIVE, XML

_DEPTH = 200


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bytes of the document, elements in it, references of one signature, bytes canonicalised in all."""

    size: int = 16 << 20
    elements: int = 200_000
    references: int = 20
    work: int = 64 << 20


BOUNDS = Bounds()


class OutOfBoundsError(MalformedError):
    """More than was admitted."""


class UnsupportedError(Exception):
    """Allowed by the standard, not done here; nothing can be said about the signature."""


def parse(data: bytes, bounds: Bounds = BOUNDS) -> etree._Element:
    """The root element; raises MalformedError."""
    if len(data) > bounds.size:
        raise OutOfBoundsError(f"more than {bounds.size} bytes")
    # Looked for in the bytes, before a parser gets to see it; UTF-16 has zeros between the letters.
    if b"<!DOCTYPE" in data.replace(b"\x00", b""):
        raise MalformedError("a document type declaration")
    root = read(data)
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.externalDTD is not None:
        raise MalformedError("a document type declaration")
    for count, element in enumerate(root.iter(), 1):
        if element.tag is etree.Entity:
            raise MalformedError("an entity")
        if count > bounds.elements:
            raise OutOfBoundsError(f"more than {bounds.elements} elements")
    _depth(root)
    return root


def read(data: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise MalformedError(f"no well-formed XML: {type(error).__name__}") from None


def _depth(root: etree._Element) -> None:
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > _DEPTH:
            raise OutOfBoundsError(f"nested more than {_DEPTH} deep")
        level = [child for one in level for child in one]


def place(element: etree._Element) -> list[int]:
    """The way down to it from the root, counting every kind of node."""
    steps: list[int] = []
    parent = element.getparent()
    while parent is not None:
        steps.append(parent.index(element))
        element, parent = parent, parent.getparent()
    return steps[::-1]


def at(root: etree._Element, steps: Sequence[int]) -> etree._Element:
    for step in steps:
        root = root[step]
    return root


def path(element: etree._Element) -> str:
    """An XPath that means exactly this element, and needs no prefixes."""
    above = [element, *element.iterancestors()][:-1]
    steps = [sum(1 for _ in one.itersiblings("*", preceding=True)) + 1 for one in above]
    return "/*" + "".join(f"/*[{step}]" for step in reversed(steps))


def copied(element: etree._Element) -> etree._Element:
    """The same element as the root of a document of its own, with the namespaces that were in scope."""
    return read(etree.tostring(element, encoding="UTF-8", with_tail=False))  # names may be Chinese


def without(element: etree._Element, inner: etree._Element) -> etree._Element:
    """A copy from which `inner` is gone; the text behind it stays."""
    steps = place(inner)[len(place(element)) :]
    root = copied(element)
    gone = at(root, steps)
    parent, tail, before = gone.getparent(), gone.tail or "", gone.getprevious()
    if parent is None:
        raise MalformedError("nothing would be left")
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    gone.tail = None
    parent.remove(gone)
    return root


def canonical(
    element: etree._Element,
    method: str,
    prefixes: Sequence[str] = (),
    removed: etree._Element | None = None,
) -> bytes:
    """The element's canonical bytes, without comments; `removed` is left out."""
    exclusive = method == EXCLUSIVE
    if not exclusive and _inherits(element):
        raise UnsupportedError("inclusive C14N below an element with an xml: attribute")
    alone = copied(element) if removed is None else without(element, removed)
    try:
        return etree.tostring(
            alone,
            method="c14n",
            exclusive=exclusive,
            with_comments=False,
            inclusive_ns_prefixes=list(prefixes) if exclusive and prefixes else None,
        )
    except etree.C14NError:  # a namespace that is not an absolute URI has no canonical form
        raise MalformedError("no canonical form") from None


def _inherits(element: etree._Element) -> bool:
    above = element.iterancestors()
    return any(str(name).startswith(f"{{{XML}}}") for one in above for name in one.attrib)
