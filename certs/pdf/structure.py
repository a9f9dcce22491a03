"""The signatures of a PDF as frozen views: no object of pyHanko leaves `certs.pdf.file`."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PdfSignature:
    """One signature. `contents` is the value without its padding, `covered` the bytes that are signed;
    `gaps` says what is wrong with the range, `whole` whether it reaches the end of the file. `level` is
    how far later changes go (none, lta, form, annotations, other), `trouble` why they are not allowed.
    `pages` are those (from 1) on which it is shown, `box` where on the first of them, in millimetres,
    `drawn` what is seen there (`certs.pdf.likeness`).
    """

    name: str
    kind: str
    revision: int
    contents: bytes = field(repr=False)
    covered: bytes = field(repr=False)
    gaps: tuple[str, ...]
    whole: bool
    level: str
    trouble: str
    notes: tuple[str, ...] = ()
    page: int = 0
    box: str = ""
    drawn: bytes = b""


@dataclass(frozen=True, slots=True)
class PdfFile:
    """`faults` are what is wrong with the file whoever signed it; `limit` says what there is too much of."""

    revisions: int
    signatures: tuple[PdfSignature, ...]
    faults: tuple[str, ...] = ()
    limit: str = ""
