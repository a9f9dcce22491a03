"""The trust list of a sandbox world, so that simulators, demos and tests start from a signed list too."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from certs.model.certificate import read_certificate
from certs.testpki.vendor import VendorCa
from certs.trustlist.algorithms import signed_with
from certs.trustlist.publishing import listed

SECTORS = ("engineering", "procurement", "land", "property", "medicine", "resources", "other")
_SMALLEST = {"rsa-sha256": 2048}
# What the vendors of the sandbox get wrong, as real ones do.
TOLERATED = ("generalized-time-before-2050", "raw-signature", "unique-identifier-as-text")
_LIFE = timedelta(days=30)


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


def sandbox_peer(
    region: str, zh: str, signer: bytes, *, now: datetime, sectors: Sequence[str] = SECTORS
) -> dict[str, Any]:
    """A neighbour whose words mean the same as ours."""
    return {
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
