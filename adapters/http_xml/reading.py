"""Records taken apart: what does not belong in one, and the attachments behind its fields."""

from __future__ import annotations

from typing import Any

from lxml import etree

from adapters import xmltext
from adapters.situation import bad
from hub.message import Finding, shown


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
