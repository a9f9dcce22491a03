"""Rows of a dialect's papers, gone through by the contract that its test class inherits."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from hub.catalogue.papers import Papers
from tests.rows import through

LABELS: dict[str, Callable[[Any], str]] = {
    "stage": str,
    "row": lambda r: r.situation,
    "inward_row": lambda r: r.situation,
    "golden": lambda g: f"{g['file'].removesuffix('.jsonl')}-{g['id']}",
}


class Rows(tuple[Any, ...]):
    """All the values of one argument; a test that asks for it goes through them."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`stage`, `row` (outward expectations), `inward_row` and `golden` come from the papers."""
    wanted = [name for name in LABELS if name in metafunc.fixturenames]
    if not wanted or not getattr(metafunc.cls, "name", ""):
        return
    for name in wanted:
        values = _values(metafunc.cls, name)
        if values is not None:
            # A class that says that nothing is there for it is skipped, and stands in the report as such.
            metafunc.parametrize(name, [Rows(values)] if values else [], ids=["all"] if values else None)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """A codec is pure: its rows need no test each."""
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    folded = [name for name, value in arguments.items() if isinstance(value, Rows)]
    if not folded:
        return None
    rows = []
    for values in itertools.product(*(arguments[name] for name in folded)):
        row = {**arguments, **dict(zip(folded, values, strict=True))}
        label = "-".join(LABELS[name](value) for name, value in zip(folded, values, strict=True))
        rows.append((label, lambda row=row: pyfuncitem.obj(**row)))
    through(rows)
    return True


def _values(cls: type, name: str) -> list[Any] | None:
    if name == "stage":
        return cls.stages() if hasattr(cls, "stages") else None
    papers = Papers.load(cls.name)  # type: ignore[attr-defined]
    if name == "row":
        return [r for r in papers.expected if r.face == "out" and r.wire_status != "-"]
    if name == "inward_row":
        return [r for r in papers.expected if r.face == "in"]
    files = getattr(cls, "files", ())  # transcripts of one variant only
    systems = getattr(cls, "systems", ())  # and of some of its systems
    return [
        g
        for g in _golden(cls.name)  # type: ignore[attr-defined]
        if (not files or g["file"] in files) and (not systems or g.get("system") in systems)
    ]


@cache
def _golden(name: str) -> list[dict[str, Any]]:
    return list(Papers.load(name).golden())
