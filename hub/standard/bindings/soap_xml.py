"""Bytes of a SOAP message to its one content element, with everything refused that a message never needs.

No document type and so no entities, UTF-8 only, bounded depth and number of tags; looked at before a
tree is built. What comes back is an element or the findings, never an exception.
"""

from __future__ import annotations

import re

from lxml import etree

from hub.message import Finding, shown
from hub.standard.bindings.soap_names import CLAUSE, VERSIONS, q

MAX_DEPTH = 20
MAX_TAGS = 50_000
_DECLARED = re.compile(r"<\?xml\s[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_PROLOG = re.compile(r"(?:\s+|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)


def finding(code: str, at: str, expected: str, observed: str, advice: str) -> Finding:
    """A finding of this binding."""
    return Finding(code, at, expected, shown(observed), advice, CLAUSE)


def content(raw: bytes) -> etree._Element | Finding:
    """The element in the SOAP body."""
    wrong = _unreadable(raw)
    if wrong is not None:
        return wrong
    try:
        root = etree.fromstring(raw, _parser())
    except etree.XMLSyntaxError as error:
        place = f"line {error.lineno} column {error.offset}"
        return finding(
            "xml.malformed", "", "格式良好的 XML", place, f"XML 语法错误:{(error.msg or '')[:120]}"
        )
    if _depth(root) > MAX_DEPTH:
        return finding("xml.depth", "", f"<= {MAX_DEPTH}", f"> {MAX_DEPTH}", "嵌套层数过多")
    return _inside(root)


def _parser() -> etree.XMLParser:
    """A parser that fetches nothing and expands nothing; parsers are not shared between threads."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        strip_cdata=True,
    )


def _unreadable(raw: bytes) -> Finding | None:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        observed = f"byte {error.start}: 0x{raw[error.start]:02x}"
        return finding("xml.encoding", "", "UTF-8", observed, "报文必须是 UTF-8(常见原因:GBK)")
    declared = _DECLARED.match(text)
    if declared is not None and declared[1].lower() not in ("utf-8", "utf8"):
        return finding("xml.encoding", "", "UTF-8", declared[1], "XML 声明的编码须为 UTF-8")
    prolog = _PROLOG.match(text)
    if prolog is not None and text.startswith("<!DOCTYPE", prolog.end()):
        return finding("xml.doctype", "", "不含 DOCTYPE", "<!DOCTYPE", "删除 DOCTYPE 与实体声明")
    if text.count("<") > MAX_TAGS:
        return finding("xml.size", "", f"<= {MAX_TAGS} 个标记", str(text.count("<")), "请拆分报文")
    return None


def _depth(root: etree._Element) -> int:
    deepest = depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    return deepest


def _inside(root: etree._Element) -> etree._Element | Finding:
    name = etree.QName(root)
    version = VERSIONS.get(name.namespace or "")
    if name.localname != "Envelope" or version is None:
        return finding("soap.version", "", " | ".join(VERSIONS), str(root.tag), "使用 SOAP 1.1 或 1.2 信封")
    for block in root.findall(f"{q('Header', version.namespace)}/*"):
        if block.get(q("mustUnderstand", version.namespace)) in ("1", "true"):
            return finding("soap.must-understand", "", "不带必须理解的头", str(block.tag), "去掉该 SOAP 头")
    bodies = root.findall(q("Body", version.namespace))
    found = list(bodies[0]) if len(bodies) == 1 else []
    if len(found) != 1 or not isinstance(found[0].tag, str):
        return finding("soap.envelope", "", "一个 Body,其中一个元素", str(len(found)), "按 WSDL 组织报文")
    return found[0]
