"""RSA key transport by `cryptography`: PKCS#1 v1.5 and OAEP with SHA-256.

A wrong PKCS#1 v1.5 padding must not be told apart from a right one, or ciphertexts can be opened by asking
often enough (Bleichenbacher). The library's OpenSSL answers a wrong padding with bytes derived from key and
ciphertext instead of an error; where one does not, we do the same here. Who asked finds the length wrong, or
the content does not open.
"""

from __future__ import annotations

import hmac
from functools import lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key

PKCS1, OAEP_SHA256 = "rsa-pkcs1v15", "rsa-oaep-sha256"
_INVENTED = 32


class RSAEncryptionError(ValueError):
    """This key and these bytes do not go together."""


def encrypt(public: rsa.RSAPublicKey, plaintext: bytes, scheme: str) -> bytes:
    try:
        return public.encrypt(plaintext, _padding(scheme))
    except ValueError as error:
        raise RSAEncryptionError("too long for this key") from error


def decrypt(private: bytes, ciphertext: bytes, scheme: str) -> bytes:
    """`private` is PKCS#8. With PKCS#1 v1.5 a wrong padding gives other bytes, not an error."""
    key = _private(private)
    chosen = _padding(scheme)
    if len(ciphertext) != (key.key_size + 7) // 8:
        raise RSAEncryptionError("decryption failed")
    try:
        return key.decrypt(ciphertext, chosen)
    except ValueError as error:
        if scheme != PKCS1:
            raise RSAEncryptionError("decryption failed") from error
        return hmac.digest(private, ciphertext, "sha256")[:_INVENTED]


def _padding(scheme: str) -> padding.AsymmetricPadding:
    if scheme == PKCS1:
        return padding.PKCS1v15()
    if scheme == OAEP_SHA256:
        return padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    raise RSAEncryptionError(f"no scheme of RSA: {scheme!r}")


@lru_cache(64)
def _private(private: bytes) -> rsa.RSAPrivateKey:
    try:
        key = load_der_private_key(private, None)
    except (ValueError, TypeError) as error:
        raise RSAEncryptionError("not a private key") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise RSAEncryptionError("not an RSA private key")
    return key
