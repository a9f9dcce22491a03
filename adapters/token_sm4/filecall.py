"""The file call: a multipart body of enciphered credentials, the data, and the .gstf file made of it.

The file is nothing but the record once more, so it is made here and needs no file store. The fixed IV
makes equal texts equal: an old agreement, no protection.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters import jsontext, sm4
from adapters.proof import same
from adapters.situation import bad
from adapters.token_sm4.papers import ENVELOPE
from certs.algorithms.digest import digest
from hub.message import Finding, parse, shown

MAGIC, PDF = b"GSTF1\n", b"%PDF-"
_ENCIPHERED = ("platform", "api_key", "token", "fileSM3")
_BOUNDARY = re.compile(
    r'multipart/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s";]{1,70}))', re.I | re.S
)
_NAME = re.compile(rb'[;\s]name="([^"\r\n]*)"', re.I)
_FILENAME = re.compile(rb'[;\s]filename="([^"\r\n]*)"', re.I)


@dataclass(frozen=True, slots=True)
class Parts:
    """What was read of a file call; `texts` are the opened credentials and the digest."""

    texts: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    filename: str = ""
    content: bytes | None = None


def written(
    body: Mapping[str, Any], secrets: Mapping[str, str], credentials: Mapping[str, str]
) -> tuple[str, bytes]:
    """Content type and body; a delete has neither file nor digest."""
    data = jsontext.write(body).encode()
    business = {name: value for name, value in body.items() if name not in ENVELOPE}
    content = MAGIC + jsontext.write(business).encode() if body["operateType"] != "D" else None
    boundary = f"----gstf{digest(data).hex()[:32]}"
    texts = dict(secrets) if content is None else {**secrets, "fileSM3": digest(content).hex()}
    parts = [_part(f'name="{name}"', "", _seal(text, credentials)) for name, text in texts.items()]
    parts.append(_part('name="data"', "application/json; charset=UTF-8", data))
    if content is not None:
        named = f'name="file"; filename="{body["dataKey"]}.gstf"'
        parts.append(_part(named, "application/octet-stream", content))
    opening = f"--{boundary}\r\n".encode()
    whole = b"".join(opening + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", whole


def _part(disposition: str, kind: str, value: bytes) -> bytes:
    head = f"Content-Disposition: form-data; {disposition}\r\n"
    return f"{head}{f'Content-Type: {kind}' + chr(13) + chr(10) if kind else ''}\r\n".encode() + value


def _keys(credentials: Mapping[str, str]) -> tuple[bytes, bytes]:
    return bytes.fromhex(credentials["sm4_key"]), bytes.fromhex(credentials["sm4_iv"])


def _seal(text: str, credentials: Mapping[str, str]) -> bytes:
    return base64.b64encode(sm4.encipher(text.encode(), *_keys(credentials)))


def _open(value: bytes, credentials: Mapping[str, str]) -> str | None:
    try:
        return sm4.decipher(base64.b64decode(value, validate=True), *_keys(credentials)).decode("utf-8")
    except (KeyError, ValueError, binascii.Error):
        return None


def read(kind: str, body: bytes, credentials: Mapping[str, str]) -> Parts | None:
    """The parts in whatever order; None for what is not such a call or does not open."""
    found = _BOUNDARY.match(kind.strip())
    raw = _taken_apart(body, (found[1] or found[2]).encode("utf-8", "replace")) if found else None
    if raw is None or not {"platform", "api_key", "token", "data"} <= raw.keys():
        return None
    texts = {name: _open(raw[name][1], credentials) for name in _ENCIPHERED if name in raw}
    parsed = parse(raw["data"][1])
    if parsed.findings or not isinstance(parsed.value, dict) or None in texts.values():
        return None
    opened = {name: text for name, text in texts.items() if text is not None}
    filename, content = raw.get("file", ("", None))
    if parsed.value.get("operateType") == "D":
        content = None
    elif content is None or "fileSM3" not in opened:
        return None
    return Parts(opened, parsed.value, filename, content)


def _taken_apart(body: bytes, boundary: bytes) -> dict[str, tuple[str, bytes]] | None:
    """Name -> file name and value; what is outside the boundaries is passed over."""
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        return None
    parts: dict[str, tuple[str, bytes]] = {}
    for piece in pieces[1:-1]:
        padding, line, rest = piece.partition(b"\r\n")
        head, gap, value = rest.partition(b"\r\n\r\n")
        named, filed = _NAME.search(head), _FILENAME.search(head)
        if padding.strip(b" \t") or not line or not gap or named is None:
            return None
        name = named[1].decode("utf-8", "replace")
        if name in parts:
            return None
        parts[name] = (filed[1].decode("utf-8", "replace") if filed else "", value)
    return parts


def judged(parts: Parts) -> Finding | None:
    """What is wrong with the file itself: type, then digest, then what it says."""
    content = parts.content
    if content is None:
        return None
    suffix = parts.filename.lower().rpartition(".")[2] if "." in parts.filename else ""
    magic = {"gstf": MAGIC, "pdf": PDF}.get(suffix)
    if magic is None or not content.startswith(magic):
        return bad("file.type", "", ".gstf 或 .pdf,首字节相符", shown(parts.filename))
    if not same(parts.texts["fileSM3"], digest(content).hex()):
        return bad("file.digest", "", "文件的 SM3", "")
    differs = _difference(parts.data, content) if suffix == "gstf" else None
    if differs is None:
        return None
    return bad("file.metadata", f"/{differs}", "与文件解析结果一致", shown(differs))


def _difference(data: Mapping[str, Any], content: bytes) -> str | None:
    """The first member, in the order of ASCII, in which data and file are not equal; None when they are."""
    parsed = parse(content[len(MAGIC) :])
    inside = parsed.value if isinstance(parsed.value, dict) and not parsed.findings else None
    said = {name: jsontext.write(value) for name, value in data.items() if name not in ENVELOPE}
    filed = {name: jsontext.write(value) for name, value in (inside or {}).items()}
    differing = sorted(name for name in said.keys() | filed.keys() if said.get(name) != filed.get(name))
    if inside is None and not differing:
        return ""
    return differing[0] if differing else None
