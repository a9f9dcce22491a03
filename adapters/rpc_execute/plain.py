"""What is inside params and data: a compact JSON object, or an XML element without declaration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from adapters import jsontext, xmltext
from adapters.parts import Part, lists_home, merged
from adapters.rpc_execute.papers import FIELDS, Site
from adapters.situation import bad
from hub.message import Finding, parse, shown


@dataclass(frozen=True, slots=True)
class Inside:
    """Texts by foreign name, lists by theirs, and names whose value is neither."""

    texts: dict[str, str | None] = field(default_factory=dict)
    lists: dict[str, list[Any]] = field(default_factory=dict)
    nested: dict[str, str] = field(default_factory=dict)

    def service(self, name: str, direction: str) -> dict[str, Any]:
        """Unified fields of a service's request or reply."""
        fields = FIELDS.home(name, direction, self.texts).fields
        return merged(fields, lists_home(FIELDS, name, direction, self.lists))

    def findings(self) -> tuple[Finding, ...]:
        """One for each value that should be a text and is not."""
        return tuple(
            bad("field.format", f"/body/fields/{name}", "标量", shown(text))
            for name, text in self.nested.items()
        )


def written(parts: Sequence[Part], root: str, site: Site) -> bytes:
    """Parts in the site's form and charset; they have been checked to fit in it."""
    text = f"<{root}>{_elements(parts)}</{root}>" if site.encoded else jsontext.write(_members(parts))
    return text.encode(site.charset)


def _members(parts: Sequence[Part]) -> dict[str, Any]:
    return {part.foreign: _value(part) for part in parts}


def _value(part: Part) -> Any:
    if not isinstance(part.value, str):
        return [item if isinstance(item, str) else _members(item) for item in part.value]
    return jsontext.Number(int(part.value)) if part.row.type == "integer" else part.value


def _elements(parts: Sequence[Part]) -> str:
    made: list[str] = []
    for part in parts:
        if isinstance(part.value, str):
            made.append(xmltext.element(part.foreign, part.value))
            continue
        items = (
            xmltext.element("item", item) if isinstance(item, str) else f"<item>{_elements(item)}</item>"
            for item in part.value
        )
        made.append(f"<{part.foreign}>{''.join(items)}</{part.foreign}>")
    return "".join(made)


def read(raw: bytes, root: str, site: Site, carried: str, direction: str) -> Inside | None:
    """What stands inside; None when it is not the site's form and charset. A request is never mended."""
    try:
        text = raw.decode(site.charset)
    except UnicodeDecodeError:
        return None
    lists = {foreign for _, foreign in FIELDS.lists(carried, direction)}
    if site.encoded:
        return _from_xml(xmltext.read(text), root, lists)
    value: Any
    if direction == "reply":
        value = jsontext.read(text.encode())
    else:
        parsed = parse(text.encode())
        value = None if parsed.findings else parsed.value
    return _from_json(value, lists) if isinstance(value, dict) else None


def _from_json(value: Mapping[str, Any], lists: set[str]) -> Inside:
    inside = Inside()
    for name, one in value.items():
        if name in lists and isinstance(one, list):
            inside.lists[name] = [
                {key: jsontext.scalar(inner) for key, inner in item.items()}
                if isinstance(item, Mapping)
                else jsontext.scalar(item)
                for item in one
            ]
        elif isinstance(one, dict | list):
            inside.nested[name] = str(one)
        else:
            inside.texts[name] = jsontext.scalar(one)
    return inside


def _from_xml(node: etree._Element | None, root: str, lists: set[str]) -> Inside | None:
    if node is None or node.tag != root or xmltext.repeated(node):
        return None
    inside = Inside()
    for one in xmltext.children(node):
        name = xmltext.name_of(one)
        if name in lists:
            inside.lists[name] = [
                xmltext.leaves(item) if len(item) else xmltext.content(item) for item in xmltext.children(one)
            ]
        elif len(one):
            inside.nested[name] = "子元素"
        else:
            inside.texts[name] = one.text or ""
    return inside
