"""Sandbox secrets of a system: named by the dialect's papers, made from the fleet's seed.

`credentials` is what the hub is given (it stands in `peers.toml`); `own` is what the system keeps to itself:
the private halves of its key pairs.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from functools import cache
from typing import Any

from certs.algorithms.sm2_curve import N
from certs.algorithms.sm2_keys import public_of
from hub.catalogue.papers import Papers

_PLAIN = {
    "username": "hub6200",
    "sid": "gs-ggzy-hub-6200",
    "alg": "hmac-sm3",
    "platform": "GSGGZY-HUB-62",
}
_FILES = frozenset({"client_cert", "client_key", "ca"})  # these are in the peer's [tls] table
_HEX16 = frozenset({"app_key", "sm4_key", "sm4_iv"})
_TEXT16 = frozenset({"aes_key", "aes_iv"})
# credential -> whose key it is and which half
_PAIRS = {
    "own_private": ("hub", "private"),
    "sign_private": ("hub", "private"),
    "peer_public": ("system", "public"),
}


def credentials(dialect: str, system: str, seed: int, variant: str = "") -> dict[str, str]:
    """Credential name -> value, for every name that the dialect's papers list."""
    facts = Papers.load(dialect).facts
    special: Mapping[str, Any] = facts.get("variant", {}).get(variant, {})
    listed = special.get("credentials") or facts.get("credentials", [])
    names = [str(name) for name in listed if name not in _FILES]
    rids = {f"rid_{service}": str(rid) for service, rid in facts.get("rids", {}).items()}
    known = rids | {name: str(special[name]) for name in names if name in special}
    return {name: known.get(name) or _value(name, system, seed) for name in names}


def own(dialect: str, system: str, seed: int, variant: str = "") -> dict[str, str]:
    """What goes with `peer_public` and the hub's private key on the system's side."""
    given = credentials(dialect, system, seed, variant)
    if "peer_public" not in given:
        return {}
    private, other = _private(system, "system", seed), _private(system, "hub", seed)
    return {"peer_private": private.hex(), "hub_public": _public(other).hex()}


def _value(name: str, system: str, seed: int) -> str:
    if name in _PLAIN:
        return _PLAIN[name]
    if name == "app_id":
        return f"hub-{system.lower()}"
    if name == "key_id":
        return f"centre-{system.lower()}-1"
    if name in _PAIRS:
        whose, half = _PAIRS[name]
        private = _private(system, whose, seed)
        return (private if half == "private" else _public(private)).hex()
    raw = _raw(name, system, seed)
    if name == "auth_code":  # six of A-Z and 0-9
        return base64.b32encode(raw[:20]).decode("ascii")[:6]
    if name in _HEX16:
        return raw[:16].hex()
    text = base64.b32encode(raw[:20]).decode("ascii").lower()
    return text[:16] if name in _TEXT16 else text


def _raw(name: str, system: str, seed: int) -> bytes:
    return hmac.new(f"hutong-sandbox-{seed}".encode(), f"{system}/{name}".encode(), hashlib.sha256).digest()


@cache
def _private(system: str, whose: str, seed: int) -> bytes:
    """An SM2 private key; from the seed, so that a fleet begun again is still known."""
    number = int.from_bytes(_raw(f"sm2/{whose}", system, seed), "big") % (N - 2) + 1
    return number.to_bytes(32, "big")


@cache
def _public(private: bytes) -> bytes:
    return public_of(private)
