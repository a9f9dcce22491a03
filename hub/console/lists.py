"""The trust lists by which the hub judges now, ours and those of neighbours: whose, which, until when, and
what their words mean here. Public like the lists themselves; what was told of single certificates is not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from certs.trustlist import Peer, TrustList
from hub.console.clocks import local

IN_FORCE, EXPIRED, ABSENT, APART = "in-force", "expired", "absent", "apart"


def rows(listed: TrustList, now: datetime) -> list[dict[str, Any]]:
    """Ours first, then every neighbour that our list names, whether its list is here or not."""
    ours = _row(listed, now, {"zh": listed.zh, "en": listed.en})
    return [ours, *(_theirs(peer, listed.joined.get(peer.region), now) for peer in listed.peers)]


def _theirs(peer: Peer, there: TrustList | None, now: datetime) -> dict[str, Any]:
    about: dict[str, Any] = {
        "zh": peer.zh, "en": peer.en, "system": peer.system, "location": peer.location,
        "sectors": _words(peer.sectors), "assurances": _words(peer.assurances),
    }  # fmt: skip
    if there is None:
        return {"region": peer.region, "state": ABSENT, **about}
    row = _row(there, now, about)
    if row["state"] == IN_FORCE and (not peer.same_architecture or now not in peer.period):
        row["state"] = APART
    return row


def _row(listed: TrustList, now: datetime, about: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "region": listed.region, "sequence": listed.sequence, "issued": local(listed.issued),
        "next": local(listed.next_update), "cas": [(one.id, one.zh, one.en) for one in listed.cas],
        "state": IN_FORCE if now < listed.next_update else EXPIRED, **about,
    }  # fmt: skip


def _words(mapping: Mapping[str, str]) -> list[str]:
    """What is called the same there and here is told once."""
    return [theirs if theirs == ours else f"{theirs} → {ours}" for theirs, ours in sorted(mapping.items())]
