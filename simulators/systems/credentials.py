"""Sandbox secrets of a system: named by the dialect's papers, made from the fleet's seed."""

from __future__ import annotations

import base64
import hashlib
import hmac

from hub.catalogue.papers import Papers

_PLAIN = {"username": "hub6200", "sid": "gs-ggzy-hub-6200", "alg": "hmac-sm3"}
_FILES = frozenset({"client_cert", "client_key", "ca"})  # these are in the peer's [tls] table


def credentials(dialect: str, system: str, seed: int) -> dict[str, str]:
    """Credential name -> value, for every name that the dialect's papers list."""
    facts = Papers.load(dialect).facts
    names = [str(name) for name in facts.get("credentials", []) if name not in _FILES]
    rids = {f"rid_{service}": str(rid) for service, rid in facts.get("rids", {}).items()}
    return {name: rids.get(name) or _value(name, system, seed) for name in names}


def _value(name: str, system: str, seed: int) -> str:
    if name in _PLAIN:
        return _PLAIN[name]
    if name == "app_id":
        return f"hub-{system.lower()}"
    if name == "key_id":
        return f"centre-{system.lower()}-1"
    raw = hmac.new(f"hutong-sandbox-{seed}".encode(), f"{system}/{name}".encode(), hashlib.sha256).digest()
    return raw[:16].hex() if name == "app_key" else base64.b32encode(raw[:20]).decode("ascii").lower()
