"""The XML of a signature, as GB/T 33190 (chapter 18) has it, and its way into the list and into OFD.xml.

What is there already is changed as little as can be: parts that an earlier signature covers are never
touched, and of the others only what leads to the new signature.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from datetime import datetime
from xml.sax.saxutils import quoteattr

from lxml import etree

from certs.model.der import MalformedError
from certs.ofd import markup as m

NAMESPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'
SM3 = "1.2.156.10197.1.401"
BOX = "150 230 40 40"  # millimetres: lower right of an A4 page
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_PROVIDER = "Hutong Sandbox"


def part(name: str, inner: str, attributes: str = "") -> bytes:
    """A part with this root element."""
    return f"{_HEAD}<ofd:{name} {NAMESPACE} {attributes}>{inner}</ofd:{name}>".encode()


def signature_part(
    number: int,
    folder: str,
    references: Iterable[tuple[str, bytes]],
    *,
    algorithm: str,
    time: datetime,
    pages: Sequence[str] = (),
    box: str = BOX,
    method: str = SM3,
    provider: str = _PROVIDER,
    seal: bool = True,
) -> bytes:
    """Signature.xml over (path, digest) pairs; `pages` are identifiers, `folder` where its parts lie."""
    listed = "".join(
        f"<ofd:Reference FileRef={quoteattr('/' + path)}><ofd:CheckValue>"
        f"{base64.b64encode(value).decode()}</ofd:CheckValue></ofd:Reference>"
        for path, value in references
    )
    shown = "".join(
        f'<ofd:StampAnnot ID="{number * 100 + at}" PageRef={quoteattr(page)} Boundary="{box}"/>'
        for at, page in enumerate(pages)
    )
    at_seal = f"<ofd:Seal><ofd:BaseLoc>/{folder}/Seal.esl</ofd:BaseLoc></ofd:Seal>" if seal else ""
    return part(
        "Signature",
        f'<ofd:SignedInfo><ofd:Provider ProviderName={quoteattr(provider)} Version="1.0"/>'
        f"<ofd:SignatureMethod>{algorithm}</ofd:SignatureMethod>"
        f"<ofd:SignatureDateTime>{time:%Y%m%d%H%M%SZ}</ofd:SignatureDateTime>"
        f'<ofd:References CheckMethod="{method}">{listed}</ofd:References>{shown}{at_seal}'
        f"</ofd:SignedInfo><ofd:SignedValue>/{folder}/SignedValue.dat</ofd:SignedValue>",
    )


def list_part(number: int, kind: str, folder: str, before: bytes | None = None) -> bytes:
    """Signatures.xml with one row more, or a new one."""
    row = f'<ofd:Signature ID="{number}" Type="{kind}" BaseLoc="/{folder}/Signature.xml"/>'
    if before is None:
        return part("Signatures", f"<ofd:MaxSignId>{number}</ofd:MaxSignId>{row}")
    root = m.parse(before)
    added = _added(root, "Signature")
    added.set("ID", str(number))
    added.set("Type", kind)
    added.set("BaseLoc", f"/{folder}/Signature.xml")
    highest = m.child(root, "MaxSignId")
    if highest is not None:
        highest.text = str(number)
    return _written(root)


def root_part(before: bytes, list_path: str) -> bytes:
    """OFD.xml, whose first document has a list of signatures from now on."""
    root = m.parse(before)
    bodies = m.children(root, "DocBody")
    if not bodies or m.child(bodies[0], "Signatures") is not None:
        raise MalformedError("OFD.xml is not as it was read")
    _added(bodies[0], "Signatures").text = "/" + list_path
    return _written(root)


def _added(parent: m.Element, name: str) -> m.Element:
    """One more child at the end, in the parent's own namespace."""
    space = etree.QName(parent).namespace
    return etree.SubElement(parent, etree.QName(space, name) if space else name)


def _written(root: m.Element) -> bytes:
    return etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")
