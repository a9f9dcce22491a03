"""One SOAP 1.1 rpc call of rpc-execute: which method, which arguments; XML parameters as trees."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from hub.catalogue.papers import FieldRow
from simulators.dialects.xmlread import BadXmlError, escape, local, namespace, read
from simulators.dialects.xmltree import lists
from simulators.nested import Tree

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
NS = "http://service.ggzy.example/"
ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSD = "http://www.w3.org/2001/XMLSchema"
ARGUMENTS = {
    "execute": ("siteCode", "func", "params"),
    "DataByXML": ("parmString1", "action", "parmString2"),
}


class Faulty(Exception):
    """What becomes a Fault Client."""


@dataclass(frozen=True, slots=True)
class Call:
    """`site` is what the caller says of itself, `params` still closed."""

    site: str
    func: str
    params: str


def read_call(body: bytes, form: str, *, encoded: bool) -> Call:
    """Raises Faulty: not SOAP 1.1, another method than this site's, no types where types are wanted."""
    try:
        root = read(body)
    except BadXmlError as error:
        raise Faulty(f"not well-formed: {error}") from None
    content = root.find(f"{{{SOAP}}}Body")
    if root.tag != f"{{{SOAP}}}Envelope" or content is None or not len(content):
        raise Faulty("SOAP 1.1 expected")
    call = content[0]
    if local(call) != form or namespace(call) != NS:
        raise Faulty(f"unknown operation {local(call)}")
    typed = [call.get(f"{{{SOAP}}}encodingStyle") == ENCODING, *(_string(one) for one in call)]
    if encoded and not all(typed):
        raise Faulty("rpc/encoded expected: encodingStyle and xsi:type")
    given = {local(one): one.text or "" for one in call}
    missing = [name for name in ARGUMENTS[form] if name not in given]
    if missing:
        raise Faulty(f"argument {missing[0]} missing")
    return Call(*(given[name] for name in ARGUMENTS[form]))


def _string(argument: etree._Element) -> bool:
    prefix, _, name = argument.get(f"{{{XSI}}}type", "").rpartition(":")
    return name == "string" and argument.nsmap.get(prefix or None) == XSD


def tree_of(text: str, rows: tuple[FieldRow, ...]) -> Tree | None:
    """`<Params>` as a tree: lists are `<X><item>…`, integers are integers; None for anything else."""
    try:
        root = read(text)
    except BadXmlError:
        return None
    if local(root) != "Params":
        return None
    many = {path[0] for path in lists(rows)}
    tree = {local(child): _value(child, local(child) in many) for child in root}
    whole = {row.foreign for row in rows if row.foreign_type == "integer"}
    return {name: int(str(v)) if name in whole and str(v).isdigit() else v for name, v in tree.items()}


def _value(element: etree._Element, many: bool) -> object:
    if many:
        return [
            {local(part): part.text or "" for part in item} if len(item) else item.text or ""
            for item in element
        ]
    return element.text or ""


def xml_of(tree: object) -> str:
    """A tree as the elements of `<Data>`: items for lists, nothing else besides."""
    if isinstance(tree, dict):
        return "".join(f"<{name}>{xml_of(value)}</{name}>" for name, value in tree.items())
    if isinstance(tree, list):
        return "".join(f"<item>{xml_of(item)}</item>" for item in tree)
    return escape(str(tree))
