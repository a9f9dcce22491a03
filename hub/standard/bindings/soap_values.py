"""XML Schema of values: one simple type for each written form, code list and size, annotated in Chinese.

All text, decimals included, is `xs:string` narrowed by patterns: white space stays, `1.50` keeps its
zero, and no client turns a project code into a number. Only integers are `xs:integer`. No type has
the bare name of a built-in one: npm soap looks at names alone and would make a Date of `t:date`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lxml import etree

from hub.standard.bindings import forms
from hub.standard.bindings.soap_names import XML, XSD, q
from hub.standard.book import Book
from hub.standard.check.codes import is_region
from hub.standard.check.slot import Slot
from hub.standard.model import CodeList


def _ranges() -> str:
    """Blank characters as a class; those XML cannot hold are left out."""
    found = ""
    for low, high in forms.BLANK_RANGES[2:]:
        found += chr(low) if low == high else f"{chr(low)}-{chr(high)}"
    return f"\\t\\n\\r {found}"


BLANK = f"[{_ranges()}]*"
NOT_BLANK = f"[\\s\\S]*[^{_ranges()}][\\s\\S]*"


def x(parent: etree._Element, name: str, /, **attributes: str) -> etree._Element:
    """A child of the schema namespace."""
    return etree.SubElement(parent, q(name, XSD), attributes)


def told(parent: etree._Element, zh: str, en: str = "") -> None:
    """`xs:annotation`, Chinese first."""
    notes = x(parent, "annotation")
    for lang, text in (("zh", zh), ("en", en)):
        if text:
            note = x(notes, "documentation")
            note.set(f"{{{XML}}}lang", lang)
            note.text = text


def portable(pattern: str) -> str:
    """A pattern of the envelope's table in the dialect of XML Schema, which has fewer groups and escapes."""
    return pattern.replace("(?:", "(").replace("\\x00-\\x1f", "\\t\\n\\r")


class Types:
    """The named types of one schema; only what somebody asked for is in it."""

    def __init__(self, standard: Book, schema: etree._Element) -> None:
        self.standard = standard
        self.schema = schema
        self._made: set[str] = set()

    def ref(self, name: str, kind: str, make: Callable[[etree._Element], None]) -> str:
        """The qualified name of a type, made when first asked for."""
        if name not in self._made:
            self._made.add(name)
            element = etree.Element(q(kind, XSD), {"name": name})
            make(element)
            self.schema.append(element)
        return f"t:{name}"

    def blank(self) -> str:
        return self.ref("blank", "simpleType", lambda one: _restricted(one, BLANK, "未填:空或仅空白"))

    def value(self, parent: etree._Element, slot: Slot, *, required: bool) -> None:
        """Gives an element (or its copy in a union) the type of its value."""
        base = self._named(slot)
        sized = slot.length is not None and slot.type not in ("integer", "decimal", "date", "datetime")
        plain = slot.type in ("string", "text") and slot.form is None
        if plain and not required and not slot.fixed:
            self._facets(x(parent, "simpleType"), "xs:string", slot)
        elif required:
            if base and not (sized and slot.form is not None):
                parent.set("type", base)
                return
            inside = x(parent, "simpleType")
            self._facets(inside, base or self._base(slot), slot, pattern=NOT_BLANK if plain else "")
        else:
            self._blank_or(parent, base, slot, sized=sized)

    def _blank_or(self, parent: etree._Element, base: str, slot: Slot, *, sized: bool) -> None:
        """A value that may be left out may also be there and blank."""
        union = x(x(parent, "simpleType"), "union")
        if base and not (sized and slot.form is not None):
            union.set("memberTypes", f"{base} {self.blank()}")
        else:
            union.set("memberTypes", self.blank())
            self._facets(x(union, "simpleType"), base or self._base(slot), slot)

    def _base(self, slot: Slot) -> str:
        return {"integer": "xs:integer", "boolean": "xs:boolean"}.get(slot.type, "xs:string")

    def _facets(self, inside: etree._Element, base: str, slot: Slot, pattern: str = "") -> None:
        narrowed = x(inside, "restriction", base=base)
        if pattern:
            x(narrowed, "pattern", value=pattern)
        if slot.type == "boolean":
            x(narrowed, "pattern", value="true|false")
        elif slot.type == "integer":
            _integer(narrowed, slot.length)
        elif slot.enum:
            for code in sorted(slot.enum):
                x(narrowed, "enumeration", value=code)
        elif slot.length is not None:
            if slot.fixed:
                x(narrowed, "length", value=str(slot.length))
            else:
                x(narrowed, "maxLength", value=str(slot.length))

    def _named(self, slot: Slot) -> str:
        """A type of its own for forms and lists that many fields share; "" when the field stands alone."""
        if slot.form is not None:
            form = slot.form
            return self.ref(
                f"form.{form.id}", "simpleType", lambda one: _restricted(one, form.pattern, form.zh, form.en)
            )
        if slot.type == "decimal":
            digits, behind = slot.precision or (0, 0)
            name = f"decimal-{digits}-{behind}" if slot.precision else "decimal-text"
            pattern = forms.decimal(slot.precision)
            zh = f"小数,共 {digits} 位,小数 {behind} 位" if slot.precision else "小数"
            return self.ref(name, "simpleType", lambda one: _restricted(one, pattern, zh))
        if slot.type == "date":
            return self.ref(
                "date-text", "simpleType", lambda one: _restricted(one, forms.DATE, "日期 YYYY-MM-DD")
            )
        if slot.type == "datetime":
            zh = "时间 YYYY-MM-DDTHH:MM:SS+08:00"
            return self.ref("datetime-text", "simpleType", lambda one: _restricted(one, forms.DATETIME, zh))
        return "" if slot.codes is None or slot.enum else self._codes(slot, slot.codes)

    def _codes(self, slot: Slot, codes: CodeList) -> str:
        if slot.multi:
            several = f"{codes.zh},多个以分号分隔"
            name, pattern = f"codes.{codes.id}.{slot.length}", forms.several(codes)
            return self.ref(
                name, "simpleType", lambda one: _restricted(one, pattern, several, length=slot.length)
            )
        if is_region(slot):
            return self.ref(
                "code.region", "simpleType", lambda one: _restricted(one, forms.region(codes), codes.zh)
            )
        return self.ref(f"code.{codes.id}", "simpleType", lambda one: _enumerated(one, codes))


def _integer(narrowed: etree._Element, length: int | None) -> None:
    x(narrowed, "pattern", value="0|-?[1-9][0-9]*")
    if length is not None:
        x(narrowed, "minInclusive", value=str(1 - 10**length))
        x(narrowed, "maxInclusive", value=str(10**length - 1))


def _restricted(
    element: etree._Element, pattern: str, zh: str, en: str = "", *, length: int | None = None
) -> None:
    told(element, zh, en)
    narrowed = x(element, "restriction", base="xs:string")
    x(narrowed, "pattern", value=pattern)
    if length is not None:
        x(narrowed, "maxLength", value=str(length))


def _enumerated(element: etree._Element, codes: CodeList) -> None:
    told(element, codes.zh, codes.id)
    narrowed = x(element, "restriction", base="xs:string")
    for code, zh in codes.codes.items():
        told(x(narrowed, "enumeration", value=code), zh, codes.english[code])


SCHEMA_NAMES: Any = {"xs": XSD, "t": "urn:hutong:uis:v1:typed"}
