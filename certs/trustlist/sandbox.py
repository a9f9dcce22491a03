"""The trust list of a sandbox world, so that simulators, demos and tests start from a signed list too."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from certs.keys.held import HeldKey
from certs.model.certificate import read_certificate
from certs.testpki.issue import Authority, Blank
from certs.testpki.vendor import VendorCa
from certs.testpki.world import World
from certs.trustlist.algorithms import signed_with
from certs.trustlist.publishing import listed

SECTORS = ("engineering", "procurement", "land", "property", "medicine", "resources", "other")
_SMALLEST = {"rsa-sha256": 2048}
# What the vendors of the sandbox get wrong, as real ones do.
TOLERATED = ("generalized-time-before-2050", "raw-signature", "unique-identifier-as-text")
_LIFE = timedelta(days=30)
_BORN, _YEARS = datetime(2026, 1, 1, tzinfo=UTC), 7300


def sandbox_content(
    vendors: Sequence[VendorCa],
    *,
    now: datetime,
    region: str = "62",
    sequence: int = 1,
    sectors: Sequence[str] = SECTORS,
    peers: Sequence[dict[str, Any]] = (),
    addresses: Mapping[str, dict[str, list[str]]] | None = None,
) -> dict[str, Any]:
    """The member `list`: every vendor admitted everywhere, its oddities tolerated, its own identity rules.

    `addresses` are those of responders and lists (`{"ocsp": […], "crl": […]}`) of the vendors that have any.
    """
    return {
        "version": "1",
        "region": region,
        "issuer": {"zh": "公共资源交易中心(沙箱)", "en": "Trading centre (sandbox, never for production)"},
        "sequence": sequence,
        "issued": now.isoformat(timespec="seconds"),
        "nextUpdate": (now + _LIFE).isoformat(timespec="seconds"),
        "sectors": list(sectors),
        "assurances": ["basic", "high"],
        "cas": [_ca(one, now, sectors, (addresses or {}).get(one.id)) for one in vendors],
        "peers": list(peers),
    }


def sandbox_signer(world: World, region: str) -> HeldKey:
    """Who signs the lists of that region: out of the seed, so that whoever opens the same world, on whatever
    day, knows the same one."""

    def key(what: str) -> HeldKey:
        return world.source.key(f"list/{region}/{what}", "sm2-sm3")

    def first(blank: Blank) -> Blank:
        return replace(blank, serial=1)

    root = Authority.root(f"{region} 管理根", now=_BORN, days=_YEARS, key=key("root"), alter=first)
    return root.issue(f"{region} 信任列表签发", key=key("signer"), days=_YEARS, serial=2)


def sandbox_peer(
    region: str,
    zh: str,
    signer: bytes,
    *,
    now: datetime,
    sectors: Sequence[str] = SECTORS,
    location: str = "",
    system: str = "",
) -> dict[str, Any]:
    """A neighbour whose words mean the same as ours; where its list is, and which system speaks for it."""
    known = {"location": location, "system": system}
    return {name: value for name, value in known.items() if value} | {
        "region": region,
        "name": {"zh": zh, "en": region},
        "signers": [base64.b64encode(signer).decode()],
        "sameArchitecture": True,
        "basis": "沙箱互认约定",
        "from": (now - _LIFE).isoformat(timespec="seconds"),
        "sectors": {one: one for one in sectors},
        "assurances": {"basic": "basic", "high": "high"},
    }


def _ca(
    vendor: VendorCa, now: datetime, sectors: Sequence[str], addresses: dict[str, list[str]] | None
) -> dict[str, Any]:
    begin = (now - 12 * _LIFE).isoformat(timespec="seconds")
    algorithms = {signed_with(read_certificate(raw)) for raw in (*vendor.anchors, *vendor.intermediates)}
    return {
        "id": vendor.id,
        "name": {"zh": vendor.declared.zh, "en": vendor.declared.en},
        "licence": f"SANDBOX-{vendor.id}",
        "roots": [listed(raw) for raw in vendor.anchors],
        "intermediates": [listed(raw) for raw in vendor.intermediates],
        "subordinates": "listed",
        "algorithms": [{"name": one, "bits": _SMALLEST.get(one, 256)} for one in sorted(algorithms)],
        "sectors": {one: {"from": begin} for one in sectors},
        "from": begin,
        "grandfathering": {"rule": "until-expiry", "reason": "沙箱"},
        "assurance": "high",
        "media": ["token", "tokenless"],
        "quirks": list(TOLERATED),
        "revocation": addresses or {"ocsp": [], "crl": []},
        "identity": [rule.as_row() for rule in vendor.rules],
        "contact": {},
    }
