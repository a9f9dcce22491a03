"""Register and cases fit together, in both directions, and the table is complete."""

from __future__ import annotations

from dataclasses import replace

from conformance.register import areas, contradictions, requirements
from conformance.suite import cases

PROVENANCE = {
    "product contract", "product default", "reconstructed", "plan text", "public implementations",
    "second hand", "other province", "provincial specification (FJ)", "statute (transcription)",
    "statute, article to be verified",
}  # fmt: skip


def test_every_clause_has_a_case_or_a_reason_and_every_case_a_clause() -> None:
    assert contradictions(requirements(), cases()) == []


def test_a_clause_without_case_or_reason_is_told() -> None:
    register = dict(requirements())
    victim = next(row for row in register.values() if row.reason)
    register[victim.id] = replace(victim, reason="")
    assert any(victim.id in text and "no case" in text for text in contradictions(register, cases()))


def test_a_case_without_clause_is_told() -> None:
    register = dict(requirements())
    del register["EX-RCP-01"]
    assert any(
        "EX-RCP-01" in text and "not in the register" in text for text in contradictions(register, cases())
    )


def test_a_tested_clause_must_not_say_it_is_untested() -> None:
    register = dict(requirements())
    register["EX-RCP-01"] = replace(register["EX-RCP-01"], reason="no time")
    assert any("said to be untested" in text for text in contradictions(register, cases()))


def test_strengths_agree() -> None:
    register = dict(requirements())
    register["EX-RCP-01"] = replace(register["EX-RCP-01"], strength="MAY")
    assert any("EX" not in text.split(":")[0] for text in contradictions(register, cases()))


def test_all_areas_have_clauses_with_provenance_in_two_languages() -> None:
    rows = requirements().values()
    assert {row.area for row in rows} == set(areas()) == {f"C{n:02d}" for n in range(1, 24)}
    for row in rows:
        assert row.provenance in PROVENANCE, row
        assert row.source and row.clause.zh and row.clause.en and row.strength in ("MUST", "SHOULD", "MAY")
        assert bool(row.reason) is not bool(row.advice.zh and row.advice.en)
