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
from simulators.systems.certificates import message_pair

_PLAIN = {
    "username": "hub6200",
    "sid": "gs-ggzy-hub-6200",
    "alg": "hmac-sm3",
    "platform": "GSGGZY-HUB-62",
    "paas_id": "ggzy_hub_62",
    "client_ip": "127.0.0.1",
}
GATEWAYS = frozenset({"C01", "C02", "C03", "C05"})
_FILES = frozenset({"client_cert", "client_key", "ca"})  # these are in the peer's [tls] table
_HEX16 = frozenset({"app_key", "sm4_key", "sm4_iv"})
_TEXT16 = frozenset({"aes_key", "aes_iv"})
SITES = {"M11": "621100", "D06": "SL620000", "D10": "JT620000"}
_CERTIFIED = frozenset({"algorithm", "certificate", "private_key", "peer_certificate"})
# credential -> whose key it is and which half
_PAIRS = {
    "own_private": ("hub", "private"),
    "sign_private": ("hub", "private"),
    "peer_public": ("system", "public"),
    "sign_key": ("hub", "private"),
    "peer_pub": ("system", "public"),
}
# what the hub is given -> the system's own names for its private key and the hub's public one
_OWN = {"peer_public": ("peer_private", "hub_public"), "peer_pub": ("peer_key", "sign_pub")}


# http-xml: each system has one of three proofs, and the names that go with it
_BY_PROOF = {
    "password": ("accessid", "username", "password"),
    "md5": ("accessid", "sign_key"),
    "rsa": ("accessid", "rsa_private_key", "rsa_peer_public_key"),
}


def credentials(dialect: str, system: str, seed: int, variant: str = "") -> dict[str, str]:
    """Credential name -> value, for every name that the dialect's papers list."""
    facts = Papers.load(dialect).facts
    special: Mapping[str, Any] = facts.get("variant", {}).get(variant, {})
    listed = special.get("credentials") or facts.get("credentials", [])
    proof = facts.get("systems", {}).get(system, {}).get("auth", "")
    listed = _BY_PROOF.get(proof, listed) if dialect == "http-xml" else listed
    names = [str(name) for name in listed if name not in _FILES]
    rids = {f"rid_{service}": str(rid) for service, rid in facts.get("rids", {}).items()}
    known = rids | {name: str(special[name]) for name in names if name in special}
    known |= {name: _site(name, dialect, system, seed) for name in names if name in ("site_code", "site_key")}
    known |= {name: _rsa(name, seed) for name in names if name.startswith("rsa_")}
    known |= {name: _certified(name, dialect, system, seed) for name in names if name in _CERTIFIED}
    return {name: known.get(name) or _value(name, system, seed) for name in names}


def gateway(system: str, seed: int) -> dict[str, str]:
    """Name and key of the application that the hub is at a CA's SOF server (`gateways/sof`, rules 8)."""
    if system not in GATEWAYS:
        return {}
    return {"sof_app": "ggzy-hub", "sof_key": _value("sof_key", system, seed)}


def own(dialect: str, system: str, seed: int, variant: str = "") -> dict[str, str]:
    """What goes with `peer_public` and the hub's private key on the system's side."""
    given = credentials(dialect, system, seed, variant)
    if "peer_certificate" in given:
        return _signers(dialect, system, seed, given["algorithm"])
    made: dict[str, str] = {}
    if "rsa_peer_public_key" in given:
        made["rsa_peer_private_key"] = message_pair("system", "rsa-sha256", seed).private
        made["rsa_public_key"] = message_pair("hub", "rsa-sha256", seed).public
    for shared, (mine, theirs) in _OWN.items():
        if shared in given:
            private, other = _private(system, "system", seed), _private(system, "hub", seed)
            made |= {mine: private.hex(), theirs: _public(other).hex()}
    return made


def _signers(dialect: str, system: str, seed: int, algorithm: str) -> dict[str, str]:
    """Our own keys; where a system takes more than one algorithm, the hub's other certificate, too."""
    found = {"peer_private_key": message_pair("system", algorithm, seed).private}
    for other in Papers.load(dialect).facts["systems"][system]["algorithms"]:
        if other != algorithm:
            ours, theirs = message_pair("system", other, seed), message_pair("hub", other, seed)
            found[f"peer_private_key.{other}"] = ours.private
            found[f"peer_certificate.{other}"] = ours.certificate
            found[f"certificate.{other}"] = theirs.certificate
    return found


def _site(name: str, dialect: str, system: str, seed: int) -> str:
    """rpc-execute: a code both use, a key as long as the cipher wants it (8 or 24 characters)."""
    if name == "site_code":
        return SITES.get(system, f"SITE{system}")
    longer = Papers.load(dialect).facts["systems"][system]["params"] == "3des"
    return base64.b32encode(_raw(name, system, seed))[: 24 if longer else 8].decode("ascii").lower()


def _rsa(name: str, seed: int) -> str:
    """A bare key pair without certificates (http-xml, C03)."""
    if name == "rsa_private_key":
        return message_pair("hub", "rsa-sha256", seed).private
    return message_pair("system", "rsa-sha256", seed).public


def _certified(name: str, dialect: str, system: str, seed: int) -> str:
    algorithm = str(Papers.load(dialect).facts["systems"][system]["algorithms"][0])
    if name == "algorithm":
        return algorithm
    pair = message_pair("system" if name.startswith("peer") else "hub", algorithm, seed)
    return pair.private if name == "private_key" else pair.certificate


def _value(name: str, system: str, seed: int) -> str:
    if name in _PLAIN:
        return _PLAIN[name]
    if name == "app_id":
        return f"hub-{system.lower()}-ggzy-6200"  # sixteen characters at least: some make a key of it
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
