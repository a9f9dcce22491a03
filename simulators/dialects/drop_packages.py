"""Packages of the file drop: a zip with manifest and data, its checks in their order, receipts and answers.

Written from `dialects/xml-drop/rules.md` 3-5, 7 and 8. Bytes in, bytes out; what a record says
is not judged here.
"""

from __future__ import annotations

import hashlib
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from certs.algorithms.digest import digest
from hub.message import CST
from simulators.dialects.xmlread import BadXmlError, escape, local, read

PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'
MANIFEST = "manifest.xml"
LIMIT, UNPACKED = 16 * 2**20, 64 * 2**20
MOST = 500
NAME = re.compile(r"(?P<sender>[A-Z0-9]+)_(?P<category>[A-Z]+)_(?P<stamp>\d{14})_(?P<seq>[0-9A-F]{4,12})")
_DECLARED = re.compile(rb"^<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9_.\-]+)[\"']")
_TORN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError, RuntimeError,
    ValueError,
)  # fmt: skip
TEXTS = {
    "P01": "包名或标记不合约定",
    "P02": "压缩包残缺",
    "P03": "摘要不符",
    "P04": "清单与内容不符",
    "P05": "XML或字符集有误",
    "P06": "账号无此类别权限",
    "P07": "重复包",
    "P09": "包过大",
    "P99": "系统异常",
}
RETELL = frozenset({"P02", "P03"})  # told by a bad file; the package is thrown away and awaited again


class Bad(Exception):
    """A whole package is no good, with its code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a receipt."""

    key: str
    version: str
    result: str
    code: str = ""
    message: str = ""
    number: str = ""


def hashed(algorithm: str, octets: bytes) -> str:
    if algorithm == "MD5":
        return hashlib.md5(octets, usedforsecurity=False).hexdigest()
    return digest(octets).hex()


def packed(name: str, receiver: str, records: Sequence[str], algorithm: str, flaw: str = "") -> bytes:
    """A package of ours (deflated, one data file); `flaw` is the slip that this package is to have."""
    sender, category, stamp, _ = name.split("_")
    data = f'{PROLOG}<records category="{category}">{"".join(records)}</records>'.encode()
    if flaw == "wrong-charset":
        data = data.decode("utf-8").encode("gb18030")
    told = hashed(algorithm, data if flaw != "hash-mismatch" else data + b" ")
    file, count = f"{category}_0001.xml", str(len(records))
    entry = _attributes({"name": file, "count": count, "size": str(len(data)), "digest": told})
    whole = _attributes(
        {"package": name, "sender": sender, "receiver": receiver, "category": category,
         "version": stamp, "count": count, "algorithm": algorithm}
    )  # fmt: skip
    manifest = f"{PROLOG}<manifest {whole}><file {entry}/></manifest>".encode()
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry_name, octets in ((MANIFEST, manifest), (file, data)):
            archive.writestr(zipfile.ZipInfo(entry_name), octets, zipfile.ZIP_DEFLATED)
    return raw.getvalue()[: len(raw.getvalue()) // 2] if flaw == "zip-truncated" else raw.getvalue()


def unpacked(
    name: str, raw: bytes, receiver: str, allowed: Iterable[str], algorithm: str
) -> list[etree._Element]:
    """The records of a package of the hub's; raises Bad with the first code of rules.md 8."""
    parts = NAME.fullmatch(name)
    if parts is None:
        raise Bad("P01")
    if parts["sender"] != "HUB" or parts["category"] not in set(allowed):
        raise Bad("P06")
    if len(raw) > LIMIT:
        raise Bad("P09")
    entries = _entries(raw)
    manifest = _xml(entries.pop(MANIFEST))
    files = [element for element in manifest if local(element) == "file"]
    if any(file.get("name") not in entries for file in files):
        raise Bad("P02")
    for file in files:
        octets = entries[str(file.get("name"))]
        if file.get("size") != str(len(octets)) or file.get("digest") != hashed(algorithm, octets):
            raise Bad("P03")
    told = {"package": name, "sender": "HUB", "receiver": receiver, "category": parts["category"],
            "version": parts["stamp"], "algorithm": algorithm}  # fmt: skip
    counted = [str(file.get("count") or "") for file in files]
    if any(manifest.get(key) != value for key, value in told.items()) or len(files) != len(entries):
        raise Bad("P04")
    if not all(count.isdecimal() for count in counted):
        raise Bad("P04")
    records = []
    for file in files:
        root = _xml(entries[str(file.get("name"))])
        if root.get("category") != parts["category"] or str(len(root)) != file.get("count"):
            raise Bad("P04")
        records += list(root)
    if manifest.get("count") != str(len(records)) or not 0 < len(records) <= MOST:
        raise Bad("P04")
    return records


def _entries(raw: bytes) -> dict[str, bytes]:
    """All entries by name; half a zip, a damaged one, one without manifest or with paths is P02."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            infos = archive.infolist()
            if sum(info.file_size for info in infos) > UNPACKED:
                raise Bad("P09")
            entries = {info.filename: archive.read(info) for info in infos}
    except _TORN as error:
        raise Bad("P02") from error
    if MANIFEST not in entries or any(part in name for name in entries for part in ("/", "\\", "..")):
        raise Bad("P02")
    return entries


def _xml(raw: bytes) -> etree._Element:
    """UTF-8 only, a BOM tolerated, never guessed."""
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    declared = _DECLARED.match(raw)
    if declared is not None and declared[1].lower() not in (b"utf-8", b"utf8"):
        raise Bad("P05")
    try:
        return read(raw.decode("utf-8"))
    except (UnicodeDecodeError, BadXmlError) as error:
        raise Bad("P05") from error


def receipt(
    name: str, whole: str, items: Sequence[Item], now: datetime, code: str = "", result: str = ""
) -> str:
    """The receipt of a package; `whole` is the digest of the zip as it came."""
    results = {item.result for item in items}
    good = results - {"failure"}
    result = result or ("failure" if not good or code else "partial" if "failure" in results else "success")
    head = {"package": name, "digest": whole, "result": result}
    head |= {"code": code, "message": TEXTS[code]} if code else {}
    head["time"] = stamp(now)
    return f"{PROLOG}<receipt {_attributes(head)}>{''.join(map(_item, items))}</receipt>"


def bad_file(name: str, code: str, now: datetime) -> str:
    told = {"package": name, "code": code, "message": TEXTS[code], "time": stamp(now)}
    return f"{PROLOG}<bad {_attributes(told)}/>"


def answer_file(name: str, whole: str, inside: str, now: datetime) -> str:
    told = _attributes({"package": name, "digest": whole, "time": stamp(now)})
    return f"{PROLOG}<answer {told}><reply>{inside}</reply></answer>"


def stamp(at: datetime) -> str:
    return f"{at.astimezone(CST):%Y%m%d%H%M%S}"


def _item(item: Item) -> str:
    told = {"key": item.key, "version": item.version, "result": item.result}
    told |= {"code": item.code} if item.code else {}
    told |= {"message": item.message} if item.message else {}
    told |= {"receiptNo": item.number} if item.number else {}
    return f"<item {_attributes(told)}/>"


def _attributes(values: Mapping[str, str]) -> str:
    return " ".join(f'{name}="{escape(value).replace(chr(34), "&quot;")}"' for name, value in values.items())
