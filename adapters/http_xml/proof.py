"""By what a request is known: words in its head, or a signature over its body as it is on the wire."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from adapters.proof import octets, same
from hub.ports import Call


def md5(body: bytes, key: str) -> str:
    """Of the papers, not our choice."""
    return hashlib.md5(body + octets(key), usedforsecurity=False).hexdigest()


def sign(body: bytes, auth: str, credentials: Mapping[str, str]) -> str:
    """The head's `sign`; "" where words do."""
    if auth == "md5":
        return md5(body, credentials["sign_key"])
    if auth != "rsa":
        return ""
    value = _rsa_key(credentials["rsa_private_key"]).sign(body, padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(value).decode("ascii")


@lru_cache(64)
def _rsa_key(pem: str) -> rsa.RSAPrivateKey:
    """Reading one costs more than signing with it."""
    key = load_pem_private_key(octets(pem), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("rsa_private_key is no RSA key")
    return key


def signed_by_peer(body: bytes, signature: str, credentials: Mapping[str, str]) -> bool:
    """Did the system make this RSA signature over these octets?"""
    try:
        key = load_pem_public_key(octets(credentials.get("rsa_peer_public_key", "")))
        value = base64.b64decode("".join(signature.split()), validate=True)
        if not isinstance(key, rsa.RSAPublicKey) or not body:
            return False
        key.verify(value, body, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, UnsupportedAlgorithm, binascii.Error, ValueError):
        return False
    return True


def holds(head: Mapping[str, str], body: bytes, auth: str, call: Call) -> bool:
    """Is the caller who it says? Everything is compared, whatever failed first."""
    known = call.credentials
    named = same(head.get("accessid", ""), known.get("accessid", ""))
    if auth == "password":
        user = same(head.get("username", ""), known.get("username", ""))
        return same(head.get("password", ""), known.get("password", "")) and user and named
    claimed = head.get("sign", "")
    if auth == "md5":
        key = known.get("sign_key", "")
        return bool(key and body) and same(claimed, md5(body, key)) and named
    return signed_by_peer(body, claimed, known) and named
