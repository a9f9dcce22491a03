"""Packages of a system: judged whole first, then record by record, in the order of the papers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lxml import etree

from adapters import laying, xmltext
from adapters.situation import bad
from adapters.xml_drop import documents
from adapters.xml_drop.package import CutError, HugeError, unzipped
from adapters.xml_drop.papers import (
    CARRIED,
    FIELDS,
    HUB,
    LIMIT,
    MOST_RECORDS,
    Site,
    digest_of,
    direction,
)
from hub.message import Finding
from hub.ports import Incoming

NAME = re.compile(r"([A-Z0-9]+)_([A-Z]+)_([0-9]{14})_([0-9A-F]{4,12})")
_MANIFEST = "manifest.xml"
# code of the papers -> stable code; the first two are said in a bad file and looked at again
CODES = {
    "P01": "package.name",
    "P02": "package.truncated",
    "P03": "package.digest",
    "P04": "package.manifest",
    "P05": "charset.invalid",
    "P06": "system.not-allowed",
    "P09": "package.too-large",
}
AGAIN = ("P02", "P03")
WORDS = {
    "P01": "包名不合约定",
    "P02": "压缩包残缺",
    "P03": "摘要不符",
    "P04": "清单与内容不符",
    "P05": "XML 或字符集有误",
    "P06": "账号无此类别权限",
    "P09": "包过大",
}


class PackageError(Exception):
    """Why a package as a whole cannot be taken: a code of the papers."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Taken:
    """A package looked at: its messages, or the code of what is to be said in a bad file."""

    items: tuple[Incoming, ...] = ()
    bad: str = ""


def ready(listed: dict[str, Any]) -> list[str]:
    """Names of the packages that are whole and have no receipt of ours."""
    names = {
        path.removeprefix("send/").removesuffix(".zip.ok") for path in listed if path.endswith(".zip.ok")
    }
    return sorted(
        name for name in names if f"send/{name}.zip" in listed and f"back/{name}.receipt.xml" not in listed
    )


def taken(name: str, octets: bytes, system: str, site: Site) -> Taken:
    """The messages of one package. A package refused as a whole is one message that says why."""
    digest = site.digest(octets)
    context = {"package": name, "digest": digest}
    try:
        carried = _carried(name, system, site)
        if len(octets) > LIMIT:
            raise PackageError("P09")
        records = _records(name, octets, system, site)
    except PackageError as error:
        return Taken(bad=error.code) if error.code in AGAIN else Taken((refused(name, error.code, context),))
    return Taken(tuple(_message(record, carried, context) for record in records))


def refused(name: str, code: str, context: dict[str, str]) -> Incoming:
    """One message for a package that is refused as a whole."""
    found = NAME.fullmatch(name)
    carried = CARRIED.get(found[2], "") if found else ""
    return Incoming(
        FIELDS.messages.get(carried, ""),
        "" if "." in carried else carried,
        "insert",
        name,
        1,
        f"{name}:{context['digest'][:16]}",
        {},
        findings=(bad(CODES[code], "", WORDS[code], name[:80]),),
        authenticated=True,
        context={**context, "code": code},
    )


def _carried(name: str, system: str, site: Site) -> str:
    found = NAME.fullmatch(name)
    if found is None:
        raise PackageError("P01")
    carried = CARRIED.get(found[2], "")
    if found[1] != system or carried not in site.reports:
        raise PackageError("P06")
    return carried


def _records(name: str, octets: bytes, system: str, site: Site) -> list[etree._Element]:
    try:
        packed = unzipped(octets)
    except CutError:
        raise PackageError("P02") from None
    except HugeError:
        raise PackageError("P09") from None
    entries = dict(packed)
    if len(entries) != len(packed):
        raise PackageError("P04")
    if _MANIFEST not in entries:
        raise PackageError("P02")
    manifest = documents.read(entries[_MANIFEST])
    if manifest is None:
        raise PackageError("P05")
    files = manifest.findall("file")
    if any(file.get("name", "") not in entries for file in files):
        raise PackageError("P02")
    data = [(file, entries[file.get("name", "")]) for file in files]
    algorithm = manifest.get("algorithm", "")
    for file, content in data:
        if file.get("size") != str(len(content)) or file.get("digest") != digest_of(content, algorithm):
            raise PackageError("P03")
    _judge(manifest, name, system, [file.get("name", "") for file in files], entries)
    return _read(manifest, data)


def _judge(
    manifest: etree._Element, name: str, system: str, files: list[str], entries: dict[str, bytes]
) -> None:
    """Does the manifest say what is there, and for whom?"""
    category, stamp = name.split("_")[1:3]
    wanted = {"package": name, "sender": system, "receiver": HUB, "category": category, "version": stamp}
    told = {key: manifest.get(key) for key in wanted}
    paths = any(sign in entry for entry in entries for sign in ("/", "\\", ".."))
    whole = sorted([*files, _MANIFEST]) == sorted(entries)
    known = manifest.get("algorithm") in ("SM3", "MD5")
    if manifest.tag != "manifest" or told != wanted or paths or not whole or not known or not files:
        raise PackageError("P04")


def _read(manifest: etree._Element, data: list[tuple[etree._Element, bytes]]) -> list[etree._Element]:
    records: list[etree._Element] = []
    for file, content in data:
        root = documents.read(content)
        if root is None:
            raise PackageError("P05")
        here = root.findall("record")
        if root.tag != "records" or root.get("category") != manifest.get("category"):
            raise PackageError("P04")
        if file.get("count") != str(len(here)) or len(here) != len(root):
            raise PackageError("P04")
        records += here
    if manifest.get("count") != str(len(records)) or not 0 < len(records) <= MOST_RECORDS:
        raise PackageError("P04")
    return records


def _message(record: etree._Element, carried: str, context: dict[str, str]) -> Incoming:
    way = direction(carried, "in")
    texts = xmltext.leaves(record)
    envelope = FIELDS.home(
        "", "in", {row.foreign: texts.get(row.foreign) for row in FIELDS.of("*", "in")}
    ).about
    fields, ext, odd = documents.home(FIELDS, carried, way, record)
    findings: list[Finding] = [
        bad("field.format", f"/body/fields/{name.replace('/', '~1')}", "文本,不重复", "元素") for name in odd
    ]
    return laying.message_of(FIELDS, carried, envelope, fields, findings, context, ext)
