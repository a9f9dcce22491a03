"""Signatures in a PDF's form, read through pyHanko: fields, ranges, revisions, later changes.

pyHanko's own list leaves out signatures whose /SubFilter it does not know (its issue 845) and takes
values apart that are no CMS, so the fields are walked here. Everything that goes wrong inside pyHanko on a
hostile file comes out as MalformedError.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from certs.model.der import MalformedError
from certs.pdf.ranges import byte_ranges, gap_faults, value_of
from certs.pdf.shown import Seen, places
from certs.pdf.structure import PdfFile, PdfSignature

LARGEST = 1 << 28
MOST_FIELDS = 5_000
MOST_SIGNATURES, MOST_REVISIONS = 60, 500  # each signature is compared with all later revisions
_DEEPEST = 40
_WHITE = b"\0\t\n\r "
_LEVELS = {0: "none", 1: "lta", 2: "form", 3: "annotations", 4: "other"}


def read_pdf(data: bytes) -> PdfFile:
    """The view of these bytes. ImportError if pyHanko is not there."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    if len(data) > LARGEST:
        raise MalformedError("larger than any file we read")
    try:
        reader = PdfFileReader(BytesIO(data), strict=False)
        if reader.encrypted:
            return PdfFile(reader.total_revisions, (), ("the file is encrypted",))
        faults = ("two kinds of cross-reference",) if reader.xrefs.hybrid_xrefs_present else ()
        filled = list(_filled(reader))
        if len(filled) > MOST_SIGNATURES or reader.total_revisions > MOST_REVISIONS:
            limit = f"{len(filled)} signatures, {reader.total_revisions} revisions"
            return PdfFile(reader.total_revisions, (), faults, limit)
        where = places(reader, filled)
        found = [
            _signature(data, reader, name, signed, where.get(name, (0, "", b""))) for name, signed in filled
        ]
        found.sort(key=lambda one: (one.revision, len(one.covered)))
        return PdfFile(reader.total_revisions, tuple(found), faults)
    except MalformedError:
        raise
    except Exception as error:  # pyHanko raises whatever a broken file makes it stumble over
        raise MalformedError(f"a PDF that cannot be read: {type(error).__name__}") from error


def _item(node: Any, key: str, otherwise: Any = None) -> Any:
    """The object itself, where an entry is a reference to it."""
    return node[key] if key in node else otherwise  # noqa: SIM401  get() would give the reference


def _filled(reader: Any) -> Iterator[tuple[str, Any]]:
    """(name, reference to the signature) of every signature field that has a value."""
    form = _item(reader.root, "/AcroForm")
    if form is None:
        return
    pending = [(field, "", None, 0) for field in reversed(list(_item(form, "/Fields", [])))]
    seen = 0
    while pending:
        field, prefix, kind, depth = pending.pop()
        node = field.get_object() if hasattr(field, "get_object") else field
        seen += 1
        if seen > MOST_FIELDS or depth > _DEEPEST:
            raise MalformedError("too many fields")
        if not hasattr(node, "raw_get"):
            continue
        name = ".".join(part for part in (prefix, str(_item(node, "/T", ""))) if part)
        kind = _item(node, "/FT", kind)
        if kind == "/Sig" and "/V" in node:
            yield name, node
        kids = list(_item(node, "/Kids", [])) if "/Kids" in node else []
        pending += [(kid, name, kind, depth + 1) for kid in reversed(kids)]


def _signature(data: bytes, reader: Any, name: str, field: Any, shown: Seen) -> PdfSignature:
    reference = field.raw_get("/V")
    signed = reference.get_object() if hasattr(reference, "get_object") else reference
    where = getattr(reference, "reference", None) or field.container_ref
    revision = reader.xrefs.get_last_change(where)
    ranges = byte_ranges([int(number) for number in _item(signed, "/ByteRange", [])], len(data))
    stated = bytes(signed.raw_get("/Contents").original_bytes)
    contents, notes = value_of(stated)
    gaps = gap_faults(data, ranges, stated)
    end = ranges[2] + ranges[3]
    whole = not gaps and end == len(data)
    if not whole and not gaps and not _revision_covered(reader, revision, end):
        gaps = ("the revision is not covered to its end",)
    if not whole and not gaps and revision + 1 == reader.total_revisions and data[end:].strip(_WHITE):
        gaps = (f"{len(data) - end} bytes after the end",)
    level, trouble = (
        ("none", "") if whole else ("other", "") if gaps else _changes(reader, revision, signed, field)
    )
    return PdfSignature(
        name,
        str(_item(signed, "/SubFilter", "")),
        revision,
        contents,
        data[: ranges[1]] + data[ranges[2] : end],
        gaps,
        whole,
        level,
        trouble,
        notes,
        *shown,
    )


def _revision_covered(reader: Any, revision: int, end: int) -> bool:
    """Do the cross-references of this and all earlier revisions lie before `end`, and is what stands
    there the end of that revision?"""
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import process_data_at_eof

    xrefs = reader.xrefs
    reader.stream.seek(end)
    try:
        if process_data_at_eof(reader.stream) != xrefs.get_startxref_for_revision(revision):
            return False
    except PdfError:
        return False
    return all(xrefs.get_xref_container_info(at).end_location <= end for at in range(revision + 1))


def _changes(reader: Any, revision: int, signed: Any, field: Any) -> tuple[str, str]:
    """How far the changes after this revision go, and why they are too much, if they are."""
    from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, SuspiciousModification

    allowed = _permission(signed, field)
    found = DEFAULT_DIFF_POLICY.review_file(reader, revision, field_mdp_spec=_locks(signed), doc_mdp=allowed)
    if isinstance(found, SuspiciousModification):
        return "other", (str(found) or type(found).__name__)[:300]
    level = int(found.modification_level.value)
    if level >= 4 or (allowed is not None and level > int(allowed.value)):
        return _LEVELS[level], "more than the signature allows"
    return _LEVELS[level], ""


def _transform(signed: Any, method: str) -> Any:
    for one in _item(signed, "/Reference", []):
        entry = one.get_object()
        if _item(entry, "/TransformMethod") == method:
            return _item(entry, "/TransformParams")
    return None


def _permission(signed: Any, field: Any) -> Any:
    """What the signature allows to be changed afterwards (DocMDP, or the lock of its field)."""
    from pyhanko.sign.fields import MDPPerm

    stated = _transform(signed, "/DocMDP")
    if stated is not None:
        return MDPPerm(int(_item(stated, "/P", 2)))
    lock = _item(field, "/Lock")
    return MDPPerm(int(lock["/P"])) if lock is not None and "/P" in lock else None


def _locks(signed: Any) -> Any:
    from pyhanko.sign.fields import FieldMDPSpec

    stated = _transform(signed, "/FieldMDP")
    return None if stated is None else FieldMDPSpec.from_pdf_object(stated)
