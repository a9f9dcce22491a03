"""XML Schema of containers: fields of a stage, rows of a service, head, signature, attachments.

Order does not matter where XML Schema lets us say so (`xs:all`), as it does not in JSON.
"""

from __future__ import annotations

from collections.abc import Sequence

from lxml import etree

from hub.message import shape
from hub.standard.bindings.json_envelope import ZH
from hub.standard.bindings.soap_names import ITEM, KIND, MEMBER
from hub.standard.bindings.soap_values import Types, portable, told, x
from hub.standard.check.slot import Slot, of_field, of_row
from hub.standard.model import ServiceField, Stage


def whole(stage: Stage, types: Types) -> str:
    """`fields` of a record that is inserted or updated."""

    def make(element: etree._Element) -> None:
        told(element, f"{stage.zh}:字段", f"Fields of {stage.id}, {stage.en}.")
        inside = x(element, "all")
        for field in stage.fields:
            one = x(inside, "element", name=field.name, minOccurs="1" if field.required else "0")
            told(one, field.zh, _policy(field.policy.sealed_until, field.source))
            types.value(one, of_field(field, types.standard), required=field.required)

    return types.ref(f"{stage.id}.fields", "complexType", make)


def deleted(stage: Stage, types: Types) -> str:
    """`partial`, the fields of a deletion: none is required, those required elsewhere may be nil."""

    def make(element: etree._Element) -> None:
        told(element, f"{stage.zh}:删除时的字段", f"Fields of a deletion of {stage.id}.")
        inside = x(element, "all")
        for field in stage.fields:
            one = x(inside, "element", name=field.name, minOccurs="0")
            if field.required:
                one.set("nillable", "true")
            told(one, field.zh)
            types.value(one, of_field(field, types.standard), required=False)

    return types.ref(f"{stage.id}.partial", "complexType", make)


def _policy(sealed: str, source: str) -> str:
    return f"Sealed until {sealed}; source {source}." if sealed not in ("", "none") else f"Source {source}."


def service_rows(
    name: str, rows: Sequence[ServiceField], types: Types, *, zh: str, en: str, strict: bool = True
) -> str:
    """Rows of a service. `strict=False`: an extension, where members of the sender's own may follow."""

    def make(element: etree._Element) -> None:
        told(element, zh, en)
        inside = x(element, "all" if strict else "sequence")
        for row in rows:
            one = x(inside, "element", name=row.name, minOccurs="1" if row.required else "0")
            told(one, row.zh)
            _row(one, row, types)
        if not strict:
            _free_member(inside, types)

    return types.ref(name, "complexType", make)


def _row(element: etree._Element, row: ServiceField, types: Types) -> None:
    slot = of_row(row, types.standard)
    if row.type == "array":
        inside = x(x(element, "complexType"), "sequence")
        item = x(inside, "element", name=ITEM, minOccurs="0", maxOccurs="unbounded")
        _item(item, row.item or "", types)
    elif row.type in ("object", "blobref"):
        element.set("type", _common(slot.nested, types) if slot.nested else free(types))
    else:
        types.value(element, slot, required=row.required)


def _item(element: etree._Element, name: str, types: Types) -> None:
    if name in types.standard.types:
        element.set("type", _common(name, types))
    elif name == "string":
        element.set("type", "xs:string")
    else:
        types.value(element, Slot(name, "", name, None, False, None, None, False, None, False), required=True)


def _common(name: str, types: Types) -> str:
    rows = types.standard.types[name]
    zh = types.standard.type_titles[name]
    return service_rows(f"type.{name}", rows, types, zh=zh, en=f"Common type {name}.")


def free(types: Types) -> str:
    """Members nobody listed, each with its name and, where it is no text, its JSON kind."""

    def make(element: etree._Element) -> None:
        told(element, "扩展成员", "Free members: name, kind and characters of each.")
        _free_member(x(element, "sequence"), types)

    return types.ref("free", "complexType", make)


def _free_member(parent: etree._Element, types: Types) -> None:
    def kinds(element: etree._Element) -> None:
        told(element, "JSON 类型,缺省为字符串", "JSON kind of the characters, a string when left out.")
        narrowed = x(element, "restriction", base="xs:string")
        for kind in ("string", "integer", "boolean", "json"):
            x(narrowed, "enumeration", value=kind)

    def make(element: etree._Element) -> None:
        told(element, "扩展成员", "One free member.")
        extended = x(x(element, "simpleContent"), "extension", base="xs:string")
        x(extended, "attribute", name="name", type="xs:string", use="required")
        x(extended, "attribute", name=KIND, type=types.ref("kind", "simpleType", kinds))

    kind = types.ref("member", "complexType", make)
    x(parent, "element", name=MEMBER, type=kind, minOccurs="0", maxOccurs="unbounded", nillable="true")


def table(name: str, members: Sequence[shape.Member], types: Types, *, zh: str, en: str) -> str:
    """A part of the envelope from its table of members."""

    def make(element: etree._Element) -> None:
        told(element, zh, en)
        inside = x(element, "all")
        for member in members:
            one = x(inside, "element", name=member.name, minOccurs="1" if member.required else "0")
            told(one, ZH[member.name])
            plain(one, member, types)

    return types.ref(name, "complexType", make)


def plain(element: etree._Element, member: shape.Member, types: Types) -> None:
    """Type of one member of the envelope."""
    if member.kind is dict:
        element.set("type", table("sign", shape.SIGN, types, zh="签名", en="Covers the canonical JSON."))
        return
    if member.kind is not int and not member.pattern:
        element.set("type", "xs:string")
        return
    integer = member.kind is int
    narrowed = x(x(element, "simpleType"), "restriction", base="xs:long" if integer else "xs:string")
    x(narrowed, "pattern", value="0|[1-9][0-9]*" if integer else portable(member.pattern))
    if integer:
        x(narrowed, "maxInclusive", value=str(2**53))
