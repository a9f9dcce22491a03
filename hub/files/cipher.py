"""Files as they lie on the disk: blocks of AES-256-GCM, each openable by itself.

A file comes before the record that names it, so nobody can know yet whether it will be sealed: every
file is therefore closed where it is kept, and a backup without the key tells nothing of it. The key of
a file is made from the hub's key, the file's name and a salt; a part has a fresh random beginning of its
nonces, so that a part that was broken off and is sent again never uses one twice.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from certs.algorithms.digest import mac
from hub.durable import place_file
from hub.errors import HubError, SettingsError

KEY, SALT, FRESH, TAG = 32, 16, 8, 16


class DamagedFileError(HubError):
    """What lies on the disk is not what was written there."""

    code = "file.damaged"


class Cipher:
    """Closes and opens the blocks of one file."""

    def __init__(self, key: bytes, name: str, salt: bytes) -> None:
        self._aead = AESGCM(mac(salt + name.encode("ascii"), key))

    def close(self, fresh: bytes, block: int, plain: bytes) -> bytes:
        return self._aead.encrypt(fresh + block.to_bytes(4, "big"), plain, None)

    def open(self, fresh: bytes, block: int, closed: bytes) -> bytes:
        """Raises DamagedFileError when the bytes were changed, or the key is another."""
        try:
            return self._aead.decrypt(fresh + block.to_bytes(4, "big"), closed, None)
        except InvalidTag as error:
            raise DamagedFileError("附件存储已损坏 / a stored file is damaged") from error


def closed_size(plain: int, block: int) -> int:
    """How long `plain` bytes are once they are closed in blocks."""
    return plain + TAG * -(-plain // block)


def open_key(path: Path, fresh: Callable[[int], bytes], *, new: bool) -> bytes:
    """The key in `path`, made when this is a `new` store; an old store must find its own."""
    if not path.exists():
        if not new:
            raise SettingsError(f"缺少 / missing {path}: 没有它,已收的附件无法读取", code="files.key")
        place_file(path, fresh(KEY))
    key = path.read_bytes()
    if len(key) != KEY:
        raise SettingsError(f"{path}: 应为 / must be {KEY} bytes", code="files.key")
    return key
