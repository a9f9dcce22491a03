"""The file call of token-sm4: a multipart form, its four short parts enciphered, and the .gstf beside them.

Both sides of the wire are here (the receiver opens, T02's voice writes), from rules.md 4.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from certs.algorithms.digest import digest
from simulators.dialects import jsonread

MARK = b"GSTF1\n"
_STARTS = {"gstf": MARK, "pdf": b"%PDF-"}
_NAME = re.compile(r'(?:^|[;\s])(name|filename)="([^"]*)"', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the form; `filename` is empty for all but the file."""

    content: bytes
    filename: str = ""


class Sm4:
    """SM4-CBC, PKCS#7, under the key and the fixed IV both sides agreed on (an old habit, hiding little)."""

    def __init__(self, key: str, iv: str) -> None:
        self._key, self._iv = bytes.fromhex(key), bytes.fromhex(iv)

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.SM4(self._key), modes.CBC(self._iv))

    def seal(self, text: str) -> str:
        padder, cipher = PKCS7(128).padder(), self._cipher().encryptor()
        padded = padder.update(text.encode("utf-8")) + padder.finalize()
        return base64.b64encode(cipher.update(padded) + cipher.finalize()).decode("ascii")

    def open(self, sealed: bytes) -> str | None:
        """The text, or None where it does not open."""
        try:
            raw = base64.b64decode(sealed, validate=True)
            cipher, unpadder = self._cipher().decryptor(), PKCS7(128).unpadder()
            padded = cipher.update(raw) + cipher.finalize()
            return (unpadder.update(padded) + unpadder.finalize()).decode("utf-8")
        except (ValueError, binascii.Error):
            return None


def parts_of(content_type: str, body: bytes) -> dict[str, Part] | None:
    """The form's parts by name; None for no form, a broken one, or a name that comes twice."""
    head = Message()
    head["Content-Type"] = content_type
    boundary = head.get_param("boundary")
    if head.get_content_type() != "multipart/form-data" or not isinstance(boundary, str) or not boundary:
        return None
    line = b"--" + boundary.encode("utf-8", "replace")
    pieces = (b"\r\n" + body).split(b"\r\n" + line)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        return None
    parts: dict[str, Part] = {}
    for piece in pieces[1:-1]:
        named = _part(piece)
        if named is None or named[0] in parts:
            return None
        parts[named[0]] = named[1]
    return parts


def _part(piece: bytes) -> tuple[str, Part] | None:
    head, gap, content = piece.partition(b"\r\n\r\n")
    if not gap or not head.startswith(b"\r\n"):
        return None
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-disposition":
            said = {key.lower(): text for key, text in _NAME.findall(value)}
            return (said["name"], Part(content, said.get("filename", ""))) if said.get("name") else None
    return None


def file_fault(file: Part | None, claimed: str) -> str:
    """The code of what is wrong with the file itself; empty when it is what it says."""
    kind = file.filename.rpartition(".")[2].lower() if file is not None else ""
    if file is None or kind not in _STARTS or not file.content.startswith(_STARTS[kind]):
        return "10090"
    return "" if digest(file.content).hex() == claimed else "10091"


def differing(file: Part, business: Mapping[str, Any]) -> str:
    """The first member (in ASCII order) in which a .gstf and the data differ; a PDF is not compared."""
    if not file.content.startswith(MARK):
        return ""
    inside = jsonread.strict(file.content[len(MARK) :]) or {}
    names = sorted(inside.keys() | business.keys())
    return next((name for name in names if _told(inside, name) != _told(business, name)), "")


def _told(record: Mapping[str, Any], name: str) -> tuple[bool, Any]:
    return name in record, record.get(name)


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def package(business: Mapping[str, Any]) -> bytes:
    """The tender file made from the record itself."""
    return MARK + compact(business).encode("utf-8")


def form(
    cipher: Sm4, credentials: Mapping[str, str], data: Mapping[str, Any], file: bytes
) -> tuple[str, bytes]:
    """Content type and body of the file call; without a file for a delete."""
    text = compact(data)
    boundary = "----gstf" + digest(text.encode("utf-8")).hex()[:32]
    sealed = {name: cipher.seal(value) for name, value in credentials.items()}
    parts = [
        f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in sealed.items()
    ]
    if file:
        value = cipher.seal(digest(file).hex())
        parts.append(f'Content-Disposition: form-data; name="fileSM3"\r\n\r\n{value}')
    kind = "Content-Type: application/json; charset=UTF-8"
    parts.append(f'Content-Disposition: form-data; name="data"\r\n{kind}\r\n\r\n{text}')
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts).encode("utf-8")
    if file:
        named = f'Content-Disposition: form-data; name="file"; filename="{data["dataKey"]}.gstf"'
        head = f"--{boundary}\r\n{named}\r\nContent-Type: application/octet-stream\r\n\r\n"
        body += head.encode("utf-8") + file + b"\r\n"
    return f"multipart/form-data; boundary={boundary}", body + f"--{boundary}--\r\n".encode()
