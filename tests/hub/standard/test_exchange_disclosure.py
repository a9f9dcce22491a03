"""Who may know what, when: nobody but `hub.standard` and two named rooms reads the policy tables."""

from __future__ import annotations

import ast
from pathlib import Path

from hub.index.tokens import Tokens
from hub.pipeline.facts import derive
from hub.standard.policy import Gate, existence_sealed, gate

ROOT = Path(__file__).resolve().parents[3]
COLUMNS = {
    "openness",
    "personal",
    "sealed_until",
    "secret",
    "on_chain",
    "mask",
    "gate",
    "lifted_by",
    "before",
    "after",
}
COLUMNS |= {"classes"}
# Rooms that turn the stage table into seals, gates and legs; they decide nothing of their own.
READERS = {
    "hub/pipeline/plan.py": {"gate", "lifted_by", "classes"},
    "hub/pipeline/routing.py": {"after"},
    "hub/demo/everybody.py": {"lifted_by"},  # tells the demo what opens a seal; never serves anybody
    "hub/demo/flows.py": {"classes"},  # tells the demo which of its steps are sealed; never serves anybody
}


def _reads(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr in COLUMNS:
            inner = node.value
            name = inner.attr if isinstance(inner, ast.Attribute) else getattr(inner, "id", "")
            if name == "policy":
                yield node.attr


def test_nobody_else_reads_the_policy_tables():
    found = {}
    for package in ("hub", "adapters"):
        for path in sorted((ROOT / package).rglob("*.py")):
            place = path.relative_to(ROOT).as_posix()
            if not place.startswith("hub/standard/") and (read := set(_reads(path))):
                found[place] = read
    assert found == READERS


def test_every_gate_of_the_table_seals_a_record_and_no_other_does(standard):
    tokens = Tokens(b"k" * 32)
    for stage in standard.stages:
        facts = derive(standard.sample(stage.id, 1), "id", standard, tokens)
        waits = gate(standard, stage.id) is not Gate.NONE and stage.id not in stage.policy.lifted_by
        assert bool(facts.seals) == waits, stage.id
        assert not existence_sealed(standard, stage.id) or facts.secret, stage.id


def test_side_channels_have_clauses_with_the_tests_that_show_them(standard):
    told = {name: rule for name, rule in standard.exchange.rules.items() if name.startswith("EX-SID-")}
    assert len(told) >= 6
    shown = {name for name, rule in told.items() if any(proof.kind == "test" for proof in rule.checked_by)}
    assert set(told) - shown <= {"EX-SID-05"}, "the quality score asks the gate once it is there"
