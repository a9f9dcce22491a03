"""Did each record reach each system it was due to, once, in that system's own words?

What must be there, and what must not be, is computed from the standard record, the disclosure policy and
the papers' tables alone; what is there is the receiver's own state. The adapter's mapping is asked
nothing, so it cannot agree with itself.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.catalogue import System
from hub.catalogue import load as load_catalogue
from hub.catalogue.papers import Papers
from hub.message import Finding
from hub.standard import load as load_standard
from hub.standard.telling import told

# Which fields name the project a record belongs to; its digits 2-7 are the region.
CODES = ("PROJECT_CODE", "TENDER_PROJECT_CODE", "BID_SECTION_CODE", "BID_SECTION_CODES")


@dataclass(frozen=True, slots=True)
class Effect:
    """One record in one receiver: `found` counts matching records, `times` how often they took effect."""

    receiver: str
    stage: str
    sender: str
    message_id: str
    found: int
    times: int
    nearest: Mapping[str, tuple[str, str]]

    @property
    def ok(self) -> bool:
        return self.found == 1 and self.times == 1

    def finding(self) -> Finding:
        at = f"{self.receiver}/{self.stage}"
        if self.found == 0:
            differing = "; ".join(
                f"{name}: 应为 {want!r} 实为 {got!r}" for name, (want, got) in self.nearest.items()
            )
            return Finding(
                "effect.missing",
                at,
                "与对照表一致的一条记录",
                differing or "无此记录",
                "检查该方言的对照与投递轨迹",
            )
        return Finding(
            "effect.doubled", at, "生效一次", f"{self.found} 条,生效 {self.times} 次", "检查幂等键"
        )


def due(stage: str, fields: Mapping[str, Any], region: str) -> list[str]:
    """Systems subscribed to the stage for this region, by the catalogue's table."""
    rows = [row for row in load_catalogue().subscriptions if row.stage == stage]
    return [row.receiver for row in rows if row.region == "*" or region.startswith(row.region)]


def region_of(fields: Mapping[str, Any]) -> str:
    for name in CODES:
        if fields.get(name):
            return str(fields[name])[1:7]
    return str(fields.get("REGION_CODE", ""))


def check_effects(
    sent: Iterable[Mapping[str, Any]],
    sender: str,
    region: str,
    records: Callable[[str], list[dict[str, Any]]],
    up: Container[str],
) -> list[Effect]:
    """One Effect per acknowledged record and receiver `up`; `records` reads a receiver's own state."""
    catalogue = load_catalogue()
    cache: dict[str, list[dict[str, Any]]] = {}
    effects = []
    for message in sent:
        if not message.get("stage"):
            continue
        for receiver in due(message["stage"], message["fields"], region):
            if receiver == sender or receiver not in up:
                continue
            if receiver not in cache:
                cache[receiver] = records(receiver)
            want = wanted(catalogue.system(receiver), message["stage"], message["fields"])
            effects.append(_effect(receiver, sender, message, want, cache[receiver]))
    return effects


def wanted(receiver: System, stage_id: str, fields: Mapping[str, Any]) -> dict[str, str]:
    """What the receiver must hold, by foreign name; "" for what it must not have been told."""
    stage, papers = load_standard().stage(stage_id), Papers.load(receiver.dialect)
    secret = dict.fromkeys(papers.expected_foreign(stage_id, fields, receiver.id), "")
    return secret | papers.expected_foreign(stage_id, told(stage, fields, receiver.kind), receiver.id)


def _effect(
    receiver: str,
    sender: str,
    message: Mapping[str, Any],
    want: Mapping[str, str],
    have: list[dict[str, Any]],
) -> Effect:
    matching = [row for row in have if not _differences(want, row["fields"])]
    nearest: Mapping[str, tuple[str, str]] = {}
    if not matching and have:
        nearest = min((_differences(want, row["fields"]) for row in have), key=len)
    return Effect(
        receiver,
        message["stage"],
        sender,
        message["msgId"],
        len(matching),
        sum(int(row["effects"]) for row in matching),
        dict(list(nearest.items())[:4]),
    )


def _differences(want: Mapping[str, str], have: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    held = {name: "" if have.get(name) is None else str(have[name]) for name in want}
    return {name: (value, held[name]) for name, value in want.items() if held[name] != value}
