"""The ciphers of rpc-execute (rules.md 4): old ones, and theirs."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.padding import PKCS7

BLOCK = 8


def _cipher(kind: str, key: bytes) -> Cipher[Any]:
    if kind == "des":
        return Cipher(TripleDES(key * 3), modes.ECB())  # noqa: S305 - one key three times is DES
    return Cipher(TripleDES(key), modes.CBC(key[:BLOCK]))


def close(kind: str, key: bytes, plain: bytes, *, zeros: bool = False) -> bytes:
    """Enciphered, not yet Base64; `zeros` pads as a careless library does."""
    if kind == "base64":
        return plain
    if zeros:
        padded = plain + bytes(-len(plain) % BLOCK)
    else:
        padder = PKCS7(BLOCK * 8).padder()
        padded = padder.update(plain) + padder.finalize()
    encryptor = _cipher(kind, key).encryptor()
    return encryptor.update(padded) + encryptor.finalize()


def open_text(kind: str, key: bytes, text: str) -> bytes | None:
    """The plain bytes of a Base64 text, white space ignored; None where anything does not fit."""
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
        if kind == "base64":
            return raw
        decryptor, unpadder = _cipher(kind, key).decryptor(), PKCS7(BLOCK * 8).unpadder()
        return unpadder.update(decryptor.update(raw) + decryptor.finalize()) + unpadder.finalize()
    except (binascii.Error, ValueError):
        return None


def lines(raw: bytes, *, broken: bool) -> str:
    """Base64 in one line, or broken by CR LF every 76 characters."""
    text = base64.b64encode(raw).decode("ascii")
    return "\r\n".join(text[at : at + 76] for at in range(0, len(text), 76)) if broken else text
