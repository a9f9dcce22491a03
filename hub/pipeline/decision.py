"""What was decided about an accepted message, in the form the journal keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from hub.index.tokens import hexed
from hub.pipeline.facts import Facts

OPEN, EARLY, SEALED = 0, 1, 2


class Verdict(NamedTuple):
    """Outcome of the stateful rules. `waits` are tokens whose appearance lets the message be judged again."""

    state: str
    reason: str = ""
    waits: tuple[int, ...] = ()
    duplicate: bool = False


class Planned(NamedTuple):
    """One delivery to come: `urgent` goes first; not before `after`, not after `until` (0: no limit)."""

    receiver: str
    message: str
    sealed: bool
    order_key: int
    key: str
    urgent: bool = False
    after: int = 0
    until: int = 0

    def facts(self) -> dict[str, Any]:
        """The journal's form; what is not the case is not written."""
        said: dict[str, Any] = {
            "to": self.receiver,
            "message": self.message,
            "sealed": self.sealed,
            "order": hexed(self.order_key),
            "key": self.key,
        }
        if self.urgent or self.after or self.until:
            more = {"urgent": self.urgent, "after": self.after, "until": self.until}
            said.update((name, value) for name, value in more.items() if value)
        return said


def decision(
    verdict: Verdict,
    *,
    hidden: int = OPEN,
    facts: Facts | None = None,
    seals: tuple[int, ...] = (),
    lifts: tuple[int, ...] = (),
    timers: tuple[tuple[int, int], ...] = (),
    plan: tuple[Planned, ...] = (),
) -> dict[str, Any]:
    """The journal's form. Effects on records, parents and gates belong to acceptance alone."""
    good = facts if verdict.state == "accepted" and not verdict.duplicate else None
    return {
        "state": verdict.state,
        "reason": verdict.reason,
        "hidden": hidden,
        "waits": [hexed(token) for token in verdict.waits],
        "seals": [hexed(gate) for gate in seals],
        "lifts": [hexed(gate) for gate in lifts] if good else [],
        "timers": [[hexed(gate), at] for gate, at in timers],
        "parents": _parents(good),
        "deadlines": _deadlines(good),
        "record": _record(good),
        "deliveries": [row.facts() for row in plan],
    }


def _deadlines(facts: Facts | None) -> list[list[Any]]:
    """When bids of these sections may be opened at the earliest, as this record announces it."""
    return [] if facts is None else [[hexed(scope), at] for scope, at in facts.announces]


def _parents(facts: Facts | None) -> list[list[str]]:
    """The tender project this record registers, sections nobody had spoken of, and whose they are."""
    if facts is None or facts.op == "delete":
        return []
    registers = () if facts.registers is None else (facts.registers,)
    return [[hexed(one), facts.sender] for one in (*registers, *facts.claims)]


def _record(facts: Facts | None) -> Mapping[str, Any] | None:
    if facts is None:
        return None
    return {
        "key": hexed(facts.record_key),
        "natural": hexed(facts.natural_key) if facts.natural_key is not None else None,
        "version": facts.version,
        "digest": facts.digest.hex(),
        "live": facts.op != "delete",
    }
