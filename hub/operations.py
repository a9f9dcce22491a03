"""Officers' questions over the index: overview, counts, and which deliveries a filter means."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.errors import SenderError
from hub.index.port import MessageRow
from hub.index.questions import SqliteIndex
from hub.index.views import latest
from hub.registry import Registry

MOST = 10_000
OVERDUE = 30_000_000  # microseconds after which a delivery that should have arrived shows its receiver red
LOOKED_AT = 50
_STATES = ("accepted", "held", "refused", "delivered", "answered", "unanswered")


def overview(
    index: SqliteIndex, registry: Registry, systems: Sequence[str], troubled: Collection[str]
) -> dict[str, Any]:
    """The public status: systems by state with open traffic, totals, the newest open messages.

    `dead` counts since ever, `faulty` is said of now.
    """
    counted = index.counters()
    rows = {
        system: {
            "state": registry.member_state(system),
            "traffic": counted.get(f"from.{system}.accepted", 0) + counted.get(f"to.{system}.delivered", 0),
            "dead": counted.get(f"to.{system}.dead", 0),
            "faulty": system in troubled,
        }
        for system in systems
    }
    return {
        "systems": rows,
        "messages": {state: counted.get(f"message.{state}", 0) for state in _STATES},
        "deliveries": {
            state: counted.get(f"delivery.{state}", 0) for state in ("delivered", "retried", "dead")
        },
        "last": latest(index),
    }


def faulty(index: SqliteIndex, avoided: Collection[str], now: int) -> frozenset[str]:
    """Receivers in trouble now: left alone for a while, or with an open delivery that waits too long."""
    late = (name for name in index.receivers() if index.overdue(name, now - OVERDUE, LOOKED_AT))
    return frozenset((*avoided, *late))


def counts(index: SqliteIndex) -> dict[str, float]:
    """Totals over messages anybody may know of; queue lengths are left out, they would tell of the others."""
    found: dict[str, float] = {f'messages_total{{state="{state}"}}': 0.0 for state in _STATES}
    found |= {f'deliveries_total{{state="{state}"}}': 0.0 for state in ("delivered", "retried", "dead")}
    for name, value in index.counters().items():
        kind, _, rest = name.partition(".")
        if kind == "message":
            found[f'messages_total{{state="{rest}"}}'] = float(value)
        elif kind == "delivery":
            found[f'deliveries_total{{state="{rest}"}}'] = float(value)
    return found


def entries_of(index: SqliteIndex, row: MessageRow) -> list[int]:
    """Journal entries that tell of a message: itself, decisions, attempts, outcomes."""
    found = {row.seq, *(state.entry for state in index.states(row.seq))}
    for delivery in index.deliveries(row.seq):
        for attempt in index.attempts(delivery.id):
            found |= {attempt.entry, attempt.outcome}
    return sorted(found - {0})


@dataclass(frozen=True, slots=True)
class Filter:
    """Which deliveries to send again; empty members match everything."""

    receiver: str = ""
    sender: str = ""
    stage: str = ""
    message: str = ""
    hub_id: str = ""
    since: int = 0
    until: int = 0
    state: str = "dead"

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Filter:
        state = str(asked.get("state", "dead"))
        if state not in {"dead", "delivered"}:
            raise SenderError("state 须为 dead 或 delivered", code="outbox.filter")
        return cls(
            receiver=str(asked.get("receiver", "")),
            sender=str(asked.get("sender", "")),
            stage=str(asked.get("stage", "")),
            message=str(asked.get("message", "")),
            hub_id=str(asked.get("hubId", "")),
            since=_moment(asked.get("since")),
            until=_moment(asked.get("until")),
            state=state,
        )


def _moment(text: Any) -> int:
    if text is None:
        return 0
    try:
        return int(datetime.fromisoformat(str(text)).timestamp() * 1e6)
    except ValueError:
        raise SenderError("时间应写 YYYY-MM-DDTHH:MM:SS+08:00", code="outbox.filter") from None


def matching(index: SqliteIndex, wanted: Filter) -> list[int]:
    """Ids of the deliveries a filter means, at most MOST."""
    clauses, values = ["state = ?"], [wanted.state]
    messages: list[str] = []
    inner: list[Any] = []
    for column, value in (("sender", wanted.sender), ("stage", wanted.stage)):
        if value:
            messages.append(f"{column} = ?")
            inner.append(value)
    for sign, moment in ((">=", wanted.since), ("<", wanted.until)):
        if moment:
            messages.append(f"received {sign} ?")
            inner.append(moment)
    if wanted.hub_id:
        row = index.by_hub_id(wanted.hub_id)
        messages.append("seq = ?")
        inner.append(row.seq if row else -1)
    for column, value in (("receiver", wanted.receiver), ("message", wanted.message)):
        if value:
            clauses.append(f"{column} = ?")
            values.append(value)
    if messages:
        clauses.append(f"seq IN (SELECT seq FROM message WHERE {' AND '.join(messages)})")  # noqa: S608 - ours
    return [row.id for row in index.listed(" AND ".join(clauses), [*values, *inner], MOST)]
