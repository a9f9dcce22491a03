"""Many rows of data under one test: all are tried, and every one that fails is named, with its own reason.

A parameter makes a test of each row, which costs more than most rows themselves; thousands of them are
half of a run. So rows that are data and nothing else, whose test takes no fixture that it changes, are
gone through here. Rows that start something, or that one wants to run alone, stay parameters.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import partial, wraps
from typing import Any

import pytest

SHOWN = 10  # rows whose traceback is shown; all are named
Test = Callable[..., None]
Ids = Callable[[Any], object] | Iterable[object] | None


def each(names: str | Sequence[str], values: Iterable[Any], ids: Ids = None) -> Callable[[Test], Test]:
    """Like `pytest.mark.parametrize`, for one test that goes through all rows; may be stacked."""
    wanted = [name.strip() for name in names.split(",")] if isinstance(names, str) else [*names]
    rows = _rows(wanted, [*values], ids)

    def fold(test: Test) -> Test:
        assert not inspect.iscoroutinefunction(test), "a test that waits is a parameter's"
        signature = inspect.signature(test)
        rest = [one for name, one in signature.parameters.items() if name not in wanted]

        @wraps(test)
        def whole(*given: Any, **fixtures: Any) -> None:
            through([(label, partial(test, *given, **fixtures, **row)) for label, row in rows])

        whole.__signature__ = signature.replace(parameters=rest)  # type: ignore[attr-defined]
        return whole

    return fold


def through(rows: Sequence[tuple[str, Callable[[], object]]]) -> None:
    """Try all; raises a group that names every row that failed, and AssertionError for no rows at all."""
    assert rows, "no rows"
    wrong: list[tuple[str, BaseException]] = []
    skipped: list[BaseException] = []
    for label, run in rows:
        try:
            run()
        except pytest.skip.Exception as reason:
            skipped.append(reason)
        except (Exception, pytest.fail.Exception) as error:
            error.add_note(f"row: {label}")
            wrong.append((label, error))
    if wrong:
        named = ", ".join(label for label, _ in wrong)
        raise BaseExceptionGroup(
            f"{len(wrong)} of {len(rows)} rows: {named}", [error for _, error in wrong[:SHOWN]]
        )
    if len(skipped) == len(rows):
        raise skipped[0]


def _rows(names: list[str], values: list[Any], ids: Ids) -> list[tuple[str, dict[str, Any]]]:
    labels: list[object] = [None] * len(values) if ids is None or callable(ids) else [*ids]
    say = ids if callable(ids) else lambda part: None
    rows = []
    for value, label in zip(values, labels, strict=True):
        parts = [value] if len(names) == 1 else [*value]
        told = (str(part) if (word := say(part)) is None else str(word) for part in parts)
        text = "-".join(told) if label is None else str(label)
        rows.append((text if len(text) < 120 else f"{text[:117]}...", dict(zip(names, parts, strict=True))))
    return rows
