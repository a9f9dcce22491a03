"""Looking at a table in which a system lays its rows down: the plan is the dialect's, the looking is here.

Two ways of not taking a row twice, and a plan has one of them. With `verdict`, the hub takes what is not
yet flagged and writes the flag back; nothing else says how far it has come, so a crash before the flag brings
the row again. With `position`, nothing may be written over there and the hub remembers the last position;
then rows must appear in that order (a time of change is a promise few databases keep: take a number).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.transports.rows import Row
from hub.ports import Answer, Carry, Haul, Incoming, WireRequest

Read = Callable[[Row], Incoming]
Verdict = Callable[[Row, Incoming, Answer], Mapping[str, Any] | None]
PUT_OFF = 429


class PollError(Exception):
    """The look was answered with a refusal; the text is its word, never a value."""


@dataclass(frozen=True, slots=True)
class TablePlan:
    """`read` turns a row into a message and is pure; it must not raise, a row it cannot read has findings.

    `verdict` gives one `set` of `ROWS` (`{"table", "key", "if", "row"}`), or None for what stays unsettled.
    With `if` on what was read, a row changed over there meanwhile is looked at again.
    """

    table: str
    columns: tuple[str, ...]
    order: tuple[str, ...]
    read: Read
    where: Row = field(default_factory=dict)
    position: tuple[str, ...] = ()
    verdict: Verdict | None = None

    def __post_init__(self) -> None:
        if bool(self.position) == (self.verdict is not None):
            raise ValueError("a table is read by position or by flag")
        if set(self.position) - set(self.columns):
            raise ValueError("the position must be read")


class TablePoller:
    """See `hub.ports.Poller` and, with `verdict`, `Settles`."""

    def __init__(self, plan: TablePlan, carry: Carry) -> None:
        self.plan, self.carry = plan, carry
        self._rows: list[tuple[Incoming, Row]] = []

    async def next(self, watermark: str, limit: int) -> Haul:
        """Raises PollError or TransportError."""
        plan = self.plan
        look: dict[str, Any] = {
            "table": plan.table, "where": dict(plan.where), "columns": list(plan.columns),
            "order": list(plan.order), "limit": limit + 1,
        }  # fmt: skip
        if plan.position and watermark:
            look["after"] = dict(zip(plan.position, json.loads(watermark), strict=True))
        (rows,) = (await rows_of(self.carry, {"look": [look]}))["look"]
        self._rows = [(plan.read(row), row) for row in rows[:limit]]
        if plan.position and self._rows:
            watermark = json.dumps([self._rows[-1][1][name] for name in plan.position])
        return Haul(tuple(item for item, _ in self._rows), watermark, len(rows) > limit)

    async def close(self) -> None:
        """The carrier is the hub's."""


class FlaggingPoller(TablePoller):
    """A table whose rows get their verdict."""

    async def settle(self, done: Sequence[tuple[Incoming, Answer]]) -> None:
        """Raises PollError or TransportError; then the rows come again, and so does this."""
        rows = {id(item): row for item, row in self._rows}
        told = self.plan.verdict
        if told is None:
            return
        sets = [
            made
            for item, answer in done
            if answer.status != PUT_OFF and answer.status < 500
            if (made := told(rows[id(item)], item, answer)) is not None
        ]
        if sets:
            await rows_of(self.carry, {"set": sets})


def table_poller(plan: TablePlan, carry: Carry) -> TablePoller:
    """The poller for a plan: it settles if the plan has a verdict."""
    return FlaggingPoller(plan, carry) if plan.verdict is not None else TablePoller(plan, carry)


async def rows_of(carry: Carry, asked: Mapping[str, Any]) -> dict[str, Any]:
    """One `ROWS` request of a poller."""
    return await _good(carry, "ROWS", asked)


async def files_of(carry: Carry, asked: Mapping[str, Any]) -> dict[str, Any]:
    """One `FILES` request of a poller."""
    return await _good(carry, "FILES", asked)


async def _good(carry: Carry, method: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    body = json.dumps(asked, ensure_ascii=False).encode()
    reply = await carry(WireRequest(method, "", {}, body))
    told: dict[str, Any] = json.loads(reply.body)
    if reply.status != 200:
        raise PollError(str(told.get("error", reply.status)))
    return told
