"""What the journal keeps of an answer, and the answer made of it again when the same question comes again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.journal.closing import Closing
from hub.journal.entry import Kind
from hub.journal.port import Tx
from hub.message import Finding, Severity, canonical
from hub.ports import Answer
from hub.services.case import Case
from hub.services.story import DEGRADED, Story

Notes = Callable[[Mapping[str, Any], Answer], dict[str, Any]]
Closes = Callable[[bytes, Mapping[str, Any], Mapping[str, Any], tuple[int, ...]], Closing]


@dataclass(frozen=True, slots=True)
class Told:
    answer: Answer
    story: Story


def record(tx: Tx, case: Case, told: Told, now: int, closing: Closes, noting: Notes) -> None:
    """An answer of substance is kept for a repeated question; a failure is noted, and asked again. `noting`
    gives what the index is to know of it."""
    row = case.row
    if case.before is None and tx.index.answer(row.seq):
        return  # the same message came twice at once
    answer = told.answer
    final = answer.status < 500 and told.story.source != DEGRADED
    facts: dict[str, Any] = {
        "hubId": row.hub_id,
        "message": row.seq,
        "state": "answered" if answer.status < 500 else "unanswered",
        "code": answer.code,
        "final": final,
    }
    ended = case.ended(answer)
    if ended is not None:
        facts["ended"] = ended
    if final:
        facts.update(noting(case.envelope, answer))
    if not row.hidden:
        facts["story"] = told.story.facts()
    stored = {
        "status": answer.status,
        "code": answer.code,
        "message": answer.message,
        "data": dict(answer.data),
        "story": told.story.told(row.hub_id, now),
        "notes": [[one.code, one.advice] for one in answer.findings if one.severity is Severity.WARNING],
    }
    raw = canonical(stored)
    tx.append(Kind.ANSWER, now, facts, raw, closing=closing(raw, answer.data, case.envelope, case.gates))


def stored(raw: bytes) -> Answer:
    value = json.loads(raw)
    notes = tuple(note(*one) for one in value.get("notes", ()))
    return Answer(
        value["status"], value["code"], value["message"], data=value["data"], findings=notes,
        story=value.get("story", {}),
    )  # fmt: skip


def note(code: str, text: str) -> Finding:
    return Finding(code, "", "", "", text, "EX-ERR-03", Severity.WARNING)
