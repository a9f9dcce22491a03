"""Private keys enciphered with a passphrase (PBES2 of RFC 8018), with AES or with SM4.

`cryptography` opens these too, but only if it likes the key inside; it refuses every SM2 key. The identifiers
of the national family are written in two ways by different programs; both mean the same.
"""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.padding import PKCS7

from certs.keys.port import KeyFailureError
from certs.model.der import INTEGER, OCTETS, SEQUENCE, MalformedError, Part, Reader

_PBES2 = {"1.2.840.113549.1.5.13", "1.2.156.10197.6.1.4.1.5.2", "1.2.156.10197.6.4.1.5.2"}
_PBKDF2 = {"1.2.840.113549.1.5.12": "1.2.840.113549.2.7",
           "1.2.156.10197.6.1.4.1.5.1": "1.2.156.10197.1.401.2",
           "1.2.156.10197.6.4.1.5.1": "1.2.156.10197.1.401.2"}  # fmt: skip
_PRFS: dict[str, type[hashes.HashAlgorithm]] = {
    "1.2.840.113549.2.7": hashes.SHA1,
    "1.2.840.113549.2.9": hashes.SHA256,
    "1.2.840.113549.2.10": hashes.SHA384,
    "1.2.840.113549.2.11": hashes.SHA512,
    "1.2.156.10197.1.401": hashes.SM3,
    "1.2.156.10197.1.401.2": hashes.SM3,
}
_AES = "2.16.840.1.101.3.4.1"
_CIPHERS: dict[str, tuple[type[algorithms.AES | algorithms.SM4], int]] = {
    f"{_AES}.2": (algorithms.AES, 16),
    f"{_AES}.22": (algorithms.AES, 24),
    f"{_AES}.42": (algorithms.AES, 32),
    "1.2.156.10197.1.104.2": (algorithms.SM4, 16),
}
_MOST_ROUNDS = 10_000_000


def is_enciphered(der: bytes) -> bool:
    """Does this look like an EncryptedPrivateKeyInfo? (A plain one begins with its version.)"""
    try:
        reader = Reader(der)
        parts = reader.inside(reader.whole())
        return [part.tag for part in parts] == [SEQUENCE, OCTETS]
    except MalformedError:
        return False


def opened(der: bytes, passphrase: str) -> bytes:
    """The PKCS#8 inside. Raises KeyFailureError; a wrong passphrase and a damaged file look alike."""
    try:
        reader = Reader(der)
        algorithm, data = reader.inside(reader.whole())
        scheme, parameters = reader.inside(algorithm)
        if reader.oid(scheme) not in _PBES2:
            raise KeyFailureError(
                "私钥文件用了过时的口令加密方式,请转换:openssl pkcs8 -topk8 -v2 aes-256-cbc"
            )
        derivation, cipher = reader.inside(parameters)
        kind, key_size, iv = _cipher(reader, reader.inside(cipher))
        key = _derived(reader, reader.inside(derivation), key_size, passphrase)
        content = reader.content(data, OCTETS)
        context = Cipher(kind(key), modes.CBC(iv)).decryptor()
        padded = context.update(content) + context.finalize()
        unpadder = PKCS7(128).unpadder()
        plain = unpadder.update(padded) + unpadder.finalize()
        inside = Reader(plain)
        inside.whole()
        return plain
    except (MalformedError, ValueError):
        raise KeyFailureError(
            "私钥文件解不开:口令不对,或文件已损坏(pin-source 指向的口令是否正确?)"
        ) from None


def _cipher(reader: Reader, parts: list[Part]) -> tuple[type[algorithms.AES | algorithms.SM4], int, bytes]:
    oid = reader.oid(parts[0])
    if oid not in _CIPHERS or len(parts) != 2:
        raise KeyFailureError(f"私钥文件的加密算法 {oid} 不受支持,请改用 aes-256-cbc 或 sm4-cbc")
    return *_CIPHERS[oid], reader.content(parts[1], OCTETS)


def _derived(reader: Reader, parts: list[Part], size: int, passphrase: str) -> bytes:
    oid = reader.oid(parts[0])
    if oid not in _PBKDF2 or len(parts) != 2:
        raise KeyFailureError(f"私钥文件的口令派生算法 {oid} 不受支持,请改用 PBKDF2")
    salt, rounds, *rest = reader.inside(parts[1])
    prf = _PBKDF2[oid]
    for part in rest:
        if part.tag == SEQUENCE:
            prf = reader.oid(reader.inside(part)[0])
        elif part.tag == INTEGER and reader.natural(part) != size:
            raise MalformedError("the key length contradicts the cipher")
    count = reader.natural(rounds)
    if not 0 < count <= _MOST_ROUNDS or prf not in _PRFS:
        raise KeyFailureError("私钥文件的口令派生参数不受支持(次数过大,或摘要算法不认识)")
    kdf = PBKDF2HMAC(_PRFS[prf](), size, reader.content(salt, OCTETS), count)
    return kdf.derive(passphrase.encode("utf-8"))
