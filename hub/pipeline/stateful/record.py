"""R06, R07, R08 and versions: one record, one owner, one history without gaps.

Insert of a record that is there is refused, unless it is the very same record carried by another
message. Changes wait for the version before them; an unknown record and somebody else's look the same.
"""

from __future__ import annotations

from hub.index.port import RecordRow
from hub.pipeline.decision import Verdict
from hub.pipeline.stateful.case import Case


def record(case: Case) -> Verdict | None:
    facts = case.facts
    mine = case.index.record(facts.record_key)
    if mine is not None and (mine.version, mine.digest) == (facts.version, facts.digest):
        return Verdict("accepted", "record.same", duplicate=True)
    twin = case.index.natural(facts.natural_key) if facts.natural_key is not None else None
    if facts.op == "insert":
        return _insert(case, mine, twin)
    return _change(case, mine, twin)


def _insert(case: Case, mine: RecordRow | None, twin: RecordRow | None) -> Verdict | None:
    if mine is not None and mine.live:
        return Verdict("refused", "R07")
    if twin is not None:
        return Verdict("refused", "R06" if case.facts.natural_is_code else "R08")
    return None


def _change(case: Case, mine: RecordRow | None, twin: RecordRow | None) -> Verdict | None:
    facts = case.facts
    if mine is None:
        if twin is not None:
            return Verdict("refused", "R07")
        return Verdict("held", "record.missing", waits=(facts.record_key,))
    if not mine.live or facts.version <= mine.version:
        return Verdict("refused", "record.version")
    if facts.version > mine.version + 1:
        return Verdict("held", "record.gap", waits=(facts.record_key,))
    moved = facts.op == "update" and facts.natural_key != mine.natural_key
    return Verdict("refused", "R06") if moved else None
