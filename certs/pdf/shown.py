"""On which page of a file a signature is shown, where and as what. Told to people; no verdict rests on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from certs.model.der import MalformedError
from certs.pdf.appearance import box_of, sheet
from certs.pdf.likeness import drawn

MOST_PAGES = 5_000
_HIDDEN = 0b100010  # not shown at all, or not on a screen


Seen = tuple[int, str, bytes]


def places(reader: Any, fields: list[tuple[str, Any]]) -> dict[str, Seen]:
    """By name of the field: page from 1, box in millimetres, what is drawn there; left out is what is shown
    nowhere."""
    try:
        wanted = {_where(one): (name, one) for name, field in fields if (one := _widget(field)) is not None}
        return dict(_found(reader, wanted)) if wanted else {}
    except Exception:  # a broken file's page tree: then nobody knows, and the judgement goes on
        return {}


def _widget(field: Any) -> Any:
    """What is shown of a field, if anything of it can be seen."""
    kids = _several(field, "/Kids")
    one = kids[0].get_object() if len(kids) == 1 else field
    box = [float(side) for side in one["/Rect"]] if "/Rect" in one else []
    if len(box) != 4 or abs(box[2] - box[0]) < 1 or abs(box[3] - box[1]) < 1:
        return None
    hidden = int(one["/F"]) & _HIDDEN if "/F" in one else 0
    return one if "/AP" in one and not hidden else None


def _found(reader: Any, wanted: dict[Any, tuple[str, Any]]) -> Iterator[tuple[str, Seen]]:
    for number, page in enumerate(_pages(reader), 1):
        for entry in _several(page, "/Annots"):
            name, widget = wanted.get(_where(entry), ("", None))
            if widget is None:
                continue
            a, b, c, d = (float(side) for side in widget["/Rect"])
            try:
                box = box_of(sheet(page), (min(a, c), min(b, d), max(a, c), max(b, d)))
            except MalformedError:
                box = ""
            yield name, (number, box, drawn(widget))


def _several(node: Any, name: str) -> list[Any]:
    """An array as it stands there: references stay references."""
    return list(node[name]) if name in node else []


def _where(node: Any) -> Any:
    reference = node if hasattr(node, "idnum") else getattr(node, "container_ref", None)
    return (getattr(reference, "idnum", None), getattr(reference, "generation", None))


def _pages(reader: Any) -> Iterator[Any]:
    pending, seen = [reader.root["/Pages"]], 0
    while pending:
        node = pending.pop()
        seen += 1
        if seen > 2 * MOST_PAGES:
            return
        if "/Kids" in node:
            pending += [kid.get_object() for kid in _several(node, "/Kids")[:MOST_PAGES]][::-1]
        else:
            yield node
