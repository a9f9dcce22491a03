"""Variant sm2-aes: the same JSON, enciphered as a whole; requests to a key, answers under a shared one.

Not a signature: whoever knows the public key can write a request, so the token inside stays the proof.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from certs.algorithms import sm2_encryption
from certs.algorithms.sm2_ciphertext import C1C3C2
from hub.credentials import CredentialError

MARK = "encrypt"  # the header that says so
_BLOCK = 128


def seal_request(body: bytes, credentials: Mapping[str, str]) -> bytes:
    """`04` and hex of x, y, C3, C2; raises CredentialError where the peer's key is no key."""
    try:
        public = bytes.fromhex(credentials["peer_public"])
        return sm2_encryption.encrypt(public, base64.b64encode(body), C1C3C2).hex().encode("ascii")
    except ValueError as error:
        expected = "十六进制 SM2 公钥 / an SM2 public key"
        raise CredentialError("credentials.peer_public", expected, "不是公钥 / none") from error


def open_request(body: bytes, credentials: Mapping[str, str]) -> bytes | None:
    """The JSON in a request, whichever of C2 and C3 was written first; None when it is not for us."""
    text = body.strip()
    if not text.startswith(b"04"):
        return None
    try:
        private = bytes.fromhex(credentials.get("own_private", ""))
        plain = sm2_encryption.decrypt(private, bytes.fromhex(text.decode("ascii")))
        return base64.b64decode(plain, validate=True)
    except (ValueError, binascii.Error):
        return None


def seal_answer(body: bytes, credentials: Mapping[str, str]) -> bytes:
    """Base64 of AES-CBC under the two agreed texts."""
    padder = PKCS7(_BLOCK).padder()
    encryptor = _cipher(credentials).encryptor()
    sealed = encryptor.update(padder.update(body) + padder.finalize()) + encryptor.finalize()
    return base64.b64encode(sealed)


def open_answer(body: bytes, credentials: Mapping[str, str]) -> bytes | None:
    """What was enciphered; None when key and text do not go together."""
    try:
        decryptor = _cipher(credentials).decryptor()
        padded = decryptor.update(base64.b64decode(body.strip(), validate=True)) + decryptor.finalize()
        unpadder = PKCS7(_BLOCK).unpadder()
        return unpadder.update(padded) + unpadder.finalize()
    except (ValueError, binascii.Error):
        return None


def _cipher(credentials: Mapping[str, str]) -> Cipher[modes.CBC]:
    """Fixed key and IV: the papers' agreement, which hides no repetition."""
    key, iv = (credentials.get(name, "").encode() for name in ("aes_key", "aes_iv"))
    if len(key) != 16:  # the papers know AES-128 only, the library longer keys too
        raise ValueError("aes_key")
    return Cipher(algorithms.AES(key), modes.CBC(iv))
