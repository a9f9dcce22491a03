"""The sites' ciphers, none of our choosing: DES, triple DES, or nothing but Base64."""

from __future__ import annotations

import base64
import binascii

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from adapters.proof import octets

_BLOCK = 8
_SIZES = {"des": 8, "3des": 24}


def closed(plain: bytes, kind: str, key: str) -> str:
    """Base64 on one line. Raises ValueError for a key of another size than the cipher's."""
    if kind != "base64":
        fill = _BLOCK - len(plain) % _BLOCK
        encryptor = _cipher(kind, key).encryptor()
        plain = encryptor.update(plain + bytes([fill]) * fill) + encryptor.finalize()
    return base64.b64encode(plain).decode("ascii")


def opened(text: str, kind: str, key: str, *, mend: bool = False) -> bytes | None:
    """The plain octets; None when it cannot be. `mend`: up to seven zeros may stand in place of padding."""
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
        if kind == "base64":
            return raw
        if not raw or len(raw) % _BLOCK:
            return None
        decryptor = _cipher(kind, key).decryptor()
    except (binascii.Error, ValueError):
        return None
    plain = decryptor.update(raw) + decryptor.finalize()
    fill = plain[-1]
    if 1 <= fill <= _BLOCK and plain.endswith(bytes([fill]) * fill):
        return plain[:-fill]
    bare = plain.rstrip(b"\x00")
    return bare if mend and 1 <= len(plain) - len(bare) < _BLOCK else None


def _cipher(kind: str, key: str) -> Cipher[modes.ECB | modes.CBC]:
    secret = octets(key)
    if len(secret) != _SIZES[kind]:
        raise ValueError(f"{kind}: the key has {len(secret)} octets")
    if kind == "des":  # three times the same key is DES once
        return Cipher(TripleDES(secret * 3), modes.ECB())  # noqa: S305 - the papers' cipher
    return Cipher(TripleDES(secret), modes.CBC(secret[:_BLOCK]))
