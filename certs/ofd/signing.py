"""Sealing or signing an OFD while the key is elsewhere: in a token, or at a service that is told a digest.

First everything is laid down but the value, then the value is put in. Between the two nothing is kept here:
the file itself is all there is, and whoever holds it may take as long as he likes.

A file that is in doubt is not signed. Parts go through one at a time, within the bounds of reading.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO

from certs.algorithms.digest import digest
from certs.model.der import MalformedError
from certs.ofd import markup as m
from certs.ofd.container import LARGEST, MOST_UNPACKED, Container
from certs.ofd.read import MOST_SIGNATURES, ROOT, read_ofd
from certs.ofd.structure import Document, File, FileSignature
from certs.ofd.value import seal_inside
from certs.ofd.writing import BOX, list_part, root_part, signature_part
from certs.seal.files import SEAL, SIGN

_SM2_SM3 = "1.2.156.10197.1.501"
_DATE = (2026, 1, 1, 0, 0, 0)  # of an entry: the same file gives the same bytes


@dataclass(frozen=True, slots=True)
class Prepared:
    """The file without its value; `xml` is what is to be signed (Signature.xml), `imprint` its SM3 digest and
    `path` its name, which a seal signature states as what it is about."""

    data: bytes = field(repr=False)
    xml: bytes = field(repr=False)
    imprint: bytes
    path: str


def prepare_ofd(
    ofd: bytes,
    *,
    time: datetime,
    kind: str = SEAL,
    algorithm: str = _SM2_SM3,
    pages: Sequence[int] = (0,),
    box: str = BOX,
    provider: str = "Hutong",
    most: int = MOST_UNPACKED,
) -> Prepared:
    """Everything but the value: each part listed with its SM3 digest, also those of earlier signatures.

    `pages` are those (from 0) on which the seal is shown, `box` where (millimetres), `most` the octets
    that may be unpacked for it.
    MalformedError for what should not be signed.
    """
    file = read_ofd(bytes(ofd))
    if sum(entry.file_size for entry in file.container.entries.values()) > most:
        raise MalformedError("unpacks to more than allowed")
    document = _sound(file)
    number, folder, list_path = _place(file, document)
    changed = _leading(file, document, number, kind, folder, list_path)
    lists = {one.list_path for one in file.documents} | {list_path}
    shown = [document.pages[page][0] for page in pages if kind == SEAL and 0 <= page < len(document.pages)]
    if kind == SEAL and pages and document.pages and not shown:
        raise MalformedError("a page that is not there")
    references = ((path, digest(part)) for path, part in _parts(file, changed) if path not in lists)
    xml = signature_part(
        number, folder, references, algorithm=algorithm, time=time, pages=shown, box=box, provider=provider,
        seal=kind == SEAL,
    )  # fmt: skip
    if len(xml) > m.LARGEST:
        raise MalformedError("more parts than one signature can list")
    path = f"{folder}/Signature.xml"
    return Prepared(_packed(file, {**changed, path: xml}), xml, digest(xml), "/" + path)


def finish_ofd(prepared: bytes, value: bytes) -> bytes:
    """The same file with this value, and the seal that is inside it. Whether it holds is for `verify_ofd`."""
    if len(prepared) + len(value) > LARGEST:
        raise MalformedError("larger than any file we read")
    one = open_signature(prepared)
    parts = {one.value_path: value}
    if one.seal_path:
        seal = seal_inside(value)
        if seal is None:
            raise MalformedError("a value without a seal")
        parts[one.seal_path] = seal
    out = BytesIO(prepared)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        for path, content in parts.items():
            archive.writestr(_entry(path), content)
    return out.getvalue()


def open_signature(prepared: bytes) -> FileSignature:
    """The one signature of a prepared file that has no value yet; MalformedError where it is not one."""
    file = read_ofd(bytes(prepared))
    found = [
        one
        for document in file.documents
        for one in document.signatures
        if not one.fault and one.value_path not in file.container.entries
    ]
    if len(found) != 1 or file.container.faults or found[0].seal_path in file.container.entries:
        raise MalformedError("not a file that waits for one value")
    return found[0]


def _sound(file: File) -> Document:
    """The document to be signed, of a file that shows everybody the same."""
    if file.container.faults:
        raise MalformedError(f"not to be signed: {file.container.faults[0]}")
    entries, signatures = file.container.entries, [one for doc in file.documents for one in doc.signatures]
    missing = [path for doc in file.documents for _, path in doc.pages if path not in entries]
    faulty = [one for one in signatures if one.fault or one.value_path not in entries]
    if missing or faulty:
        raise MalformedError("not to be signed: a page or a signature is not there")
    if len(signatures) >= MOST_SIGNATURES:
        raise MalformedError("too many signatures")
    return file.documents[0]


def _place(file: File, document: Document) -> tuple[int, str, str]:
    """Number and folder of the new signature, and the list it goes into."""
    listed = document.list_path or posixpath.join(posixpath.dirname(document.root), "Signs/Signatures.xml")
    used = [int(one.number) for one in document.signatures if one.number.isdecimal() and len(one.number) < 7]
    number = max([len(document.signatures), *used]) + 1
    base, taken = posixpath.dirname(listed), {path.casefold() for path in file.container.entries}
    while True:
        folder = posixpath.join(base, f"Sign_{number - 1}")
        if not any(path.startswith(folder.casefold() + "/") for path in taken):
            return number, folder, listed
        number += 1


def _leading(
    file: File, document: Document, number: int, kind: str, folder: str, listed: str
) -> dict[str, bytes]:
    """The parts that lead to the new signature."""
    if kind not in (SEAL, SIGN):
        raise MalformedError(f"a kind of signature that is none: {kind!r}")
    if document.list_path:
        return {listed: list_part(number, kind, folder, file.container.part(listed, m.LARGEST))}
    if listed in file.container.entries:
        raise MalformedError("a list of signatures that leads nowhere")
    if any(other.list_path for other in file.documents[1:]):
        raise MalformedError("another document of this file is signed: its signature covers OFD.xml")
    root = root_part(file.container.part(ROOT, m.LARGEST), listed)
    return {ROOT: root, listed: list_part(number, kind, folder)}


def _parts(file: File, changed: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Every part as it will be, one at a time."""
    container: Container = file.container
    for path in container.entries:
        yield path, changed[path] if path in changed else container.part(path)
    yield from ((path, content) for path, content in changed.items() if path not in container.entries)


def _packed(file: File, changed: Mapping[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in _parts(file, changed):
            packed = file.container.entries.get(path)
            plain = packed is not None and packed.compress_type == zipfile.ZIP_STORED
            archive.writestr(_entry(path, zipfile.ZIP_STORED if plain else zipfile.ZIP_DEFLATED), content)
    if out.tell() > LARGEST:
        raise MalformedError("larger than any file we read")
    return out.getvalue()


def _entry(path: str, how: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, _DATE)
    entry.compress_type = how
    return entry
