"""绑定 soap: XML Schema of every stage and service, one document, typed and annotated in Chinese.

One target namespace and one document, because the tools that vendors have (and the WSDL itself) read
that without fetching anything. `stage_xsd` gives the part of one stage for people to read.
"""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from hub.message import shape
from hub.standard.bindings.soap_names import NS, PUT, XSD, q
from hub.standard.bindings.soap_rows import deleted, free, plain, service_rows, table, whole
from hub.standard.bindings.soap_values import SCHEMA_NAMES, Types, told, x
from hub.standard.book import Book
from hub.standard.model import Service, Stage

SIGNED_HEAD = tuple(
    shape.Member(one.name, True, one.pattern, one.kind, one.expected) if one.name == "sign" else one
    for one in shape.HEAD
)
_PLAIN = tuple(one for one in shape.RECORD_BODY if one.name in ("op", "key", "version"))


def schema(standard: Book, only: Iterable[str] | None = None) -> etree._Element:
    """Stages, services, receipts, replies, problems; `only` names the operations of a smaller contract."""
    types = _started(standard)
    names = {name for name, _, _ in operations(standard, only)}
    for stage in standard.stages:
        if f"{PUT}{stage.id}" in names:
            _put(stage, types)
    for service in standard.services.values():
        if service.name in names:
            _service(service, types)
    problem = x(types.schema, "element", name="problem", type=_problem(types))
    told(problem, "拒绝", "Why a message was refused.")
    return types.schema


def stage_xsd(standard: Book, stage_id: str) -> bytes:
    """The schema document of one stage alone, complete in itself."""
    types = _started(standard)
    _put(standard.stage(stage_id), types)
    return _bytes(types.schema)


def service_xsd(standard: Book, name: str) -> bytes:
    """The schema document of one service alone, complete in itself."""
    types = _started(standard)
    _service(standard.services[name], types)
    return _bytes(types.schema)


def xsd(standard: Book) -> bytes:
    """The document of everything."""
    return _bytes(schema(standard))


def operations(standard: Book, only: Iterable[str] | None = None) -> list[tuple[str, str, str]]:
    """Name, Chinese and English title of each operation, in the order of the standard."""
    found = [(f"{PUT}{stage.id}", stage.zh, stage.en) for stage in standard.stages]
    found += [(service.name, service.zh, service.en) for service in standard.services.values()]
    if only is None:
        return found
    wanted = set(only)
    unknown = wanted - {name for name, _, _ in found}
    if unknown:
        raise KeyError(f"no operations {sorted(unknown)} in the standard")
    return [row for row in found if row[0] in wanted]


def _bytes(element: etree._Element) -> bytes:
    return etree.tostring(element, encoding="utf-8", xml_declaration=True, pretty_print=True)


def _started(standard: Book) -> Types:
    root = etree.Element(q("schema", XSD), nsmap=SCHEMA_NAMES)
    root.set("targetNamespace", NS)
    root.set("elementFormDefault", "qualified")
    root.set("version", standard.version)
    return Types(standard, root)


def _put(stage: Stage, types: Types) -> None:
    body = _operation(f"{PUT}{stage.id}", f"报送:{stage.zh}", f"Put a record: {stage.en}.", types)
    _record_body(body, [("fields", whole(stage, types)), ("partial", deleted(stage, types))], types)
    x(body, "element", name="ext", type=free(types), minOccurs="0")
    _files(body, types)
    _response(f"{PUT}{stage.id}", "receipt", _receipt(types), types)


def _service(service: Service, types: Types) -> None:
    body = _operation(service.name, service.zh, f"{service.en}.", types)
    if service.body == "record":
        carried = [types.standard.by_id[name] for name in service.carries]
        choices = [(f"{stage.id}.fields", whole(stage, types)) for stage in carried]
        choices += [(f"{stage.id}.partial", deleted(stage, types)) for stage in carried]
        _record_body(body, choices, types)
        own = [row for row in service.request if row.of is None]
        ext = service_rows(
            f"{service.name}.ext", own, types, zh=f"{service.zh}:扩展字段", en="Rows beside the record.",
            strict=False,
        )  # fmt: skip
        needed = any(row.required for row in own)
        x(body, "element", name="ext", type=ext, minOccurs="1" if needed else "0")
    else:
        for member in _PLAIN:
            plain(x(body, "element", name=member.name, minOccurs="0"), member, types)
        request = service_rows(
            f"{service.name}.request", service.request, types, zh=f"{service.zh}:请求", en=f"{service.en}."
        )
        x(body, "element", name="fields", type=request)
        x(body, "element", name="ext", type=free(types), minOccurs="0")
    _files(body, types)
    _response(service.name, "answer", _answer(service, types), types)


def _operation(name: str, zh: str, en: str, types: Types) -> etree._Element:
    """The wrapper element; returns the sequence inside its body."""
    wrapper = x(types.schema, "element", name=name)
    told(wrapper, zh, en)
    parts = x(x(wrapper, "complexType"), "sequence")
    head = table("head", SIGNED_HEAD, types, zh="报文头", en="Who, what, when, signature.")
    x(parts, "element", name="head", type=head)
    return x(x(x(parts, "element", name="body"), "complexType"), "sequence")


def _record_body(body: etree._Element, choices: list[tuple[str, str]], types: Types) -> None:
    for member in _PLAIN:
        plain(x(body, "element", name=member.name), member, types)
    choice = x(body, "choice")
    for name, kind in choices:
        x(choice, "element", name=name, type=kind)


def _files(body: etree._Element, types: Types) -> None:
    def make(element: etree._Element) -> None:
        told(element, "附件", "Files beside the record, by digest.")
        row = table("file", shape.FILE, types, zh="附件", en="One file.")
        inside = x(element, "sequence")
        x(inside, "element", name="file", type=row, minOccurs="0", maxOccurs="unbounded")

    x(body, "element", name="files", type=types.ref("files", "complexType", make), minOccurs="0")


def _response(name: str, part: str, kind: str, types: Types) -> None:
    wrapper = x(types.schema, "element", name=f"{name}Response")
    x(x(x(wrapper, "complexType"), "sequence"), "element", name=part, type=kind)


def _texts(inside: etree._Element, required: tuple[str, ...], optional: tuple[str, ...]) -> None:
    for name in (*required, *optional):
        x(inside, "element", name=name, type="xs:string", minOccurs="1" if name in required else "0")


def _finding(types: Types) -> str:
    def make(element: etree._Element) -> None:
        told(element, "问题", "One thing that is wrong, where, and what to do.")
        _texts(
            x(element, "sequence"), ("code", "at", "severity"), ("expected", "observed", "advice", "clause")
        )

    return types.ref("finding", "complexType", make)


def _receipt(types: Types) -> str:
    def make(element: etree._Element) -> None:
        told(element, "回执", "What the sender was told first, word for word the same each time.")
        inside = x(element, "sequence")
        names = ("code", "hubId", "receiptState", "receivedTime", "from", "msgId", "digest")
        _texts(inside, names, ("reason",))
        mac = table("sign", shape.SIGN, types, zh="签名", en="Covers the canonical JSON.")
        x(inside, "element", name="sign", type=mac, minOccurs="0")
        _findings(inside, types)

    return types.ref("receipt", "complexType", make)


def _answer(service: Service, types: Types) -> str:
    def make(element: etree._Element) -> None:
        told(element, f"{service.zh}:应答", f"Answer of {service.name}.")
        inside = x(element, "sequence")
        _texts(inside, ("code",), ())
        reply = service_rows(
            f"{service.name}.reply", service.reply, types, zh=f"{service.zh}:应答字段", en="Reply fields."
        )
        x(inside, "element", name="receipt", type=_receipt(types), minOccurs="0")
        x(inside, "element", name="body", type=reply, minOccurs="0")
        _findings(inside, types)

    return types.ref(f"{service.name}.answer", "complexType", make)


def _problem(types: Types) -> str:
    def make(element: etree._Element) -> None:
        inside = x(element, "sequence")
        _texts(inside, ("code",), ("title", "detail"))
        x(inside, "element", name="status", type="xs:int")
        _findings(inside, types)

    return types.ref("problem", "complexType", make)


def _findings(inside: etree._Element, types: Types) -> None:
    x(inside, "element", name="finding", type=_finding(types), minOccurs="0", maxOccurs="unbounded")
