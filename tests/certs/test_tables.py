"""The tables of reasons and steps, of advice: nothing in them unused, nothing used that is not in them."""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest

from certs.cli.advice import advice
from certs.reasons import CHECKS, REASONS
from certs.verdict import SOURCES, Reason
from tests.rows import each

ROOT = Path(__file__).parents[2]
SAID = {"Reason": REASONS, "refused": REASONS, "Check": CHECKS, "_step": CHECKS}
# Methods of a Judgement. `ask` and the rest also exist elsewhere, so the first word has to be a literal.
STEPS = {"passed", "failed", "ask", "nested", "skipped"}


@cache
def trees(folder: str) -> tuple[ast.AST, ...]:
    return tuple(ast.parse(path.read_text("utf-8")) for path in sorted((ROOT / folder).rglob("*.py")))


@cache
def literals(folder: str) -> frozenset[str]:
    return frozenset(
        node.value
        for tree in trees(folder)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def calls() -> Iterator[tuple[str, str, bool]]:
    """Name of the function, the first argument if it is a literal, and whether it is a method."""
    for tree in trees("certs"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                first, function = node.args[0].value, node.func
                if isinstance(first, str) and isinstance(function, ast.Name):
                    yield function.id, first, False
                elif isinstance(first, str) and isinstance(function, ast.Attribute):
                    yield function.attr, first, True


def declared() -> frozenset[str]:
    """Reasons that the test PKI has a defective certificate for; `test_defects` asks for each."""
    text = (ROOT / "certs/testpki/data/defects.csv").read_text("utf-8")
    return frozenset(code for row in csv.reader(text.splitlines()) for code in row[2].split())


def test_nothing_is_said_that_no_table_has() -> None:
    asked = 0
    for function, first, method in calls():
        table = CHECKS if method and function in STEPS else None if method else SAID.get(function)
        if table is None or (function in ("passed", "nested") and " " in first):
            continue
        asked += 1
        assert first in table, (function, first)
    assert asked > 300


@pytest.mark.parametrize("code", [*REASONS, *CHECKS])
def test_every_row_is_used_and_tested(code: str) -> None:
    assert code in literals("certs"), "used by no code"
    assert code in literals("tests") - {""} or code in declared(), "asked for by no test"


def test_rows_are_what_they_should_be() -> None:
    for code, row in REASONS.items():
        assert row.state in ("invalid", "indeterminate"), code
        assert row.sof in range(-6, 0) and row.sub.isupper(), code
        assert row.en.isascii() and not row.zh.isascii(), code
        assert not {chr(at) for at in range(0x4E00, 0x9FFF)} & set(row.clause), code
    for name, step in CHECKS.items():
        assert step.en.isascii() and not step.zh.isascii(), name
    for zh, en in SOURCES.values():
        assert en.isascii() and not zh.isascii()


@each("code", list(REASONS))
def test_every_reason_comes_with_advice(code: str) -> None:
    for language in ("zh", "en"):
        told = advice([Reason(code)], language)
        assert len(told) == 1 and told[0].isascii() == (language == "en")


def test_no_advice_for_what_nobody_says() -> None:
    rows = csv.reader((files("certs.data") / "advice.csv").read_text("utf-8").splitlines())
    known = {one.sub for one in REASONS.values()} | set(REASONS)
    assert [row[0] for row in rows if row[0] not in known] == ["for"]
