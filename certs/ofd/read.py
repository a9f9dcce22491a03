"""Reading a signed OFD: OFD.xml, its documents, their lists of signatures, each signature."""

from __future__ import annotations

import base64
import binascii
import posixpath

from certs.algorithms.identifiers import DIGESTS
from certs.model.der import MalformedError
from certs.ofd import markup as m
from certs.ofd.container import Container, open_container
from certs.ofd.structure import Document, File, FileSignature, Reference, Stamp
from certs.seal.files import SEAL

ROOT = "OFD.xml"
MOST_DOCUMENTS, MOST_SIGNATURES = 20, 100  # of the whole file
MOST_REFERENCES = 20_000
_UNSTATED = "MD5"  # what GB/T 33190 says where no method is named


def read_ofd(data: bytes) -> File:
    """The view of these bytes; MalformedError if they are no OFD."""
    container = open_container(data)
    root = m.parse(container.part(ROOT, m.LARGEST))
    if m.local(root) != "OFD":
        raise MalformedError("OFD.xml is something else")
    bodies = m.children(root, "DocBody")
    if not bodies or len(bodies) > MOST_DOCUMENTS:
        raise MalformedError("no document, or too many")
    seen: set[str] = set()
    return File(container, tuple(_document(container, body, seen) for body in bodies), container.notes)


def resolve(container: Container, location: str, base: str) -> str:
    """A location as a path from the root: absolute, or from the folder of the part it stands in. Some
    producers leave out the first slash; that is taken only where the other reading leads nowhere."""
    location = location.strip().replace("\\", "/")
    if not location or len(location) > 1_000:
        raise MalformedError("a location that is none")
    near = posixpath.normpath(posixpath.join("/", posixpath.dirname(base), location)).lstrip("/")
    far = posixpath.normpath("/" + location).lstrip("/")
    return far if near not in container.entries and far in container.entries else near


def _document(container: Container, body: m.Element, seen: set[str]) -> Document:
    root = resolve(container, m.text(m.needed(body, "DocRoot")), ROOT)
    pages = _pages(container, root)
    location = m.text(m.child(body, "Signatures"))
    if not location:
        return Document(root, pages, "", ())
    path = resolve(container, location, ROOT)
    listed = m.parse(container.part(path, m.LARGEST))
    if m.local(listed) != "Signatures":
        raise MalformedError("the list of signatures is something else")
    rows = m.children(listed, "Signature")
    if len(rows) + len(seen) > MOST_SIGNATURES:
        raise MalformedError("too many signatures")
    return Document(root, pages, path, tuple(_entry(container, row, path, seen) for row in rows))


def _pages(container: Container, root: str) -> tuple[tuple[str, str], ...]:
    pages = m.child(m.parse(container.part(root, m.LARGEST)), "Pages")
    rows = [] if pages is None else m.children(pages, "Page")
    return tuple(
        (row.get("ID", ""), resolve(container, row.get("BaseLoc", ""), root))
        for row in rows[:MOST_REFERENCES]
    )


def _entry(container: Container, row: m.Element, base: str, seen: set[str]) -> FileSignature:
    number, kind = row.get("ID", ""), row.get("Type", SEAL)
    path = ""
    try:
        path = resolve(container, row.get("BaseLoc", ""), base)
        if path in seen:
            raise MalformedError("a signature listed twice")
        seen.add(path)
        return _signature(container, number, kind, path)
    except MalformedError as error:
        return FileSignature(number, kind, path, fault=str(error))


def _signature(container: Container, number: str, kind: str, path: str) -> FileSignature:
    xml = container.part(path, m.LARGEST)
    root = m.parse(xml)
    if m.local(root) != "Signature":
        raise MalformedError("a signature that is something else")
    info = m.needed(root, "SignedInfo")
    listed = m.needed(info, "References")
    rows = m.children(listed, "Reference")
    if len(rows) > MOST_REFERENCES:
        raise MalformedError("too many references")
    method = listed.get("CheckMethod") or _UNSTATED
    seal = m.child(info, "Seal")
    provider = m.child(info, "Provider")
    return FileSignature(
        number,
        kind,
        path,
        xml,
        m.text(m.child(info, "SignatureMethod")),
        DIGESTS.get(method.strip(), method.strip().lower().replace("-", "")),
        tuple(_reference(container, one, path) for one in rows),
        tuple(
            Stamp(one.get("PageRef", ""), one.get("Boundary", "")) for one in m.children(info, "StampAnnot")
        ),
        resolve(container, m.text(m.needed(root, "SignedValue")), path),
        "" if seal is None else resolve(container, m.text(m.needed(seal, "BaseLoc")), path),
        m.text(m.child(info, "SignatureDateTime"))[:64],
        "" if provider is None else provider.get("ProviderName", "")[:200],
    )


def _reference(container: Container, row: m.Element, base: str) -> Reference:
    value = m.text(m.needed(row, "CheckValue"))
    try:
        content = base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedError("a digest that is no base64") from error
    return Reference(resolve(container, row.get("FileRef", ""), base), content)
