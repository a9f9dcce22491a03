"""Bytes to an element tree, with everything refused that XML allows and a message never needs.

No document type (so no entities, ours or theirs), no other encoding than UTF-8, bounded depth and
number of tags. All of it is looked at on the text, before a tree is built.
"""

from __future__ import annotations

import re

from lxml import etree

from hub.errors import SenderError
from hub.message import Finding, shown

CLAUSE = "EX-XML-01"
MAX_DEPTH = 16
MAX_TAGS = 20_000
_DECLARATION = re.compile(r"<\?xml\s[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
# A document type may stand only in the prolog: behind comments, instructions and white space.
_PROLOG = re.compile(r"(?:\s+|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)


def read(raw: bytes) -> etree._Element:
    """The root element, or SenderError 400 with one finding."""
    text = _decoded(raw)
    prolog = _PROLOG.match(text)
    if prolog is not None and text.startswith("<!DOCTYPE", prolog.end()):
        raise _refused("xml.doctype", "不含 DOCTYPE", "<!DOCTYPE", "删除 DOCTYPE 与实体声明")
    # Every attribute has its equals sign; no record of ours has more of them than tags.
    marks = max(text.count("<"), text.count("="))
    if marks > MAX_TAGS:
        raise _refused("xml.size", f"<= {MAX_TAGS} 个标记或属性", str(marks), "请拆分报文")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        message = error.msg or ""
        if "depth" in message.lower():
            raise _refused("xml.depth", f"<= {MAX_DEPTH}", "> 256", "嵌套层数过多") from None
        place = f"line {error.lineno} column {error.offset}"
        raise _refused("xml.malformed", "格式良好的 XML", place, f"XML 语法错误:{message[:120]}") from None
    if _depth(root) > MAX_DEPTH:
        raise _refused("xml.depth", f"<= {MAX_DEPTH}", f"> {MAX_DEPTH}", "嵌套层数过多")
    return root


def _decoded(raw: bytes) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        observed = f"byte {error.start}: 0x{raw[error.start]:02x}"
        raise _refused("xml.encoding", "UTF-8", observed, "报文必须是 UTF-8(常见原因:GBK)") from None
    declared = _DECLARATION.match(text)
    if declared is not None and declared[1].lower() not in {"utf-8", "utf8"}:
        raise _refused("xml.encoding", "UTF-8", declared[1], "XML 声明的编码须为 UTF-8")
    if "\x00" in text:
        raise _refused("xml.malformed", "不含 NUL 字符", "NUL", "删除 NUL 字符")
    return text


def _depth(root: etree._Element) -> int:
    deepest = depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
        if deepest > MAX_DEPTH:
            return deepest
    return deepest


def _refused(code: str, expected: str, observed: str, advice: str) -> SenderError:
    finding = Finding(code, "", expected, shown(observed), advice, CLAUSE)
    return SenderError(advice, code=code, status=400, findings=(finding,))
