"""Rules that need to know what was accepted before; judged in order, the first that objects decides."""

from __future__ import annotations

from hub.pipeline.decision import Verdict
from hub.pipeline.stateful.amount import amount
from hub.pipeline.stateful.case import Case, Rule
from hub.pipeline.stateful.opening import opening
from hub.pipeline.stateful.parent import parent
from hub.pipeline.stateful.record import record

RULES: tuple[Rule, ...] = (parent, opening, record, amount)

__all__ = ["RULES", "Case", "judge"]


def judge(case: Case, rules: tuple[Rule, ...] = RULES) -> Verdict:
    """The verdict of the first rule that has one, else accepted."""
    for rule in rules:
        verdict = rule(case)
        if verdict is not None:
            return verdict
    return Verdict("accepted")
