"""ECDSA signatures on P-256 or P-384 with SHA-256, DER of (r, s), by `cryptography`."""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from certs.algorithms.key_forms import der_of_private, der_of_public

CURVES = frozenset({"secp256r1", "secp384r1"})


def read_public(data: bytes) -> bytes:
    """SubjectPublicKeyInfo from PEM, DER or Base64 of it; raises ValueError."""
    return der_of_public(data, ec.EllipticCurvePublicKey, lambda key: key.curve.name in CURVES)


def read_private(data: bytes) -> bytes:
    """PKCS#8 from PEM, DER or Base64 of it; raises ValueError."""
    return der_of_private(data, ec.EllipticCurvePrivateKey, lambda key: key.curve.name in CURVES)


def sign(message: bytes, private: bytes) -> bytes:
    return _private(private).sign(message, ec.ECDSA(hashes.SHA256()))


def verify(message: bytes, signature: bytes, public: bytes) -> bool:
    try:
        if encode_dss_signature(*decode_dss_signature(signature)) != signature:
            return False
        load(public).verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def verify_digest(digest: bytes, r: int, s: int, public: bytes) -> bool:
    """Does (r, s) hold over a finished 32-byte digest? For the clinic, which tries what a sender signed."""
    try:
        load(public).verify(encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(hashes.SHA256())))
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(1024)
def load(public: bytes) -> ec.EllipticCurvePublicKey:
    key = load_der_public_key(public)
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ValueError("not an elliptic-curve public key")
    return key


@lru_cache(64)
def _private(private: bytes) -> ec.EllipticCurvePrivateKey:
    key = load_der_private_key(private, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("not an elliptic-curve private key")
    return key
