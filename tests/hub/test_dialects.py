"""One broken dialect disables itself, says why, and nothing else."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from hub.dialects import GROUP, load


class Whole:
    name = "whole"

    def __getattr__(self, name: str) -> object:
        return lambda *args: None


def entry(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


def test_the_good_load_and_the_broken_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("dialects_for_test")
    module.GOOD = Whole()  # type: ignore[attr-defined]
    module.HALF = object()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "dialects_for_test", module)
    said: list[str] = []
    found = load(
        [
            entry("good", "dialects_for_test:GOOD"),
            entry("half", "dialects_for_test:HALF"),
            entry("gone", "no_such_module:X"),
        ],
        report=said.append,
    )
    assert set(found.loaded) == {"good"}
    assert set(found.broken) == {"half", "gone"}
    assert "login" in found.broken["half"]
    assert len(said) == 2
