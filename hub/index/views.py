"""What a reader is shown: traces, the outbox, status and counts, each with the question who may see it.

A sender sees its own. The centre sees what is not sealed, and before the gate exactly as much as of
an id that never was. Everything public and everything counted is about messages with `hidden` 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hub.index.port import AttemptRow, DeliveryRow, MessageRow, TreeRow
from hub.index.questions import SqliteIndex
from hub.message import wall

CENTRE = "centre"
SEALED = 2
SHOWN = 500
STATES = frozenset({"waiting", "sealed", "dead", "delivered"})


def stamp(micros: int) -> str:
    return wall(datetime.fromtimestamp(micros / 1e6, UTC))


def may_see(principal: str, row: MessageRow) -> bool:
    """The one rule for traces, proofs and outbox rows."""
    return principal == row.sender or (principal == CENTRE and row.hidden < SEALED)


def trace(index: SqliteIndex, row: MessageRow, principal: str = "") -> dict[str, Any]:
    """Everything that happened to one message; `principal` decides which other questions are named."""
    covering = index.tree(covering=row.seq)
    return {
        "hubId": row.hub_id,
        "from": row.sender,
        "msgId": row.msg_id,
        "msgType": row.msg_type,
        "stage": row.stage,
        "receivedTime": stamp(row.received),
        "digest": f"sm3:{row.digest.hex()}",
        "state": row.state,
        "reason": row.reason,
        "states": _states(index, row),
        "deliveries": [_delivery(index, delivery) for delivery in index.deliveries(row.seq)],
        "files": _files(index, row),
        "answers": [
            _answered(index, entry, story, principal or row.sender) for entry, story in index.stories(row.seq)
        ],
        "evidence": {"seq": row.seq, **_head(covering)},
    }


def _states(index: SqliteIndex, row: MessageRow) -> list[dict[str, Any]]:
    received = {"state": "received", "at": stamp(row.received), "reason": ""}
    later = [{"state": one.state, "at": stamp(one.at), "reason": one.reason} for one in index.states(row.seq)]
    return [received, *later]


def _answered(index: SqliteIndex, entry: int, story: Mapping[str, Any], principal: str) -> dict[str, Any]:
    """How one answer to a question came about. Another question is named to who may see that."""
    said = {name: story[name] for name in ("source", "provider", "took", "limit") if name in story}
    if "asked" in story:
        said["askedTime"] = stamp(story["asked"])
    other = index.by_hub_id(story["question"]) if "question" in story else None
    if other is not None and may_see(principal, other):
        said["question"] = other.hub_id
    said["attempts"] = [
        {**{name: one[name] for name in ("provider", "millis", "outcome", "code")}, "at": stamp(one["at"])}
        for one in story["attempts"]
    ]
    return {"entry": entry, **said}


def _files(index: SqliteIndex, row: MessageRow) -> list[dict[str, Any]]:
    """For each file named, in the order of the message: has its sender sent it whole?"""
    return [
        {"digest": digest, "there": index.file(row.sender, digest) is not None}
        for digest in index.files_named(row.seq)
    ]


def _delivery(index: SqliteIndex, row: DeliveryRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "receiver": row.receiver,
        "message": row.message,
        "state": row.state,
        "reason": row.reason if row.state != "delivered" else "",
        "key": row.key,
        "attempts": [_attempt(one) for one in index.attempts(row.id)],
    }


def _attempt(row: AttemptRow) -> dict[str, Any]:
    return {
        "n": row.n,
        "at": stamp(row.started),
        "ended": stamp(row.ended) if row.ended else None,
        "outcome": row.kind or "open",
        "code": row.code,
        "blame": row.blame,
        "foreign": row.foreign,
    }


def _head(tree: TreeRow | None) -> dict[str, Any]:
    if tree is None:
        return {}
    return {"head": {name: tree.facts["head"][name] for name in ("log", "size", "root", "alg", "time")}}


def outbox(index: SqliteIndex, principal: str, state: str | None) -> list[dict[str, Any]]:
    """Deliveries a reader may know of; by default those not done yet. Heads for the chain are not here."""
    if state is not None and state not in STATES:
        return []
    default = ("waiting", "dead") if principal == CENTRE else ("waiting", "dead", "sealed")
    value: str | int = SEALED if principal == CENTRE else principal
    whose = "hidden < ?" if principal == CENTRE else "sender = ?"
    rows = [
        row
        for one in ((state,) if state else default)
        for row in index.listed(
            # The state stands in the text, not in a parameter, so that the index of open ones is used.
            f"state = '{one}' AND EXISTS"  # noqa: S608 - one of STATES
            f" (SELECT 1 FROM message AS m WHERE m.seq = delivery.seq AND {whose})",
            (value,),
            SHOWN,
        )
    ]
    return [_outbox_row(index, row) for row in sorted(rows, key=lambda row: row.id)]


def _outbox_row(index: SqliteIndex, row: DeliveryRow) -> dict[str, Any]:
    message = index.message(row.seq)
    return {
        "id": row.id,
        "hubId": message.hub_id if message else "",
        "receiver": row.receiver,
        "message": row.message,
        "state": row.state,
        "attempts": row.attempts,
        "next": stamp(row.next_at) if row.state == "waiting" else None,
        "reason": row.reason,
        "key": row.key,
    }


def allowed(index: SqliteIndex, principal: str, ids: Sequence[int], states: Sequence[str]) -> list[int]:
    """Those of the deliveries that exist, may be touched by this reader, and are in one of the states."""
    found = []
    for delivery in ids:
        row = index.delivery(delivery)
        message = index.message(row.seq) if row is not None else None
        if row is not None and message is not None and row.state in states and may_see(principal, message):
            found.append(delivery)
    return found


def latest(index: SqliteIndex, limit: int = 20) -> list[dict[str, Any]]:
    """The newest messages anybody may know of, without any key or name."""
    return [
        {
            "hubId": row.hub_id,
            "from": row.sender,
            "msgType": row.msg_type,
            "stage": row.stage,
            "state": row.state,
            "at": stamp(row.received),
            "to": sorted({delivery.receiver for delivery in index.deliveries(row.seq)}),
        }
        for row in index.latest_open(limit)
    ]
