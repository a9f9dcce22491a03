"""From a journal entry to what is said: the stored bytes stay as they came, the record is derived."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from certs.algorithms.digest import digest
from hub.index.port import DeliveryRow
from hub.journal.entry import Entry
from hub.message import parse
from hub.ports import Outgoing
from hub.standard import Stage, Standard
from hub.standard.telling import TO_THE_HUB, told, whole

CHAIN = "chain.put"


def outgoing(entry: Entry, delivery: DeliveryRow, kind: str, standard: Standard) -> Outgoing:
    """What one delivery says to a receiver of this kind."""
    if not entry.raw:
        return _head(entry, delivery)
    envelope = parse(entry.raw).value
    head, body = envelope["head"], envelope["body"]
    if "stage" in head:
        body = _for(standard.stage(head["stage"]), body, kind)
        envelope = {**envelope, "body": body}
    return Outgoing(
        message=delivery.message,
        stage=head.get("stage", ""),
        op=body.get("op", "insert"),
        version=body.get("version", 1),
        fields=plain(body["fields"]),
        ext={name: value for name, value in body.get("ext", {}).items() if name not in TO_THE_HUB},
        files=tuple(body.get("files", ())),
        envelope=envelope,
        sender=head["from"],
        key=body.get("key", ""),
        hub_id=str(entry.facts.get("hubId", "")),
    )


def _for(stage: Stage, body: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The body as a receiver of this kind is told it; extras and files are under the strictest field."""
    mine = {**body, "fields": told(stage, body["fields"], kind)}
    if not whole(stage, kind):
        mine.pop("ext", None)
        mine.pop("files", None)
    return mine


def plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers as decimal strings, the standard's own writing; text is never touched."""
    return {
        name: str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        for name, value in fields.items()
    }


def _head(entry: Entry, delivery: DeliveryRow) -> Outgoing:
    """A tree head for the chain: a digest, and nothing of what is under it (no section, no count)."""
    head = entry.facts["head"]
    business_id = digest(f"hutong-sth|{head['log']}|{head['root']}".encode(), "sha256").hex()
    return Outgoing(
        message=delivery.message,
        stage="",
        op="insert",
        version=1,
        fields={
            "businessId": business_id,
            "digest": head["root"],
            "digestAlgorithm": ALGORITHMS[head["alg"]],
            "digestTime": head["time"],
            "stage": "evidence-head",
        },
        sender="hub",
        key=business_id,
    )


ALGORITHMS = {"sm3": "01", "sha256": "02"}
