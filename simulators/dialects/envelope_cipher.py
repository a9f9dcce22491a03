"""SM4 and SM2 as the outreach interface of banks and CAs wants them (sm2-envelope, rules.md 3 to 5)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.padding import PKCS7

from certs.algorithms import sm2

BLOCK = 16


def compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def fresh_iv(key: bytes, *what: object) -> bytes:
    """An IV nobody can foresee without the key, and never the same for two answers."""
    text = "/".join(str(part) for part in what).encode("utf-8")
    return hmac.new(key, b"iv/" + text, hashlib.sha256).digest()[:BLOCK]


def close(key: bytes, iv: bytes, plain: bytes, *, shown: bytes | None = None) -> bytes:
    """Base64 of IV and ciphertext; `shown` stands in front instead of the IV that was used (a fault)."""
    padder = PKCS7(BLOCK * 8).padder()
    encryptor = Cipher(SM4(key), modes.CBC(iv)).encryptor()
    closed = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    return base64.b64encode((shown or iv) + closed)


def open_body(key: bytes, body: bytes) -> bytes | None:
    """The plain bytes, or None for anything that was not closed so."""
    try:
        raw = base64.b64decode(body, validate=True)
        decryptor = Cipher(SM4(key), modes.CBC(raw[:BLOCK])).decryptor()
        unpadder = PKCS7(BLOCK * 8).unpadder()
        opened = decryptor.update(raw[BLOCK:]) + decryptor.finalize()
        return unpadder.update(opened) + unpadder.finalize()
    except (binascii.Error, ValueError):
        return None


def sign(plain: bytes, private: str) -> str:
    return base64.b64encode(sm2.sign(plain, bytes.fromhex(private))).decode("ascii")


def holds(plain: bytes, value: str, public: str) -> bool:
    try:
        return sm2.verify(plain, base64.b64decode(value, validate=True), bytes.fromhex(public))
    except (binascii.Error, ValueError):
        return False
