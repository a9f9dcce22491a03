"""The record in elements and the record in JSON: one table of where what stands.

Coming in, elements become the *text* of the native envelope, doubled members and odd numbers
included, so that the hub finds and names them with the codes of the JSON binding. A record without
such faults comes out canonical: exactly the bytes its signature covers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from lxml import etree

from hub.errors import SenderError
from hub.message import Finding, shown
from hub.server.soap.names import DEFAULT, UIS, XSI, q

CLAUSE = "EX-SOAP-01"
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_HEAD = ("ver", "realm", "from", "to", "msgId", "msgType", "stage", "time", "nonce", "corrId")
_COUNTS = frozenset({"version", "size"})
Pair = tuple[str, str]


class _Faults:
    """What the elements themselves have wrong; collected so that all of it is told at once."""

    def __init__(self) -> None:
        self.found: list[Finding] = []

    def note(self, code: str, at: str, expected: str, observed: str, advice: str) -> None:
        self.found.append(Finding(code, at, expected, shown(observed), advice, CLAUSE))


def envelope_text(operation: etree._Element) -> bytes:
    """The native envelope of one `putRecord` or `requestService`; SenderError 422 for stray elements."""
    faults = _Faults()
    parts = _children(operation, "", faults)
    head = [pair for part in parts.get("head", ()) for pair in _scalars(part, "/head", faults)]
    for part in parts.get("signature", ()):
        head.append(("sign", _object(_scalars(part, "/head/sign", faults))))
    members = [("head", _object(head))] if "head" in parts else []
    members += [("body", _body(part, faults)) for part in parts.get("body", ())]
    for name in parts.keys() - {"head", "signature", "body"}:
        faults.note("soap.member", f"/{name}", "head | body | signature", name, "删除多余元素")
    if faults.found:
        raise SenderError("SOAP 报文元素不符合 WSDL", code=faults.found[0].code, findings=tuple(faults.found))
    return _object(members).encode("utf-8")


def _body(element: etree._Element, faults: _Faults) -> str:
    members: list[Pair] = []
    for name, parts in _children(element, "/body", faults).items():
        for part in parts:
            if name in {"fields", "ext"}:
                members.append((name, _object(_named(part, f"/body/{name}", faults))))
            elif name == "files":
                rows = _children(part, "/body/files", faults).get("file", [])
                files = [_object(_scalars(row, f"/body/files/{n}", faults)) for n, row in enumerate(rows)]
                members.append((name, "[" + ",".join(files) + "]"))
            else:
                members.append((name, _scalar(part, f"/body/{name}", faults, count=name in _COUNTS)))
    return _object(members)


def _named(element: etree._Element, at: str, faults: _Faults) -> list[Pair]:
    """`<field><name/><value type="…"/></field>` children as members."""
    pairs = []
    for field in _children(element, at, faults).get("field", []):
        inside = _children(field, at, faults)
        names, values = inside.get("name", []), inside.get("value", [])
        if len(names) != 1 or len(values) != 1:
            faults.note("soap.field", at, "一个 name 与一个 value", str(list(inside)), "每个 field 一名一值")
            continue
        name = names[0].text or ""
        pairs.append((name, _scalar(values[0], f"{at}/{name}", faults)))
    return pairs


def _scalars(element: etree._Element, at: str, faults: _Faults) -> list[Pair]:
    return [
        (name, _scalar(part, f"{at}/{name}", faults, count=name in _COUNTS))
        for name, parts in _children(element, at, faults).items()
        for part in parts
    ]


def _children(element: etree._Element, at: str, faults: _Faults) -> dict[str, list[etree._Element]]:
    """Children by local name; those of another namespace, and text between them, are faults."""
    found: dict[str, list[etree._Element]] = {}
    loose = [element.text, *(child.tail for child in element)]
    if any(text and text.strip() for text in loose):
        faults.note(
            "soap.text", at, "仅子元素", "".join(text or "" for text in loose).strip(), "删除多余文字"
        )
    for child in element:
        if not isinstance(child.tag, str):
            faults.note("xml.entity", at, "不含实体引用", str(child), "删除实体引用")
            continue
        name = etree.QName(child)
        if name.namespace != UIS:
            faults.note(
                "soap.namespace", f"{at}/{name.localname}", UIS, name.namespace or "", "使用 WSDL 的命名空间"
            )
            continue
        found.setdefault(name.localname, []).append(child)
    return found


def _scalar(element: etree._Element, at: str, faults: _Faults, *, count: bool = False) -> str:
    """One value as JSON text. Numbers stay as written, so that a float is seen as one."""
    if len(element):
        faults.note("soap.member", at, "文本", etree.QName(element[0]).localname, "此处不应有子元素")
        return "null"
    if element.get(q("nil", XSI)) in {"true", "1"}:
        return "null"
    text, kind = element.text or "", element.get("type", "integer" if count else "string")
    if kind == "integer" and _NUMBER.fullmatch(text):
        return text
    if kind == "boolean" and text in {"true", "false"}:
        return text
    if kind == "json":
        return text if _is_json(text) else json.dumps(text, ensure_ascii=False)
    return json.dumps(text, ensure_ascii=False)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _object(pairs: Iterable[Pair]) -> str:
    """Members sorted, doubled ones kept: canonical when nothing is wrong."""
    inner = (f"{json.dumps(name, ensure_ascii=False)}:{text}" for name, text in sorted(pairs))
    return "{" + ",".join(inner) + "}"


def operation_element(operation: str, envelope: Mapping[str, Any]) -> etree._Element:
    """The other way: a native envelope in elements (samples, tests, and clients that ask how)."""
    root = etree.Element(q(operation), nsmap=DEFAULT)
    head = etree.SubElement(root, q("head"))
    for name in _HEAD:
        if name in envelope["head"]:
            etree.SubElement(head, q(name)).text = str(envelope["head"][name])
    body = etree.SubElement(root, q("body"))
    for name, value in envelope["body"].items():
        part = etree.SubElement(body, q(name))
        if name in {"fields", "ext"}:
            for member, inner in value.items():
                field = etree.SubElement(part, q("field"))
                etree.SubElement(field, q("name")).text = member
                _put(etree.SubElement(field, q("value")), inner)
        elif name == "files":
            for row in value:
                file = etree.SubElement(part, q("file"))
                for member, inner in row.items():
                    etree.SubElement(file, q(member)).text = str(inner)
        else:
            part.text = str(value)
    if "sign" in envelope["head"]:
        block = etree.SubElement(root, q("signature"))
        for name in ("alg", "keyId", "value"):
            etree.SubElement(block, q(name)).text = envelope["head"]["sign"].get(name, "")
    return root


def _put(element: etree._Element, value: Any) -> None:
    if isinstance(value, str):
        element.text = value
    elif isinstance(value, bool):
        element.set("type", "boolean")
        element.text = "true" if value else "false"
    elif isinstance(value, int):
        element.set("type", "integer")
        element.text = str(value)
    else:
        element.set("type", "json")
        element.text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
