"""Signed tree heads: what the hub says its log was at a moment.

ECDSA P-256 over the canonical head; the algorithm stands in the head, the public key in every proof.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from certs.algorithms.digest import digest
from hub.errors import SettingsError
from hub.message import canonical

SIGNATURE = "ecdsa-p256-sha256"


class HeadKey:
    """The hub's own key. `log` is the log's name: the same key never signs for two."""

    def __init__(self, private: ec.EllipticCurvePrivateKey, log: str) -> None:
        self._private = private
        self.log = log
        self.public_pem = (
            private.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode("ascii")
        )

    def sign(self, head: Mapping[str, Any]) -> dict[str, Any]:
        """The head with `sign`."""
        value = self._private.sign(canonical(dict(head)), ec.ECDSA(hashes.SHA256()))
        return {**head, "sign": {"alg": SIGNATURE, "value": base64.b64encode(value).decode("ascii")}}


def holds(signed: Mapping[str, Any], public_pem: str) -> bool:
    """Is this head signed by that key?"""
    head = {name: value for name, value in signed.items() if name != "sign"}
    try:
        block = signed["sign"]
        key = serialization.load_pem_public_key(public_pem.encode("ascii"))
        if block["alg"] != SIGNATURE or not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        key.verify(
            base64.b64decode(block["value"], validate=True), canonical(head), ec.ECDSA(hashes.SHA256())
        )
    except (KeyError, TypeError, ValueError, UnicodeEncodeError, binascii.Error, InvalidSignature):
        return False
    return True


def fingerprint(public_pem: str) -> str:
    """What two people compare over the telephone."""
    return digest(public_pem.strip().encode("utf-8"), "sha256").hex()[:32]


def open_key(path: Path, *, realm: str) -> HeadKey:
    """The key in `path`; a sandbox makes its own, production must be given one."""
    log = f"HUB-62-{realm}"
    if not path.exists():
        if realm != "sandbox":
            raise SettingsError(f"缺少存证签名密钥 / evidence key missing: {path}")
        _write(path, ec.generate_private_key(ec.SECP256R1()))
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise SettingsError(f"{path}: 须为 EC P-256 私钥 / not an EC key")
    return HeadKey(key, log)


def _write(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    draft = path.with_name(f".{path.name}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(pem)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(path)
