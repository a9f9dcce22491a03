"""What is kept of an authenticated member's record that did not pass: codes and places, never a value.

The data-quality score counts what was refused and whether it was mended; nothing was accepted, so
nothing of the record itself is stored (personal data the shortest time: field-policy.md, section 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from certs.identity import masked
from hub.journal.closing import Closing
from hub.journal.entry import Kind
from hub.journal.port import Tx
from hub.message import canonical
from hub.pipeline.exchange import Exchange
from hub.standard import Standard
from hub.standard.policy import existence_sealed

MOST = 100


def refused_facts(exchange: Exchange, standard: Standard, hub_id: str) -> dict[str, Any] | None:
    """Facts of the journal entry; None unless the standard's rules refused a record of a known stage."""
    answer, head = exchange.answer, exchange.envelope.get("head", {})
    if answer is None or not exchange.examined or head.get("stage") not in standard.by_id:
        return None
    stage, body = standard.stage(head["stage"]), exchange.envelope["body"]
    findings = [[one.code, one.at, one.severity.value] for one in answer.findings[:MOST]]
    return {
        "hubId": hub_id,
        "from": head["from"],
        "stage": stage.id,
        "op": body["op"],
        "key": body["key"],
        "version": body["version"],
        "present": sorted(name for name in body["fields"] if name in stage.by_name),
        "findings": findings,
        "sealed": existence_sealed(standard, stage.id),
    }


def write_down(tx: Tx, at: int, facts: Mapping[str, Any]) -> None:
    """Write it down. The record's own key tells of its content: it is kept closed, and names no person."""
    raw = canonical({"key": masked(str(facts["key"]))})
    rest = {name: value for name, value in facts.items() if name != "key"}
    tx.append(Kind.REFUSED, at, rest, raw, closing=Closing())
