"""What is broken in one system's description stops that system and no other, and is said."""

from __future__ import annotations

import pytest

from simulators import roster
from simulators.dialects import SIDES
from simulators.systems.build import Making


def _broken(_desk: object) -> None:
    raise KeyError("fs_sj")


def test_a_side_that_cannot_be_made_stops_only_its_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SIDES, "asmx-parasxml", _broken)
    systems, waiting = roster.muster(["M01", "T03"], Making())
    assert list(systems) == ["M01"]
    assert waiting == {"T03": "broken: KeyError: 'fs_sj'"}


def test_papers_that_cannot_be_read_stop_only_their_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    def papered(dialect: str) -> bool:
        if dialect == "asmx-parasxml":
            raise ValueError("dialect.toml: line 3")
        return True

    monkeypatch.setattr(roster, "papered", papered)
    systems, waiting = roster.muster(["M01", "T03"], Making())
    assert list(systems) == ["M01"] and "line 3" in waiting["T03"]


def test_without_a_simulator_a_dialect_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(SIDES, "asmx-parasxml")
    assert "no simulator" in roster.muster(["T03"], Making())[1]["T03"]


def test_a_line_whose_server_is_not_installed_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    from simulators.lines import choose, missing

    monkeypatch.setattr(choose, "_there", lambda _scheme: False)
    assert "extra `files`" in missing("xml-drop") and missing("front-db") == ""
