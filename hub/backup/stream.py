"""One closed file: frames of AES-256-GCM over a stream of records, so that neither order nor end can change.

Heads of sealed entries tell who sent what and when. So a copy is closed whole, whatever is closed inside it
again, and filled up to full megabytes: its length tells little. Memory: one frame.
"""

from __future__ import annotations

import hmac
import os
import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from hub.errors import SettingsError

MAGIC = b"HTBK1\n"
FRAME = 2**20
TAG = 16
PREFIX = 8
SALT = 16
_RECORD = struct.Struct(">BII")
_NUMBER = struct.Struct(">I")


class What(IntEnum):
    """What a record is. Numbers are stored: they may be added to, never reused."""

    PADDING = 0
    ENTRY = 1  # head, raw bytes as stored
    FILE = 2  # name under the data directory, content
    REFERENCE = 3  # name of a file kept elsewhere, its size as text


def key_from(secret: bytes) -> bytes:
    """The key that closes copies, of the journal's master key: the copy alone is nothing."""
    return hmac.digest(secret, b"hutong-backup-1", "sha256")


def key_of_passphrase(passphrase: bytes, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase)


class Closing:
    """Writes records; `end` must be called, or the file does not open again."""

    def __init__(self, out: BinaryIO, key: bytes, name: bytes) -> None:
        self._out, self._cipher, self._name = out, AESGCM(key), name
        self._prefix, self._number = os.urandom(PREFIX), 0
        self._held = bytearray()
        out.write(MAGIC + self._prefix)

    def add(self, what: What, first: bytes, second: bytes = b"") -> None:
        self._held += _RECORD.pack(what, len(first), len(second)) + first + second
        while len(self._held) > FRAME:
            self._frame(bytes(self._held[:FRAME]), last=False)
            del self._held[:FRAME]

    def end(self) -> None:
        room = (FRAME - len(self._held) - _RECORD.size) % FRAME
        self.add(What.PADDING, bytes(room))
        self._frame(bytes(self._held), last=True)
        self._out.flush()

    def _frame(self, plain: bytes, *, last: bool) -> None:
        nonce = self._prefix + _NUMBER.pack(self._number)
        self._out.write(self._cipher.encrypt(nonce, plain, self._name + bytes([last])))
        self._number += 1


def opened(source: BinaryIO, key: bytes, name: bytes, place: str) -> Iterator[tuple[What, bytes, bytes]]:
    """The records of a closed file; SettingsError when key, order, end or a byte is not what it was."""
    if source.read(len(MAGIC)) != MAGIC:
        raise SettingsError(f"{place}: 不是备份文件 / not a backup file", code="backup.format")
    held = bytearray()
    for plain in _frames(source, AESGCM(key), name, place):
        held += plain
        while len(held) >= _RECORD.size:
            what, first, second = _RECORD.unpack_from(held)
            whole = _RECORD.size + first + second
            if len(held) < whole:
                break
            if what != What.PADDING:
                middle = _RECORD.size + first
                yield What(what), bytes(held[_RECORD.size : middle]), bytes(held[middle:whole])
            del held[:whole]
    if held:
        raise SettingsError(f"{place}: 备份文件不完整 / cut short", code="backup.damaged")


def _frames(source: BinaryIO, cipher: AESGCM, name: bytes, place: str) -> Iterator[bytes]:
    prefix, number = source.read(PREFIX), 0
    piece = source.read(FRAME + TAG)
    while True:
        following = source.read(FRAME + TAG)
        try:
            yield cipher.decrypt(prefix + _NUMBER.pack(number), piece, name + bytes([not following]))
        except InvalidTag as error:
            text = f"{place}: 密钥不对,或内容不完整、已被改动 / wrong key, cut short or altered"
            raise SettingsError(text, code="backup.damaged") from error
        if not following:
            return
        piece, number = following, number + 1
