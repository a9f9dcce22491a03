"""R04: an amount above three billion yuan is more often a wrong unit than a deal; a person looks first."""

from __future__ import annotations

from hub.pipeline.decision import Verdict
from hub.pipeline.stateful.case import Case
from hub.standard.amounts import held


def amount(case: Case) -> Verdict | None:
    if case.released or case.facts.op == "delete" or held(case.fields) is None:
        return None
    return Verdict("held", "R04")
