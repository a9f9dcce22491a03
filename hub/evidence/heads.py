"""Signed tree heads: what the hub says its log was at a moment.

ECDSA P-256 (deterministic, RFC 6979: the same words get the same signature) over canonical JSON; the
algorithm and the key's fingerprint stand in the head, the public key in every proof.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
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
        self.fingerprint = fingerprint(self.public_pem)

    def sign(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """The document (a head, a proof) with `sign`."""
        return {**document, "sign": {"alg": SIGNATURE, "value": self.value(canonical(dict(document)))}}

    def value(self, data: bytes) -> str:
        """The signature over these bytes, Base64."""
        return base64.b64encode(self._private.sign(data, _scheme(again=True))).decode("ascii")


def holds(signed: Mapping[str, Any], public_pem: str) -> bool:
    """Is this document signed by that key? Nothing else may stand beside what was signed."""
    try:
        block = signed["sign"]
        if set(block) != {"alg", "value"} or block["alg"] != SIGNATURE:
            return False
        document = {name: value for name, value in signed.items() if name != "sign"}
        return value_holds(canonical(document), block["value"], public_pem)
    except (KeyError, TypeError, ValueError):
        return False


def value_holds(data: bytes, value: str, public_pem: str) -> bool:
    """Is this Base64 (in its one form) the key's signature over these bytes?"""
    try:
        raw = base64.b64decode(value, validate=True)
        key = serialization.load_pem_public_key(public_pem.encode("ascii"))
        if base64.b64encode(raw).decode("ascii") != value or not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        key.verify(raw, data, _scheme())
    except (TypeError, ValueError, AttributeError, binascii.Error, UnsupportedAlgorithm, InvalidSignature):
        return False
    return True


def _scheme(*, again: bool = False) -> ec.ECDSA:
    return ec.ECDSA(hashes.SHA256(), deterministic_signing=again)


def fingerprint(public_pem: str) -> str:
    """What two people compare over the telephone."""
    return digest(public_pem.strip().encode("utf-8"), "sha256").hex()[:32]


def open_key(path: Path, *, realm: str) -> HeadKey:
    """The key in `path`; a sandbox makes its own, production must be given one."""
    if not path.exists():
        if realm != "sandbox":
            raise SettingsError(f"缺少存证签名密钥 / evidence key missing: {path}")
        make_key(path)
    return read_key(path, realm=realm)


def read_key(path: Path, *, realm: str) -> HeadKey:
    """The key that is there; raises SettingsError."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SettingsError(f"{path}: 存证密钥不可读 / unreadable: {type(error).__name__}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise SettingsError(f"{path}: 须为 EC P-256 私钥 / not an EC P-256 key")
    return HeadKey(key, f"HUB-62-{realm}")


def make_key(path: Path) -> None:
    """A fresh key, readable by its owner only."""
    _write(path, ec.generate_private_key(ec.SECP256R1()))


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
