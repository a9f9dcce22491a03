"""WSDL 1.1 of the typed contract: document/literal wrapped, one port for SOAP 1.1 and one for SOAP 1.2."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lxml import etree

from hub.standard.bindings.soap_names import NS, q
from hub.standard.bindings.soap_xsd import operations, schema
from hub.standard.book import Book

WSDL = "http://schemas.xmlsoap.org/wsdl/"
SOAP = {"11": "http://schemas.xmlsoap.org/wsdl/soap/", "12": "http://schemas.xmlsoap.org/wsdl/soap12/"}
TRANSPORT = "http://schemas.xmlsoap.org/soap/http"
_NAMES: Any = {None: WSDL, "t": NS, "soap11": SOAP["11"], "soap12": SOAP["12"]}


def wsdl(
    standard: Book, address: str = "http://127.0.0.1:8700/soap", *, only: Iterable[str] | None = None
) -> bytes:
    """The contract with its schema inside; `address` is where the hub was reached.

    `only` names operations (`put.eng-section`, `project.query`): a vendor need not generate 156.
    """
    root = etree.Element(q("definitions", WSDL), nsmap=_NAMES)
    root.set("name", "HutongStandard")
    root.set("targetNamespace", NS)
    _note(
        root,
        f"统一接口标准 {standard.version}:{len(standard.stages)} 个环节、{len(standard.services)} 种服务",
    )
    _w(root, "types").append(schema(standard, only))
    names = operations(standard, only)
    for name, _, _ in names:
        for suffix, element in (("", name), ("Response", f"{name}Response")):
            message = _w(root, "message", name=f"{name}{suffix}")
            _w(message, "part", name="parameters", element=f"t:{element}")
    _w(_w(root, "message", name="problem"), "part", name="problem", element="t:problem")
    port = _w(root, "portType", name="Standard")
    for name, zh, en in names:
        operation = _w(port, "operation", name=name)
        _note(operation, f"{zh} / {en}")
        _w(operation, "input", message=f"t:{name}")
        _w(operation, "output", message=f"t:{name}Response")
        _w(operation, "fault", name="problem", message="t:problem")
    for version in SOAP:
        _binding(root, version, [name for name, _, _ in names])
    service = _w(root, "service", name="HutongStandard")
    for version, namespace in SOAP.items():
        place = _w(service, "port", name=f"Standard{version}", binding=f"t:Standard{version}")
        etree.SubElement(place, q("address", namespace)).set("location", address)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)


def _binding(root: etree._Element, version: str, names: list[str]) -> None:
    space = SOAP[version]
    binding = _w(root, "binding", name=f"Standard{version}", type="t:Standard")
    style = etree.SubElement(binding, q("binding", space))
    style.set("style", "document")
    style.set("transport", TRANSPORT)
    for name in names:
        operation = _w(binding, "operation", name=name)
        etree.SubElement(operation, q("operation", space)).set("soapAction", f"{NS}/{name}")
        for part in ("input", "output"):
            etree.SubElement(_w(operation, part), q("body", space)).set("use", "literal")
        fault = etree.SubElement(_w(operation, "fault", name="problem"), q("fault", space))
        fault.set("name", "problem")
        fault.set("use", "literal")


def _w(parent: etree._Element, name: str, /, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, q(name, WSDL), attributes)


def _note(parent: etree._Element, text: str) -> None:
    _w(parent, "documentation").text = text
