"""SM4 as papers of foreign systems prescribe it: fixed IV or no IV at all, always with PKCS#7.

Neither hides that two texts are equal, which is why `certs` writes no such thing. These are agreements with
others; what is secret about them is kept secret by TLS.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

_BLOCK = 128


def encipher(data: bytes, key: bytes, iv: bytes = b"") -> bytes:
    """CBC under this IV, or ECB where there is none; ValueError for a key or IV of another length."""
    padder = PKCS7(_BLOCK).padder()
    encryptor = _cipher(key, iv).encryptor()
    return encryptor.update(padder.update(data) + padder.finalize()) + encryptor.finalize()


def decipher(data: bytes, key: bytes, iv: bytes = b"") -> bytes:
    """What was enciphered; ValueError when key and text do not go together."""
    decryptor = _cipher(key, iv).decryptor()
    unpadder = PKCS7(_BLOCK).unpadder()
    return unpadder.update(decryptor.update(data) + decryptor.finalize()) + unpadder.finalize()


def _cipher(key: bytes, iv: bytes) -> Cipher[modes.CBC] | Cipher[modes.ECB]:
    if iv:
        return Cipher(algorithms.SM4(key), modes.CBC(iv))
    return Cipher(algorithms.SM4(key), modes.ECB())  # noqa: S305 - the mode of the papers
