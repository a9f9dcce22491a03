"""Bytes of records that the policy keeps closed, enciphered where they are stored.

What the journal proves is the digest of the plain bytes; what lies in its file, and so in every copy
and backup of it, is AES-256-GCM under a key that lies beside it and is copied apart. The sequence
number is bound in, so that no entry can be put in another's place.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.durable import place_file
from hub.errors import SettingsError

# No message begins like this: those that are stored open are JSON.
MARK = b"\x00HT1"
NONCE = 12
KEY = 32


class Vault:
    """Closes and opens stored bytes; `fresh` gives nonces."""

    def __init__(self, key: bytes, fresh: Callable[[int], bytes]) -> None:
        self._cipher = AESGCM(key)
        self._fresh = fresh

    def close(self, seq: int, plain: bytes) -> bytes:
        nonce = self._fresh(NONCE)
        return MARK + nonce + self._cipher.encrypt(nonce, plain, _bound(seq))

    def open(self, seq: int, stored: bytes) -> bytes:
        """The plain bytes; what was stored open comes back as it is.

        Raises SettingsError when the key is another one or the bytes were changed.
        """
        if not stored.startswith(MARK):
            return stored
        nonce, closed = stored[len(MARK) :][:NONCE], stored[len(MARK) + NONCE :]
        try:
            return self._cipher.decrypt(nonce, closed, _bound(seq))
        except InvalidTag as error:
            text = (
                f"journal.key 不是封存第 {seq} 条时的密钥,或内容已被改动 / wrong key or altered entry {seq}"
            )
            raise SettingsError(text, code="journal.key") from error


def open_vault(path: Path, fresh: Callable[[int], bytes], *, new: bool) -> Vault:
    """The vault under the key in `path`; a `new` journal gets a new key, an old one must find its own."""
    if not path.exists():
        if not new:
            raise SettingsError(f"缺少 / missing {path}: 没有它,已封存的报文无法读取", code="journal.key")
        place_file(path, fresh(KEY))  # what is enciphered under it must not outlive it
    key = path.read_bytes()
    if len(key) != KEY:
        raise SettingsError(f"{path}: 应为 / must be {KEY} bytes", code="journal.key")
    return Vault(key, fresh)


def _bound(seq: int) -> bytes:
    return seq.to_bytes(8, "big")
