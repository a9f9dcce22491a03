"""Elements as the trees of `nested.py` and back: repeated elements are lists where the form says so."""

from __future__ import annotations

from functools import cache

from lxml import etree

from hub.catalogue.papers import FieldRow
from simulators.dialects.xmlread import escape, local
from simulators.nested import Tree, way

Path = tuple[str, ...]


@cache
def lists(rows: tuple[FieldRow, ...]) -> frozenset[Path]:
    """The paths of a form that may stand more than once."""
    ways = (way(row.foreign, row.standard)[0] for row in rows)
    return frozenset(found.outside for found in ways if found.many)


def read_tree(element: etree._Element, many: frozenset[Path], above: Path = ()) -> Tree:
    """Children by local name; of an element that may stand once only, the first counts."""
    tree: Tree = {}
    for child in element:
        path = (*above, local(child))
        value = read_tree(child, many, path) if len(child) else (child.text or "")
        if path in many:
            tree.setdefault(path[-1], []).append(value)
        else:
            tree.setdefault(path[-1], value)
    return tree


def write_tree(tree: object, prefix: str = "") -> str:
    """The content of an element; a list repeats its element, an empty one leaves only its container."""
    if not isinstance(tree, dict):
        return escape(str(tree))
    return "".join(_element(name, value, prefix) for name, value in tree.items())


def _element(name: str, value: object, prefix: str) -> str:
    if isinstance(value, list):
        return "".join(_element(name, item, prefix) for item in value)
    return f"<{prefix}{name}>{write_tree(value, prefix)}</{prefix}{name}>"
