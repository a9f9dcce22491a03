"""Rows of a dialect's papers as parameters of the contract that its test class inherits."""

from __future__ import annotations

from typing import Any

import pytest

from hub.catalogue.papers import Papers


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`stage`, `row` (outward expectations), `inward_row` and `golden` come from the papers."""
    name = getattr(metafunc.cls, "name", "")
    if not name:
        return
    papers = Papers.load(name)
    files = getattr(metafunc.cls, "files", ())  # transcripts of one variant only
    systems = getattr(metafunc.cls, "systems", ())  # and of some of its systems
    rows: dict[str, list[Any]] = {
        "row": [r for r in papers.expected if r.face == "out" and r.wire_status != "-"],
        "inward_row": [r for r in papers.expected if r.face == "in"],
        "golden": [
            g
            for g in papers.golden()
            if (not files or g["file"] in files) and (not systems or g.get("system") in systems)
        ],
    }
    if hasattr(metafunc.cls, "stages"):
        rows["stage"] = metafunc.cls.stages()
    label = {
        "stage": str,
        "row": lambda r: r.situation,
        "inward_row": lambda r: r.situation,
        "golden": lambda g: f"{g['file'].removesuffix('.jsonl')}-{g['id']}",
    }
    for fixture, values in rows.items():
        if fixture in metafunc.fixturenames:
            metafunc.parametrize(fixture, values, ids=label[fixture])
