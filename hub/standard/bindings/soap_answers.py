"""What is answered to a typed SOAP message: a receipt, a service's reply, or a problem, as elements.

Values are the hub's own words about a message, so characters XML does not have are replaced here
(they are refused in messages, where they would be the sender's).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree

from hub.message import Finding
from hub.standard.bindings.record import NOT_XML
from hub.standard.bindings.soap_encode import NSMAP, fill
from hub.standard.bindings.soap_names import PUT, q
from hub.standard.bindings.soap_shapes import Leaf, Shapes, Tree
from hub.standard.book import Book

RECEIPT = ("hubId", "receiptState", "receivedTime", "from", "msgId", "digest", "reason")
_RECEIPT_ONLY = {"hubId", "receiptState", "receivedTime", "msgId", "digest"}
FINDING = ("code", "at", "severity", "expected", "observed", "advice", "clause")
_SIGN = Tree({name: Leaf() for name in ("alg", "keyId", "value")})


def response(
    standard: Book, name: str, code: str, data: Mapping[str, Any], findings: Sequence[Finding] = ()
) -> etree._Element:
    """The good answer of one operation: `data` is the receipt of a record, or the reply of a service."""
    root = etree.Element(q(f"{name}Response"), nsmap=NSMAP)
    if name.startswith(PUT):
        _receipt(etree.SubElement(root, q("receipt")), code, data, findings)
        return root
    answer = etree.SubElement(root, q("answer"))
    _add(answer, "code", code)
    if data.keys() >= _RECEIPT_ONLY:  # not answered at once: a record, or a message that is only handed on
        _receipt(etree.SubElement(answer, q("receipt")), code, data)
    elif data:
        reply = Shapes(standard).rows(standard.services[name].reply)
        fill(etree.SubElement(answer, q("body")), _clean(data), reply)
    _findings(answer, findings)
    return root


def problem(
    code: str, status: int, findings: Sequence[Finding] = (), *, title: str = "", detail: str = ""
) -> etree._Element:
    """The content of a Fault's detail."""
    root = etree.Element(q("problem"), nsmap=NSMAP)
    _add(root, "code", code)
    for name, text in (("title", title), ("detail", detail)):
        if text:
            _add(root, name, text)
    _add(root, "status", str(status))
    _findings(root, findings)
    return root


def _receipt(
    part: etree._Element, code: str, data: Mapping[str, Any], findings: Sequence[Finding] = ()
) -> None:
    _add(part, "code", code)
    for name in RECEIPT:
        if name in data:
            _add(part, name, str(data[name]))
    if isinstance(data.get("sign"), dict):
        fill(etree.SubElement(part, q("sign")), data["sign"], _SIGN)
    _findings(part, findings)


def _findings(part: etree._Element, findings: Sequence[Finding]) -> None:
    for finding in findings:
        row, element = finding.public(), etree.SubElement(part, q("finding"))
        for name in FINDING:
            _add(element, name, str(row[name]))


def _add(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, q(name)).text = NOT_XML.sub("\ufffd", text)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return NOT_XML.sub("\ufffd", value)
    if isinstance(value, Mapping):
        return {_clean(name): _clean(one) for name, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, list | tuple) else value
