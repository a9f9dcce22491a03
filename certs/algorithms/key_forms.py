"""RSA and elliptic-curve keys as they come (PEM, DER, Base64 of DER) to the one form kept: DER."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from certs.algorithms.sm2_keys import KeyFormError, unwrap


def der_of_public(data: bytes, kind: type[Any], admitted: Callable[[Any], bool]) -> bytes:
    """SubjectPublicKeyInfo; raises KeyFormError for another kind of key or one not admitted."""
    try:
        key: Any = load_der_public_key(unwrap(data))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFormError("not a public key (SubjectPublicKeyInfo)") from error
    if not isinstance(key, kind) or not admitted(key):
        raise KeyFormError(f"not an admitted {kind.__name__}")
    made: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return made


def der_of_private(data: bytes, kind: type[Any], admitted: Callable[[Any], bool]) -> bytes:
    """PKCS#8; raises KeyFormError."""
    try:
        key: Any = load_der_private_key(unwrap(data), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFormError("not a private key (PKCS#8, unencrypted)") from error
    if not isinstance(key, kind) or not admitted(key):
        raise KeyFormError(f"not an admitted {kind.__name__}")
    made: bytes = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return made


def public_from(private: bytes) -> bytes:
    """SubjectPublicKeyInfo of a PKCS#8 key."""
    key: Any = load_der_private_key(private, None)
    made: bytes = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return made
