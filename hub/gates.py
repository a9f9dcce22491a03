"""Who may let out what waits for an event, and under which gate it waits.

A gate belongs to one sender: whoever lets out its own can never open what somebody else sealed, whatever
names it uses. The act says nothing of whether anything waits there: it is answered alike in any case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.catalogue.gates import SECTION, events
from hub.errors import SenderError
from hub.index.tokens import Tokens
from hub.index.views import CENTRE
from hub.pipeline.facts import event_gate

MOST = 500


@dataclass(frozen=True, slots=True)
class Act:
    """`whose` records, of which `value` (a section's or a record's key), let out by whom and why."""

    event: str
    whose: str
    value: str
    by: str
    reason: str

    def gate(self, tokens: Tokens) -> int:
        return event_gate(tokens, self.event, self.whose, self.value)


def act_of(principal: str, event: str, said: Mapping[str, Any]) -> Act:
    """The act as asked for; SenderError 404 for no such event, 403 for somebody else's, 422 otherwise."""
    row = events().get(event)
    if row is None:
        raise SenderError("没有这个放行事项 / no such event", code="not-found", status=404)
    named = "section" if row.scope == SECTION else "key"
    value, reason, whose = said.get(named), said.get("reason"), said.get("from", principal)
    if principal not in (CENTRE, whose):
        raise SenderError("只能放行本系统的记录 / only one's own", code="auth.forbidden", status=403)
    texts = all(isinstance(one, str) and 0 < len(one.strip()) <= MOST for one in (value, reason, whose))
    if not texts or whose == CENTRE or not set(said) <= {"from", named, "reason"}:
        raise SenderError(
            f"须给出 {named} 与 reason(中心另须给出 from),不得有其他成员 / incomplete", code="gate.act"
        )
    return Act(event, str(whose), str(value), principal, str(reason).strip())
