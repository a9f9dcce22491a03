"""XML of an OFD: no document types, no entities, no network, bounded; elements by their local name.

Producers are free with namespaces, and readers look past them; so do we, because what is signed are the
bytes of the part and not the tree.
"""

from __future__ import annotations

from lxml import etree

from certs.model.der import MalformedError

LARGEST = 1 << 22
Element = etree._Element


def parse(content: bytes) -> Element:
    """The root element."""
    if len(content) > LARGEST:
        raise MalformedError("more XML than allowed")
    if b"<!DOCTYPE" in (plain := content.replace(b"\0", b"")) or b"<!ENTITY" in plain:
        raise MalformedError("XML with a document type")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise MalformedError("XML that cannot be read") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise MalformedError("XML with a document type")
    return root


def local(element: Element) -> str:
    """The name without its namespace; empty for comments and instructions."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def children(element: Element, name: str) -> list[Element]:
    return [one for one in element if local(one) == name]


def child(element: Element, name: str) -> Element | None:
    """The one child of that name; two of them would let two readers choose differently."""
    found = children(element, name)
    if len(found) > 1:
        raise MalformedError(f"more than one {name}")
    return found[0] if found else None


def needed(element: Element, name: str) -> Element:
    found = child(element, name)
    if found is None:
        raise MalformedError(f"no {name} in {local(element)}")
    return found


def text(element: Element | None) -> str:
    """The text, and only text: markup inside it would be read in two ways."""
    if element is None:
        return ""
    if len(element):
        raise MalformedError(f"markup inside {local(element)}")
    return (element.text or "").strip()
