"""A typed SOAP message back to the native envelope, exactly; or all findings that forbid it.

Nothing is guessed or dropped: characters that do not fit a field's type stay the text they are (the
checker will say so), stray elements, attributes and texts are findings.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from lxml import etree

from hub.message import Finding, pointer
from hub.standard.bindings.record import KINDS, Written, natural, read, unwritable
from hub.standard.bindings.soap_names import KIND, MEMBER, MOST, NS, PUT, XSI, q
from hub.standard.bindings.soap_shapes import Array, Leaf, Shape, Shapes, Tree
from hub.standard.bindings.soap_xml import content, finding
from hub.standard.book import Book
from hub.standard.model import Service, Stage

_PARTS = ("fields", "partial")


def soap_decode(standard: Book, raw: bytes) -> dict[str, Any] | tuple[Finding, ...]:
    """The envelope of one SOAP message, or every finding."""
    element = content(raw)
    return (element,) if isinstance(element, Finding) else read_element(standard, element)


def read_element(standard: Book, element: etree._Element) -> dict[str, Any] | tuple[Finding, ...]:
    """The same for the operation's element alone."""
    name = etree.QName(element)
    known = operation_of(standard, element) if name.namespace == NS else None
    if known is None:
        return (finding("soap.operation", "", "WSDL 列出的操作", str(element.tag), f"命名空间须为 {NS}"),)
    service, stage = known
    reader = _Reader()
    envelope = reader.value(element, Shapes(standard).message(service, stage), "")
    if reader.found:
        return tuple(reader.found)
    missing = [part for part in ("head", "body") if not isinstance(envelope.get(part), dict)]
    if missing:
        return tuple(finding("envelope.required", f"/{part}", "元素", "", "补上该元素") for part in missing)
    refused = tuple(_stage_told_twice(element, envelope)) or tuple(islice(unwritable(envelope), MOST))
    return refused or envelope


def operation_of(standard: Book, element: etree._Element) -> tuple[Service | None, Stage | None] | None:
    """Service and stage an operation's element means, None when the contract has no such operation."""
    name = etree.QName(element).localname
    if name.startswith(PUT):
        stage = standard.by_id.get(name.removeprefix(PUT))
        return None if stage is None else (None, stage)
    service = standard.services.get(name)
    if service is None:
        return None
    named = element.findtext(f"{q('head')}/{q('stage')}")
    return service, standard.by_id.get(named or "")


def _stage_told_twice(element: etree._Element, envelope: dict[str, Any]) -> list[Finding]:
    """What the element names and what the head names is one thing said twice; both must agree."""
    name, head = etree.QName(element).localname, envelope["head"]
    told = [("/head/stage", head.get("stage"), name.removeprefix(PUT))] if name.startswith(PUT) else []
    told += [] if told else [("/head/msgType", head.get("msgType"), name)]
    for child in element.iterfind(f"{q('body')}/*"):
        part = etree.QName(child).localname
        if part.endswith((".fields", ".partial")):
            told.append(("/head/stage", head.get("stage"), part.rpartition(".")[0]))
    return [
        finding("soap.mismatch", at, wanted, str(found), "元素名与报文头须一致")
        for at, found, wanted in told
        if found != wanted
    ]


def _plain(name: str) -> str:
    """`body.fields` has an element for whole records and one for deletions, with or without the stage."""
    part = name.rpartition(".")[2]
    return "fields" if part in _PARTS else name


class _Reader:
    """Collects findings while values are read, so that all of them are told at once."""

    def __init__(self) -> None:
        self.found: list[Finding] = []

    def value(self, element: etree._Element, shape: Shape, at: str) -> Any:
        """The JSON value of one element."""
        kind = element.get(KIND)
        named = {"name"} if etree.QName(element).localname == MEMBER else set()
        for attribute in map(str, element.attrib):
            if not attribute.startswith("{") and attribute not in {KIND} | named:
                self._note("soap.attribute", at, f"{KIND} | xsi:nil", attribute, "删除该属性")
        if element.get(q("nil", XSI)) in ("true", "1"):
            return self._nothing(element, at)
        if kind is None and isinstance(shape, Tree):
            return self._tree(element, shape, at)
        if kind is None and isinstance(shape, Array):
            return self._array(element, shape, at)
        return self._leaf(element, kind, shape.type if isinstance(shape, Leaf) else "", at)

    def _nothing(self, element: etree._Element, at: str) -> None:
        if len(element) or element.text:
            self._note("soap.nil", at, "空元素", element.text or "", "xsi:nil 的元素不得有内容")

    def _leaf(self, element: etree._Element, kind: str | None, type_: str, at: str) -> Any:
        if len(element):
            self._note("soap.member", at, "文本", str(element[0].tag), "此处不应有子元素")
            return None
        text = element.text or ""
        for one in KINDS:
            if one == (natural(type_, text) if kind is None else kind):
                try:
                    return read(Written(one, text))
                except ValueError as error:
                    self._note("soap.kind", at, one, text, str(error))
                    return None
        self._note("soap.kind", at, " | ".join(KINDS), str(kind), "改正 kind 属性")
        return None

    def _tree(self, element: etree._Element, shape: Tree, at: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for child in self._children(element, at):
            local = etree.QName(child).localname
            is_member = local == MEMBER and child.get("name") is not None
            name = str(child.get("name")) if is_member else _in_body(local, shape)
            where = f"{at}/{pointer(name)}"
            if name in found:
                self._note("json.duplicate-key", where, "每个成员只出现一次", name, "删除重复的元素")
                continue
            if not is_member and name not in shape.members:
                self._note("soap.member", where, f"{MEMBER} name=", name, "不在表内的成员写成 member")
                continue
            inner = Leaf() if is_member else shape.members[name]
            found[name] = self.value(child, inner, where)
        return found

    def _array(self, element: etree._Element, shape: Array, at: str) -> list[Any]:
        found: list[Any] = []
        for index, child in enumerate(self._children(element, at)):
            if etree.QName(child).localname != shape.name:
                self._note("soap.member", f"{at}/{index}", shape.name, str(child.tag), "改用所列元素名")
            found.append(self.value(child, shape.item, f"{at}/{index}"))
        return found

    def _children(self, element: etree._Element, at: str) -> list[etree._Element]:
        loose = [element.text, *(child.tail for child in element)]
        if any(text and text.strip() for text in loose):
            text = "".join(text or "" for text in loose).strip()
            self._note("soap.text", at, "仅子元素", text, "删除多余文字")
        good = []
        for child in element:
            if not isinstance(child.tag, str) or etree.QName(child).namespace != NS:
                self._note("soap.namespace", at, NS, str(child.tag), "使用 WSDL 的命名空间,不含实体")
            else:
                good.append(child)
        return good

    def _note(self, code: str, at: str, expected: str, observed: str, advice: str) -> None:
        if len(self.found) < MOST:
            self.found.append(finding(code, at, expected, observed, advice))


def _in_body(local: str, shape: Tree) -> str:
    return _plain(local) if "fields" in shape.members and "files" in shape.members else local
