"""What findings say, and the rules that are data: when one field has a value, others are mandatory."""

from __future__ import annotations

from pathlib import Path

from hub.standard.model import Condition, RuleText, Stage
from hub.standard.tables import Problems, read


def rules(directory: Path, problems: Problems) -> dict[str, RuleText]:
    """The sentences of the rules, by rule id."""
    rules: dict[str, RuleText] = {}
    for row in read(directory, "rules.csv", problems):
        if row["id"] in rules:
            problems.at(row, f"rule {row['id']} stands twice")
        if row["severity"] not in ("error", "warning"):
            problems.at(row, f"unknown severity {row['severity']!r}")
        rules[row["id"]] = RuleText(
            row["id"], row["kind"], row["severity"], row["zh"], row["en"], row["expected_zh"],
            row["expected_en"], row["advice_zh"], row["advice_en"], row["clause"],
        )  # fmt: skip
    return rules


def conditions(
    directory: Path, problems: Problems, stages: dict[str, Stage], rules: dict[str, RuleText]
) -> tuple[Condition, ...]:
    """Conditional rules; each names a rule that has a sentence and fields its stage has."""
    found: list[Condition] = []
    for row in read(directory, "conditions.csv", problems):
        if row["rule"] not in rules:
            problems.at(row, f"unknown rule {row['rule']!r}")
        stage = stages.get(row["stage"])
        if stage is None:
            problems.at(row, f"unknown stage {row['stage']!r}")
            continue
        for name in (row["when"], *row.parts("requires")):
            if name not in stage.by_name:
                problems.at(row, f"{name} is no field of {stage.id}")
        values = frozenset(row.parts("values"))
        found.append(Condition(row["rule"], stage.id, row["when"], values, row.parts("requires")))
    return tuple(found)
