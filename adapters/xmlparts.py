"""Parts of a record or service as XML elements, and back: leaves, and lists in a container of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lxml import etree

from adapters import xmltext
from adapters.mapping import FieldMap
from adapters.parts import Part, lists_home, merged


def elements(parts: Sequence[Part], prefix: str = "") -> str:
    """Parts as elements; a list stands in its container, an empty one too."""
    made: list[str] = []
    for part in parts:
        if isinstance(part.value, str):
            made.append(xmltext.element(f"{prefix}{part.foreign}", part.value))
            continue
        outer, _, inner = (f"{prefix}{name}" for name in part.foreign.partition("/"))
        items = (
            xmltext.element(inner, item)
            if isinstance(item, str)
            else f"<{inner}>{elements(item, prefix)}</{inner}>"
            for item in part.value
        )
        made.append(f"<{outer}>{''.join(items)}</{outer}>")
    return "".join(made)


def service(fields: FieldMap, name: str, direction: str, body: etree._Element | None) -> dict[str, Any]:
    """Unified fields of a service's request or reply; one item without its container is a list of one."""
    leaves = xmltext.leaves(body)
    lists: dict[str, list[Any]] = {}
    for _, foreign in fields.lists(name, direction):
        outer, _, inner = foreign.partition("/")
        container = xmltext.child(body, outer)
        nodes = [
            node
            for node in xmltext.children(body if container is None else container)
            if xmltext.name_of(node) == inner
        ]
        leaves.pop(outer, None)
        leaves.pop(inner, None)
        if container is not None or nodes:
            lists[foreign] = [xmltext.leaves(node) if len(node) else xmltext.content(node) for node in nodes]
    known = fields.home(name, direction, leaves).fields
    return merged(known, lists_home(fields, name, direction, lists))
