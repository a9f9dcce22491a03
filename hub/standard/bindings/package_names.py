"""What a file package and the things in it are called; a name that is not of this form is not opened.

Outside: `T01_engineering_20261122090000_000001.zip`, the marker with `.ok` behind it (zero bytes, written
last: only then is the package whole), the receipt with `.receipt.json` behind it. Inside: `manifest.json`,
`data/<stage>.jsonl`, `files/<algorithm>-<hex>`. Since nothing else is a name, no path can lead out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from hub.message import CST

MANIFEST = "manifest.json"
MARKER, RECEIPT = ".ok", ".receipt.json"
DATA = re.compile(r"data/([a-z0-9-]{1,40})\.jsonl")
ATTACHMENT = re.compile(r"files/(sm3|sha256)-([0-9a-f]{64})")
_NAME = re.compile(r"([A-Z][0-9]{2}|centre)_([a-z0-9-]{1,40})_([0-9]{14})_([0-9]{6})\.zip")


@dataclass(frozen=True, slots=True)
class PackageName:
    """Who packed what, when, and which package of that second it is."""

    system: str
    category: str
    time: str
    sequence: int

    def __str__(self) -> str:
        return f"{self.system}_{self.category}_{self.time}_{self.sequence:06}.zip"


def package_name(system: str, category: str, at: datetime, sequence: int) -> PackageName:
    """The name for a package made at this moment; ValueError when a part does not fit the rule."""
    name = PackageName(system, category, at.astimezone(CST).strftime("%Y%m%d%H%M%S"), sequence)
    if parse_name(str(name)) is None:
        raise ValueError(f"not a package name: {name}")
    return name


def parse_name(text: str) -> PackageName | None:
    """The parts of a file name, None when it is not of this form or names a moment that does not exist."""
    found = _NAME.fullmatch(text)
    if found is None:
        return None
    system, category, time, sequence = found.groups()
    try:
        datetime.strptime(f"{time}+0800", "%Y%m%d%H%M%S%z")
    except ValueError:
        return None
    return PackageName(system, category, time, int(sequence))


def data_path(stage: str) -> str:
    return f"data/{stage}.jsonl"


def attachment_path(digest: str) -> str:
    """`sm3:ab…` is `files/sm3-ab…`."""
    return f"files/{digest.replace(':', '-')}"


def reason(path: str) -> str:
    """Why a name inside a package is refused; "" for a name of the form."""
    if path == MANIFEST or DATA.fullmatch(path) or ATTACHMENT.fullmatch(path):
        return ""
    if path.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", path):
        return "绝对路径"
    if ".." in re.split(r"[/\\]", path):
        return "路径穿越"
    if "\\" in path:
        return "反斜杠"
    if path.endswith("/"):
        return "目录"
    return "不在约定的名称之内"
