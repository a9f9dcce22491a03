"""Bids are opened after the deadline by the hub's clock, whatever the record says (policy rule 3)."""

from __future__ import annotations

from hub.pipeline.decision import Verdict
from hub.pipeline.stateful.case import Case


def opening(case: Case) -> Verdict | None:
    facts = case.facts
    if not facts.is_opening:
        return None
    announced = (case.index.deadline(scope) for scope in facts.scopes)
    due = max((at for at in (*announced, facts.opened_at) if at is not None), default=None)
    return Verdict("refused", "opening.before-deadline") if due is not None and due > case.now else None
