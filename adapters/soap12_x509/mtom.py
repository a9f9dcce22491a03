"""Packages of MTOM: the root part and those it refers to. Received, never sent."""

from __future__ import annotations

import re
from urllib.parse import unquote

_PLAIN = frozenset({"", "binary", "8bit", "7bit"})
_MOST = 64


def parameter(value: str, name: str) -> str:
    """One parameter of a header, with or without quotes."""
    found = re.search(rf""";\s*{name}\s*=\s*(?:"([^"]*)"|([^\s;"]+))""", value, re.IGNORECASE)
    return (found[1] if found[1] is not None else found[2]) if found else ""


def named(reference: str) -> str:
    """A content id without its brackets and escapes."""
    return unquote(reference).strip().removeprefix("<").removesuffix(">")


def unpacked(raw: bytes, content_type: str) -> tuple[bytes, dict[str, bytes]] | None:
    """Octets of the root part, and of the others by id; None when the package is not whole."""
    boundary = parameter(content_type, "boundary")
    if not boundary or not boundary.isascii():
        return None
    mark = b"\r\n--" + boundary.encode("ascii")
    pieces = (b"\r\n" + raw).split(mark, _MOST + 2)
    if not 2 < len(pieces) <= _MOST + 2 or not pieces[-1].startswith(b"--"):
        return None
    found: list[tuple[str, bytes]] = []
    for piece in pieces[1:-1]:
        part = _part(piece)
        if part is None:
            return None
        found.append(part)
    start = named(parameter(content_type, "start"))
    at = next((number for number, (name, _) in enumerate(found) if name == start), -1) if start else 0
    if at < 0:
        return None
    root = found.pop(at)[1]
    others = dict(found)
    return (root, others) if len(others) == len(found) and "" not in others else None


def _part(piece: bytes) -> tuple[str, bytes] | None:
    head, gap, octets = piece.partition(b"\r\n\r\n")
    if not gap or not head.startswith(b"\r\n"):
        return None
    fields: dict[str, str] = {}
    for line in head[2:].decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        fields[name.strip().lower()] = value.strip()
    if fields.get("content-transfer-encoding", "").lower() not in _PLAIN:
        return None
    return named(fields.get("content-id", "")), octets
