"""The commands of a system under test, with their arguments and replies."""

from __future__ import annotations

from pathlib import Path

from hub.standard.model import ControlCommand, ControlMember
from hub.standard.tables import Problems, Row, read

TYPES = frozenset({"string", "integer", "boolean", "stage", "any"})
PARTS = frozenset({"command", "argument", "reply"})


def control(directory: Path, problems: Problems) -> dict[str, ControlCommand]:
    """Commands by name, in the order of the data."""
    heads: dict[str, Row] = {}
    members: dict[tuple[str, str], list[ControlMember]] = {}
    seen: set[tuple[str, str, str]] = set()
    for row in read(directory, "control.csv", problems):
        key = (row["command"], row["part"], row["name"])
        if key in seen:
            problems.at(row, f"{row['name'] or row['part']} stands twice in {row['command']}")
        seen.add(key)
        if row["part"] not in PARTS:
            problems.at(row, f"unknown part {row['part']!r}")
        if row["part"] == "command":
            heads[row["command"]] = row
            continue
        if row["type"] not in TYPES:
            problems.at(row, f"unknown type {row['type']!r}")
        if row["command"] not in heads:
            problems.at(row, f"{row['command']} has no row of its own before this one")
        member = ControlMember(
            row["name"], row["zh"], row["en"], row["type"], row.number_or_none("length"), row.flag("required")
        )
        members.setdefault(key[:2], []).append(member)
    return {
        name: ControlCommand(
            name, row["zh"], row["en"],
            tuple(members.get((name, "argument"), ())), tuple(members.get((name, "reply"), ())),
        )
        for name, row in heads.items()
    }  # fmt: skip
