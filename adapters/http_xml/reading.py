"""Bodies of services taken apart: leaves, and lists with or without their container."""

from __future__ import annotations

from typing import Any

from lxml import etree

from adapters import xmltext
from adapters.http_xml.papers import FIELDS
from adapters.parts import lists_home, merged
from adapters.situation import bad
from hub.message import Finding, shown


def service(name: str, direction: str, body: etree._Element) -> dict[str, Any]:
    """Unified fields of a service's request or reply."""
    leaves, lists = xmltext.leaves(body), {}
    for _, foreign in FIELDS.lists(name, direction):
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
    fields = FIELDS.home(name, direction, leaves).fields
    return merged(fields, lists_home(FIELDS, name, direction, lists))


def nested(record: etree._Element | None, known: frozenset[str]) -> tuple[Finding, ...]:
    """Elements inside what should be a text, and texts that stand twice."""
    twice = xmltext.repeated(record)
    return tuple(
        bad("field.format", f"/body/fields/{xmltext.name_of(node)}", "文本,不重复", "子元素或重复")
        for node in xmltext.children(record)
        if (len(node) or xmltext.name_of(node) in twice) and xmltext.name_of(node) not in known
    )


def files(record: etree._Element | None) -> tuple[dict[str, Any], ...]:
    """Attachments behind the fields, in unified names; the octets as `data` where they came along."""
    made = []
    for node in xmltext.children(xmltext.child(record, "fjlist")):
        texts = xmltext.leaves(node)
        size = texts.get("dx", "")
        one: dict[str, Any] = {
            "name": texts.get("mc", ""),
            "digest": texts.get("zy", ""),
            "size": int(size) if size.isascii() and size.isdigit() and len(size) < 16 else shown(size),
            "media": texts.get("mtlx", ""),
        }
        data = "".join(texts.get("nr", "").split())
        made.append(one | {"data": data} if data else one)
    return tuple(made)
