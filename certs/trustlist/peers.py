"""Lists of other provinces, joined to ours: anchored by the certificate our own list names for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from certs.trustlist.examining import Examined, examine
from certs.trustlist.finding import Finding
from certs.trustlist.model import TrustList
from certs.trustlist.reading import MOST_CERTIFICATES
from certs.trustlist.sequence import Sequence


@dataclass(frozen=True, slots=True)
class Joined:
    """Our list with those that could be joined; what was found with each, by region. One bad list of a
    peer costs that peer its recognition, nobody else."""

    trust_list: TrustList
    examined: Mapping[str, Examined]
    findings: tuple[Finding, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {
            "joined": sorted(self.trust_list.joined),
            "findings": [one.as_dict() for one in self.findings],
            "peers": {region: one.as_dict() for region, one in self.examined.items()},
        }


def join(
    ours: TrustList,
    theirs: Mapping[str, bytes],
    *,
    at: datetime,
    newest_known: Mapping[str, Sequence] | None = None,
) -> Joined:
    """`theirs` are lists as they came, by region. Peers of a peer are not followed: recognition is not
    handed on. Never raises."""
    seen = newest_known or {}
    examined: dict[str, Examined] = {}
    joined: dict[str, TrustList] = {}
    findings: list[Finding] = []
    size = ours.size
    for region in sorted(theirs.keys() - {peer.region for peer in ours.peers}):
        advice = "先由中心将该省列入 peers"
        findings.append(Finding("not-admitted", "/list/peers", "已列明的省", region, advice))
    for peer in ours.peers:  # in the order of our list: where a CA stands on two, the first counts
        if peer.region not in theirs:
            continue
        newest = seen.get(peer.region)
        found = examine(theirs[peer.region], signers=peer.signers, at=at, newest_known=newest)
        examined[peer.region] = found
        if found.trust_list is None:
            continue
        size += found.trust_list.size
        if size > MOST_CERTIFICATES:
            most, advice = f"各表合计至多 {MOST_CERTIFICATES} 张证书", "减少互认的省,或删去不用的证书"
            findings.append(Finding("list-content", "/list/peers", most, f"{peer.region}: {size}", advice))
            size -= found.trust_list.size
        elif found.trust_list.region == peer.region:
            joined[peer.region] = found.trust_list
        else:
            there, advice = found.trust_list.region, "该文件是另一地区的信任列表"
            findings.append(Finding("list-content", "/list/region", peer.region, there, advice))
    return Joined(replace(ours, joined=joined), examined, tuple(findings))
