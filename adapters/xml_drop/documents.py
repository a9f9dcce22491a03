"""The five documents: written to the octet, read without guessing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from lxml import etree

from adapters import xmltext
from adapters.mapping import FieldMap
from adapters.paths import reach
from adapters.rows import Row

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_DECLARED = re.compile(rb"""\s*<\?xml\s[^>]*?encoding\s*=\s*["']([^"'>]*)["']""")


def tag(name: str, attributes: Iterable[tuple[str, str]], inner: str | None = None) -> str:
    """An element with attributes; without `inner` it closes itself."""
    said = "".join(f' {key}="{_attribute(value)}"' for key, value in attributes)
    return f"<{name}{said}/>" if inner is None else f"<{name}{said}>{inner}</{name}>"


def _attribute(text: str) -> str:
    return xmltext.escape(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def read(octets: bytes) -> etree._Element | None:
    """The root, None for what is no XML, has a document type, or is or calls itself another charset."""
    declared = _DECLARED.match(octets.removeprefix(b"\xef\xbb\xbf"))
    if declared is not None and declared[1].lower() not in (b"utf-8", b"utf8"):
        return None
    return xmltext.read(octets)


def record(
    fields: FieldMap, carried: str, way: str, values: list[tuple[Row, str | None]], source: Mapping[str, Any]
) -> str:
    """The elements of a record in the order of the table; arrays stand where their first row stands."""
    texts = {row.foreign: text for row, text in values if text is not None}
    lists = {
        foreign: (unified, items)
        for (unified, foreign), items in zip(
            fields.lists(carried, way), fields.lists_abroad(carried, way, source).values(), strict=True
        )
        if isinstance(reach(source, unified), list)
    }
    tree: dict[str, Any] = {}
    head = (row.foreign for row, _ in values if row.stage == "*")
    for name in (*head, *_order(fields, carried, way)):
        if name in texts:
            _place(tree, name, texts[name])
        elif name in lists:
            container, _, item = name.rpartition("/")
            tree[container] = [(item, one) for one in lists[name][1]]
    return written(tree)


@cache
def _order(fields: FieldMap, carried: str, way: str) -> tuple[str, ...]:
    also = {"out": "both", "in": "both"}.get(way, way)
    rows = (row for row in fields.rows if row.stage == carried and row.direction in (way, also))
    return tuple(dict.fromkeys(row.foreign.partition("[]")[0] for row in rows))


def _place(tree: dict[str, Any], path: str, text: str) -> None:
    *above, last = path.split("/")
    for name in above:
        tree = tree.setdefault(name, {})
    tree[last] = text


def written(value: Any) -> str:
    """Text, an object of elements, or the repeated elements of an array."""
    if isinstance(value, str):
        return xmltext.escape(value)
    pairs = value.items() if isinstance(value, Mapping) else value
    return "".join(f"<{name}>{written(inner)}</{name}>" for name, inner in pairs)


def elements(node: etree._Element) -> tuple[dict[str, str | None], dict[str, list[Any]], list[str]]:
    """Texts by path, arrays by path, and names of what is there twice or deeper than the papers go."""
    texts: dict[str, str | None] = {}
    lists: dict[str, list[Any]] = {}
    odd = xmltext.repeated(node)
    for child in xmltext.children(node):
        name, inner = xmltext.name_of(child), xmltext.children(child)
        if not inner:
            texts.setdefault(name, child.text or "")
            lists[name] = []
        for one in inner:
            path = f"{name}/{xmltext.name_of(one)}"
            leaves = xmltext.leaves(one)
            if any(len(leaf) for leaf in xmltext.children(one)):
                odd.append(path)
            texts.setdefault(path, one.text or "" if not len(one) else None)
            lists.setdefault(path, []).append(leaves if len(one) else one.text or "")
    return texts, lists, odd


def home(
    fields: FieldMap, carried: str, way: str, node: etree._Element
) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Unified fields of a record, what the table does not know, and names of what has no meaning."""
    texts, lists, odd = elements(node)
    wanted = {foreign: unified for unified, foreign in fields.lists(carried, way)}
    empty = {foreign: lists.get(foreign.partition("/")[0]) for foreign in wanted}
    there = {name: lists.get(name) or empty[name] or [] for name in wanted}
    reading = fields.home(carried, way, texts)
    made = fields.lists_home(carried, way, there)
    for foreign, unified in wanted.items():
        if foreign in lists or empty[foreign] is not None:
            reading.fields[unified] = made[unified]
    flat = {name for name in texts if "/" not in name}
    known = {foreign.partition("/")[0] for foreign in wanted}
    ext = {name: text for name, text in reading.ext.items() if name in flat and name not in known}
    return reading.fields, ext, odd
