"""What stands in a signed OFD, as frozen views."""

from __future__ import annotations

from dataclasses import dataclass, field

from certs.ofd.container import Container


@dataclass(frozen=True, slots=True)
class Reference:
    """A part and its digest as the signature states it."""

    path: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where the picture of a seal is shown: a page by its identifier, and a box in millimetres."""

    page: str
    box: str


@dataclass(frozen=True, slots=True)
class FileSignature:
    """One signature: the part that lists what is signed (`xml`), and the parts that belong to it.

    `fault` says why it could not be read; then nothing after `path` counts.
    """

    number: str
    kind: str
    path: str
    xml: bytes = field(default=b"", repr=False)
    method: str = ""
    digest: str = ""
    references: tuple[Reference, ...] = ()
    stamps: tuple[Stamp, ...] = ()
    value_path: str = ""
    seal_path: str = ""
    claimed: str = ""
    provider: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One document of the file: `pages` are (identifier, path), `signatures` in the order of the list."""

    root: str
    pages: tuple[tuple[str, str], ...]
    list_path: str
    signatures: tuple[FileSignature, ...]


@dataclass(frozen=True, slots=True)
class File:
    """The container and its documents."""

    container: Container
    documents: tuple[Document, ...]
    notes: tuple[str, ...] = ()
