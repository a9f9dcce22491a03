"""The two policy tables: per field and per stage, every value one of those the policy defines."""

from __future__ import annotations

from pathlib import Path

from hub.standard.model import FieldPolicy, StagePolicy
from hub.standard.tables import Problems, Row, read

FIELD_VALUES: dict[str, frozenset[str]] = {
    "openness": frozenset({"public", "party", "regulator", "internal"}),
    "personal": frozenset({"none", "name", "contact", "id", "account"}),
    "sealed_until": frozenset({"none", "opening", "release", "award", "never"}),
    "secret": frozenset({"none", "commercial"}),
    "on_chain": frozenset({"value", "digest", "none"}),
    "mask": frozenset({"none", "tail4", "surname", "full"}),
}
GATES = frozenset({"none", "opening", "award", "release", "publication", "never"})
CLASSES = frozenset("OPERISK")


def field_policies(
    directory: Path, problems: Problems, fields: set[tuple[str, str]]
) -> dict[tuple[str, str], FieldPolicy]:
    """Policy by (stage, field); a row for a field that does not exist is a contradiction too."""
    found: dict[tuple[str, str], FieldPolicy] = {}
    for row in read(directory, "field_policy.csv", problems):
        key = (row["stage"], row["field"])
        if key in found:
            problems.at(row, f"policy of {row['field']} of {row['stage']} stands twice")
        if key not in fields:
            problems.at(row, f"policy of an unknown field {row['field']!r} of {row['stage']!r}")
        for column, allowed in FIELD_VALUES.items():
            if row[column] not in allowed:
                problems.at(row, f"unknown {column} {row[column]!r}")
        found[key] = FieldPolicy(
            row["openness"], row["personal"], row["sealed_until"], row["secret"], row["on_chain"],
            row["mask"], row["basis"],
        )  # fmt: skip
    return found


def stage_policies(directory: Path, problems: Problems) -> dict[str, StagePolicy]:
    """Policy by stage id."""
    found: dict[str, StagePolicy] = {}
    for row in read(directory, "stage_policy.csv", problems):
        if row["stage"] in found:
            problems.at(row, f"policy of {row['stage']} stands twice")
        if row["gate"] not in GATES:
            problems.at(row, f"unknown gate {row['gate']!r}")
        if not set(row.parts("class")) <= CLASSES:
            problems.at(row, f"unknown class {row['class']!r}")
        if (row["gate"] in ("none", "never")) != (row["lifted_by"] == ""):
            problems.at(row, "lifted_by goes with a gate that can be lifted")
        found[row["stage"]] = StagePolicy(
            frozenset(row.parts("class")), row["gate"], row.parts("lifted_by"), _pairs(row, problems),
            row["after"], row["publish"],
        )  # fmt: skip
    return found


def _pairs(row: Row, problems: Problems) -> tuple[tuple[str, str], ...]:
    pairs = []
    for part in row.parts("before"):
        kind, slash, relation = part.partition("/")
        if not (kind and slash and relation):
            problems.at(row, f"before is kind/relation, not {part!r}")
        pairs.append((kind, relation))
    return tuple(pairs)
