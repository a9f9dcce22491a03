"""RSA signatures, PKCS#1 v1.5 with SHA-256, by `cryptography`. Keys below 2,048 bits are not read."""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from certs.algorithms.key_forms import der_of_private, der_of_public

SMALLEST = 2048


def read_public(data: bytes) -> bytes:
    """SubjectPublicKeyInfo from PEM, DER or Base64 of it; raises ValueError."""
    return der_of_public(data, rsa.RSAPublicKey, lambda key: key.key_size >= SMALLEST)


def read_private(data: bytes) -> bytes:
    """PKCS#8 from PEM, DER or Base64 of it; raises ValueError."""
    return der_of_private(data, rsa.RSAPrivateKey, lambda key: key.key_size >= SMALLEST)


def sign(message: bytes, private: bytes) -> bytes:
    return _private(private).sign(message, padding.PKCS1v15(), hashes.SHA256())


def verify(message: bytes, signature: bytes, public: bytes) -> bool:
    try:
        load(public).verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def numbers(public: bytes) -> tuple[int, int]:
    """Modulus and exponent."""
    found = load(public).public_numbers()
    return found.n, found.e


def size(public: bytes) -> int:
    """How many bytes a signature has."""
    return (load(public).key_size + 7) // 8


@lru_cache(1024)
def load(public: bytes) -> rsa.RSAPublicKey:
    key = load_der_public_key(public)
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("not an RSA public key")
    return key


@lru_cache(64)
def _private(private: bytes) -> rsa.RSAPrivateKey:
    key = load_der_private_key(private, None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("not an RSA private key")
    return key
