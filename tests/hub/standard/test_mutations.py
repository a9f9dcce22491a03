"""Ten thousand messages with one defect each: all found, at the right place, under the right rule."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from hub.standard import Standard, load

STATELESS = [rule.id for rule in load().rules.values() if rule.kind == "stateless"]


def missed(standard: Standard, corpus: list[Any], **options: Any) -> list[Any]:
    """The mutants whose defect is not among the findings."""

    def found(mutant: Any) -> bool:
        findings = standard.check(mutant.envelope, **options)
        return any((one.code, one.at) == (mutant.rule, mutant.at) for one in findings)

    return [mutant for mutant in corpus if not found(mutant)]


def test_the_mutator_knows_nothing_of_the_checker() -> None:
    tree = ast.parse(Path(__file__).with_name("mutator.py").read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not [name for name in imported if name.startswith(("hub", "certs"))]


def test_every_rule_has_at_least_twenty_mutants(corpus: list[Any]) -> None:
    counts = Counter(mutant.rule for mutant in corpus)
    assert len(corpus) == 10_000
    assert set(counts) == set(STATELESS)
    assert min(counts.values()) >= 20


def test_every_defect_is_found_under_its_rule_and_place(standard: Standard, corpus: list[Any]) -> None:
    assert [(m.rule, m.at, m.envelope["body"]["fields"]) for m in missed(standard, corpus)[:3]] == []


def test_nothing_else_is_said_of_a_single_defect(standard: Standard, corpus: list[Any]) -> None:
    """One defect may break two rules of one value; no other place may be blamed for it."""
    blamed = [
        (mutant.rule, mutant.at, finding)
        for mutant in corpus
        if mutant.rule != "service.stage"  # there the service's own ext rows are missing too
        for finding in standard.check(mutant.envelope)
        if finding.at != mutant.at
    ]
    assert blamed[:3] == []


@pytest.mark.parametrize("rule", STATELESS)
def test_switching_a_rule_off_is_noticed(standard: Standard, corpus: list[Any], rule: str) -> None:
    mine = [mutant for mutant in corpus if mutant.rule == rule]
    assert missed(standard, mine) == []
    assert len(missed(standard, mine, without=[rule])) == len(mine)


def test_severity_is_the_tables(standard: Standard, corpus: list[Any]) -> None:
    for mutant in corpus[:460]:
        for finding in standard.check(mutant.envelope):
            if finding.code in standard.rules:
                assert finding.severity == standard.rules[finding.code].severity


def test_findings_speak_chinese_and_english(standard: Standard, corpus: list[Any]) -> None:
    for mutant in corpus[:230]:
        for finding in standard.check(mutant.envelope):
            assert finding.advice and "{" not in finding.expected + finding.advice
        for finding in standard.check(mutant.envelope, lang="en"):
            assert finding.advice.isascii() and "{" not in finding.expected + finding.advice


def test_nothing_personal_is_quoted(standard: Standard) -> None:
    """Whatever is wrong with a personal value, the finding must not carry it into logs."""
    for stage in standard.stages:
        texts = [field for field in stage.fields if field.type == "string"]
        for field in (field for field in texts if field.policy.personal != "none"):
            secret = "张三丰620102199001011234" * 300
            envelope = standard.sample(stage.id, 1)
            envelope["body"]["fields"][field.name] = secret
            for finding in standard.check(envelope):
                assert "张三丰" not in finding.observed and "62010219" not in finding.observed
    envelope = standard.sample("eng-invitation", 1)
    envelope["body"]["fields"]["BIDDER_CODE"] = "62010219900101123A"[:17] + "0"
    told = [f.observed for f in standard.check(envelope)]
    assert told and not any("620102" in text for text in told)
