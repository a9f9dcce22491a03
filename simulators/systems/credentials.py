"""Sandbox secrets of a system: named by the dialect's papers, made from the fleet's seed, the same each time."""

from __future__ import annotations

import base64
import hashlib
import hmac

from hub.catalogue.papers import Papers

NATIVE = "hub-unified-v1"
_NAMES = {"username": "hub6200", "user": "hub6200"}


def credentials(dialect: str, system: str, seed: int) -> dict[str, str]:
    """Credential name -> value; nothing for a dialect whose secrets are elsewhere (keys, certificates)."""
    if dialect == NATIVE:
        return {}
    names = Papers.load(dialect).facts.get("credentials", [])
    return {str(name): _value(str(name), system, seed) for name in names}


def _value(name: str, system: str, seed: int) -> str:
    if name in _NAMES:
        return _NAMES[name]
    raw = hmac.new(f"hutong-sandbox-{seed}".encode(), f"{system}/{name}".encode(), hashlib.sha256).digest()
    return base64.b32encode(raw[:15]).decode("ascii").lower()
