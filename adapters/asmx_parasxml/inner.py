"""The document inside the string: how it is written, and how it is read in spite of itself."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml import etree

from adapters import xmltext
from adapters.asmx_parasxml.papers import FIELDS, NAMESPACE, PARTS

_FALSE = '<?xml version="1.0" encoding="gb2312"?>'
_RAW_AMPERSAND = re.compile(r"&(?!(?:[A-Za-z][A-Za-z0-9]*|#[0-9]+|#x[0-9A-Fa-f]+);)")


def document(root: str, inner: str) -> str:
    """An inner document under the declaration that everybody expects and nobody may believe."""
    return f"{_FALSE}<{root}>{inner}</{root}>"


def elements(values: Iterable[tuple[str, str | None]]) -> str:
    """Flat elements; an absent value is an empty element."""
    return "".join(xmltext.element(name, text or "") for name, text in values)


def call_body(method: str, token: str, paras: str) -> bytes:
    """The SOAP request of one method; the document stands in CDATA."""
    data = paras.replace("]]>", "]]]]><![CDATA[>")
    return _envelope(
        f'<{method} xmlns="{NAMESPACE}">{xmltext.element("ValidateData", token)}'
        f"<ParasXml><![CDATA[{data}]]></ParasXml></{method}>"
    )


def answer_body(method: str, text: str) -> bytes:
    """The SOAP answer of one method; the document stands escaped."""
    return _envelope(
        f'<{method}Response xmlns="{NAMESPACE}"><{method}Result>{xmltext.escape(text)}</{method}Result>'
        f"</{method}Response>"
    )


def fault_body(code: str, words: str) -> bytes:
    """A SOAP fault."""
    return _envelope(
        f"<soap:Fault><faultcode>soap:{code}</faultcode>{xmltext.element('faultstring', words)}"
        "<detail/></soap:Fault>"
    )


def _envelope(body: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
        f"<soap:Body>{body}</soap:Body></soap:Envelope>"
    ).encode()


def read_answer(text: str) -> etree._Element | None:
    """An answer's document: BOM and declaration dropped, unescaped once more, raw ampersands mended."""
    text = text.lstrip("\ufeff")
    if text.lstrip().startswith("&lt;"):
        text = _unescape(text).lstrip("\ufeff")
    root = xmltext.read(text)
    return root if root is not None else xmltext.read(_RAW_AMPERSAND.sub("&amp;", text))


def _unescape(text: str) -> str:
    for entity, mark in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(entity, mark)
    return text


def lists_in(service: str, part: etree._Element | None) -> dict[str, list[dict[str, str]]]:
    """Repeated parts of a service's answer: `Hits/Hit` -> their leaves."""
    found: dict[str, list[dict[str, str]]] = {}
    for _, foreign in FIELDS.lists(service, "reply"):
        *above, item = foreign.split("/")
        around = xmltext.child(part, *above)
        found[foreign] = [
            xmltext.leaves(node) for node in xmltext.children(around) if xmltext.name_of(node) == item
        ]
    return found


def service_part(service: str, data: dict[str, object]) -> str:
    """The element in which a service answers, lists where the table has them."""
    flat = [(row.foreign, text) for row, text in FIELDS.abroad(service, "reply", data, {})]
    lists = FIELDS.lists_abroad(service, "reply", data)
    written: list[str] = []
    order = [row.foreign for row in FIELDS.rows if row.stage == service and row.direction == "reply"]
    for name in dict.fromkeys(place.partition("[]")[0] for place in order):
        if name in lists:
            outer, _, item = name.partition("/")
            items = "".join(f"<{item}>{elements(entry.items())}</{item}>" for entry in lists[name])
            written.append(f"<{outer}>{items}</{outer}>")
        else:
            written.append(elements(pair for pair in flat if pair[0] == name))
    return f"<{PARTS[service]}>{''.join(written)}</{PARTS[service]}>"
