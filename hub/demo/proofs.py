"""Every acknowledged message has a proof that holds without the hub, and its heads stand on the chain."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.client import HubClient
from hub.demo.steering import Steering
from hub.evidence.verify import verify
from hub.message import Finding

SEALED_WITHIN = 60.0
CHAIN = "B01"


@dataclass(slots=True)
class Proofs:
    """How many proofs hold, how many of them under a time stamp in all their parts, the roots of the heads
    they end in, and a finding for each that falls short."""

    held: int = 0
    stamped: int = 0
    roots: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)


def check_proofs(client: HubClient, sent: Iterable[Mapping[str, Any]]) -> Proofs:
    """Fetch and verify the proof of each message; the newest wait for the next stamped head."""
    found = Proofs()
    for message in sent:
        proof = _wait_for(client, message["hubId"])
        if proof is None:
            found.findings.append(
                Finding("evidence.missing", message["msgId"], "一份存证证明", "无", "稍后再取")
            )
            continue
        verdict = verify(proof)
        found.held += verdict.ok
        found.stamped += verdict.ok and _stamped(proof)
        found.roots.add(proof["head"]["root"])
        found.findings += [
            Finding("evidence.broken", message["msgId"], "可离线验证", f"{code} {why}")
            for code, why in verdict.faults
        ]
        if verdict.ok and not _stamped(proof):
            found.findings.append(
                Finding("evidence.unstamped", message["msgId"], "有时间戳", "无", "看 /v1/status 的 stamps")
            )
    return found


def _stamped(proof: Mapping[str, Any]) -> bool:
    """Does a stamp cover everything in it?"""
    stamp = proof["stamp"]
    return stamp is not None and all(row["leafIndex"] < stamp["head"]["size"] for row in proof["entries"])


def check_chain(sims: Steering, roots: set[str]) -> list[Finding]:
    """Does the chain hold a tree head that the proofs end in? Read from the chain's own state."""
    until = time.monotonic() + SEALED_WITHIN
    while time.monotonic() < until:
        if any(root in str(record["fields"]) for record in sims.records(CHAIN) for root in roots):
            return []
        time.sleep(0.2)
    return [Finding("chain.missing", CHAIN, "证明所依树头已上链", "无", "检查 chain.put 投递")]


def _wait_for(client: HubClient, hub_id: str) -> dict[str, Any] | None:
    until = time.monotonic() + SEALED_WITHIN
    while True:
        proof = client.proof(hub_id)
        if (proof is not None and _stamped(proof)) or time.monotonic() > until:
            return proof
        time.sleep(0.2)
