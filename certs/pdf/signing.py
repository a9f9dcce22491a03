"""Sealing a PDF while the key is elsewhere: first a revision with room for the value, then the value in it.

The value is a seal signature of GB/T 38540 under `/GM.sm2seal`, as those who make such files here call it.
Where it is shown (`Place`) the picture is laid down first, so it is covered by the signature like the page.
Needs pyHanko, like reading.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any

from certs.algorithms.digest import digest
from certs.model.der import MalformedError
from certs.pdf.appearance import Place, Sheet, drawn, dressed, rectangle, sheet
from certs.pdf.file import LARGEST, MOST_SIGNATURES, read_pdf
from certs.seal.files import SEAL, form

KIND = "/GM.sm2seal"
ROOM = 64 << 10  # octets of a value
_HOLE = re.compile(rb"<(0{%d})>" % (2 * ROOM))


@dataclass(frozen=True, slots=True)
class Prepared:
    """The file with a hole where the value belongs; `imprint` is the SM3 digest of all the rest."""

    data: bytes = field(repr=False)
    imprint: bytes


def prepare_pdf(pdf: bytes, *, time: datetime, place: Place | None = None) -> Prepared:
    """One revision more, its seal shown at `place` or nowhere. MalformedError for what should not be signed
    and for a place that is not in the file; ImportError without pyHanko."""
    before = read_pdf(bytes(pdf))
    if before.faults or before.limit or len(before.signatures) >= MOST_SIGNATURES:
        raise MalformedError("not to be signed: " + (", ".join(before.faults) or "too many signatures"))
    if any(one.gaps or one.trouble for one in before.signatures):
        raise MalformedError("not to be signed: an earlier signature is broken")
    if _HOLE.search(pdf):
        raise MalformedError("a file that waits for a value already")
    name = _free({one.name for one in before.signatures})
    try:
        data = _revised(bytes(pdf), name, time, place)
    except MalformedError:
        raise
    except Exception as error:  # pyHanko raises whatever a broken file makes it stumble over
        raise MalformedError(f"a PDF that cannot be written: {type(error).__name__}") from error
    start, end = _hole(data)
    return Prepared(data, digest(data[:start] + data[end:]))


def finish_pdf(prepared: bytes, value: bytes) -> bytes:
    """The same file with this value. Whether it holds is for `verify_pdf`."""
    start, end = _hole(prepared)
    if form(value) != SEAL or len(value) > ROOM:
        raise MalformedError("a value that is no seal signature, or a larger one than there is room for")
    return prepared[: start + 1] + value.hex().encode().ljust(2 * ROOM, b"0") + prepared[end - 1 :]


def _hole(data: bytes) -> tuple[int, int]:
    if len(data) > LARGEST:
        raise MalformedError("larger than any file we read")
    found = list(_HOLE.finditer(data))
    if len(found) != 1:
        raise MalformedError("not a file that waits for one value")
    return found[0].span()


def _free(names: set[str]) -> str:
    return next(name for number in range(1, len(names) + 2) if (name := f"Seal{number}") not in names)


def _revised(pdf: bytes, name: str, time: datetime, place: Place | None) -> bytes:
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers
    from pyhanko.sign.signers import cms_embedder

    writer = IncrementalPdfFileWriter(BytesIO(pdf), strict=False)
    on = None if place is None else _page(writer, place)
    box = None if place is None or on is None else rectangle(on, place)
    spec = fields.SigFieldSpec(name, on_page=place.page if place else 0, box=box)  # type: ignore[arg-type]
    steps = cms_embedder.PdfCMSEmbedder(new_field_spec=spec).write_cms(name, writer)
    field = next(steps).get_object()
    if place is not None and on is not None:
        dressed(field, drawn(writer, on, place))
    body: Any = signers.PdfSignedData(
        obj_type=generic.pdf_name("/Sig"), timestamp=time, bytes_reserved=2 * ROOM
    )
    body[generic.pdf_name("/SubFilter")] = generic.pdf_name(KIND)
    body[generic.pdf_name("/Filter")] = generic.pdf_name("/GM.PDF")
    steps.send(cms_embedder.SigObjSetup(sig_placeholder=body))
    _, out = steps.send(cms_embedder.SigIOSetup(md_algorithm="sha256", in_place=True))
    return bytes(out.getbuffer())


def _page(writer: Any, place: Place) -> Sheet:
    if not 0 <= place.page < int(writer.root["/Pages"]["/Count"]):
        raise MalformedError("a page that is not there")
    reference, _ = writer.find_page_for_modification(place.page)
    return sheet(reference.get_object())
