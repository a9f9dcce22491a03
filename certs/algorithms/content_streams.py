"""Content to ciphertext and back, in pieces: memory stays bounded however large a bid file is."""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.padding import PKCS7

from certs.algorithms.content_ciphers import BLOCK, CBC, ECB, GCM, SHORTEST_TAG, WRITTEN, Chosen


class CipherError(ValueError):
    """Key and ciphertext do not go together; nothing more is said, in particular not about padding."""


class Encryption:
    """Content in pieces to ciphertext in pieces; `tag` is there after `finalize`."""

    def __init__(self, chosen: Chosen, key: bytes, aad: bytes) -> None:
        if chosen.cipher.name not in WRITTEN or len(key) != chosen.cipher.key_size:
            raise ValueError(f"no writing with {chosen.cipher.name} and {len(key)} bytes of key")
        context: Any = Cipher(chosen.cipher.block(key), _mode(chosen))
        self._context = context.encryptor()
        self._padder = PKCS7(8 * BLOCK).padder() if chosen.padded else None
        self.tag = b""
        if chosen.cipher.mode == GCM and aad:
            self._context.authenticate_additional_data(aad)

    def update(self, data: bytes) -> bytes:
        padded = data if self._padder is None else self._padder.update(data)
        out: bytes = self._context.update(padded)
        return out

    def finalize(self) -> bytes:
        last: bytes = b"" if self._padder is None else self._context.update(self._padder.finalize())
        last += self._context.finalize()
        self.tag = getattr(self._context, "tag", b"")
        return last


class Decryption:
    """Ciphertext in pieces to content in pieces; what `update` gives before `finalize` agrees is not to be
    believed. Raises CipherError."""

    def __init__(self, chosen: Chosen, key: bytes, tag: bytes, aad: bytes) -> None:
        gcm = chosen.cipher.mode == GCM
        if len(key) != chosen.cipher.key_size or (gcm and len(tag) != chosen.tag_size):
            raise CipherError
        context: Any = Cipher(chosen.cipher.block(key), _mode(chosen, tag if gcm else None))
        self._context = context.decryptor()
        self._padding = PKCS7(8 * BLOCK).unpadder() if chosen.padded else None
        if gcm and aad:
            self._context.authenticate_additional_data(aad)

    def update(self, data: bytes) -> bytes:
        out: bytes = self._context.update(data)
        return out if self._padding is None else self._padding.update(out)

    def finalize(self) -> bytes:
        try:
            last: bytes = self._context.finalize()
            return last if self._padding is None else self._padding.update(last) + self._padding.finalize()
        except (InvalidTag, ValueError) as error:
            raise CipherError from error


def encrypt(chosen: Chosen, key: bytes, content: bytes, aad: bytes = b"") -> tuple[bytes, bytes]:
    """Ciphertext, and the tag where the mode has one."""
    stream = Encryption(chosen, key, aad)
    ciphertext = stream.update(content) + stream.finalize()
    return ciphertext, stream.tag


def decrypt(chosen: Chosen, key: bytes, ciphertext: bytes, tag: bytes = b"", aad: bytes = b"") -> bytes:
    """The content; raises CipherError."""
    stream = Decryption(chosen, key, tag, aad)
    return stream.update(ciphertext) + stream.finalize()


def _mode(chosen: Chosen, tag: bytes | None = None) -> modes.Mode:
    if chosen.cipher.mode == GCM:
        return modes.GCM(chosen.iv, tag, min_tag_length=SHORTEST_TAG)
    if chosen.cipher.mode == ECB:
        return modes.ECB()  # noqa: S305  met in envelopes of others; never written
    return modes.CBC(chosen.iv) if chosen.cipher.mode == CBC else modes.CTR(chosen.iv)
