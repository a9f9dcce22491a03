"""R05: a tender project is registered before what depends on it; and only its system opens its gates.

A child that is early is held, not refused: networks reorder. Records that lift a seal (opening,
publicity, result) are taken from the system that registered the tender project alone, or any
member could unseal another's bidders. Where no project is registered (procurement), nobody else than who
runs the section opens it.
"""

from __future__ import annotations

from hub.pipeline.decision import Verdict
from hub.pipeline.sections import strangers
from hub.pipeline.stateful.case import Case


def parent(case: Case) -> Verdict | None:
    facts = case.facts
    if facts.parent is None:
        return Verdict("refused", "R07") if facts.opens and strangers(facts, case.index) else None
    owner = case.index.parent_owner(facts.parent)
    if owner is None:
        return Verdict("held", "R05", waits=(facts.parent,))
    if facts.opens and owner != facts.sender:
        return Verdict("refused", "R07")
    return None
