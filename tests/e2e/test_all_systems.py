"""All 135 systems have their turn, and two tenders go through and are proved.

That one who is misunderstood is named stands in `test_demo.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from hub import catalogue
from hub.demo.exchanges import KINDS, chosen, exchanges
from hub.demo.facts import questions

Hutong = Callable[..., int]


def test_every_system_has_one_row_that_its_routes_and_words_bear_out() -> None:
    routes = {(row.receiver, row.stage): row.region for row in catalogue.load().subscriptions}
    assert [row.system for row in exchanges()] == [system.id for system in catalogue.load().systems]
    for row in exchanges():
        if row.kind == "record":
            region = routes[row.system, row.what]
            assert region == "*" or row.region.startswith(region), row
        if row.kind in ("asked", "told"):
            assert row.what in questions(), row
    assert {row.kind for row in exchanges()} == set(KINDS)


def test_the_rows_of_every_day_are_few() -> None:
    assert {row.system for row in chosen(False)} < {row.system for row in chosen(True)}
    assert len(chosen(False)) < 12


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory, hutong: Hutong) -> dict[str, Any]:
    """The whole demo, once: both tenders, and everybody's turn."""
    out = tmp_path_factory.mktemp("demo") / "all.json"
    code = hutong("demo", "--json", "--flow", "all-systems", out=out)
    told: dict[str, Any] = json.loads(out.read_text("utf-8"))
    assert (code, told["findings"]) == (0, [])
    return told


def test_all_135_are_exercised(result: dict[str, Any]) -> None:
    assert result["systems"] == {"simulated": 135, "exercised": 135}
    assert {len(result["dialects"]), sum(map(len, result["dialects"].values()))} == {19, 135}
    assert set(result["dialects"]) == set(catalogue.load().dialects)
    assert [dialect for dialect, systems in result["dialects"].items() if not systems] == []
    assert result["deliveries"]["total"] == result["deliveries"]["delivered"] > 500


def test_two_tenders_go_through_and_are_proved(result: dict[str, Any]) -> None:
    assert result["ok"]
    assert [flow["name"] for flow in result["flows"] if not flow["ok"]] == []
    assert {"t01-tender", "t03-tender", "seal", "refusals", "admission"} <= {
        f["name"] for f in result["flows"]
    }
    assert result["evidence"]["records"] == result["evidence"]["verified"] > 0
    assert result["messages"]["rejected"] >= 5
    received = {step["name"].removeprefix("送达 ") for flow in result["flows"] for step in flow["steps"]}
    assert {"D09", "D01", "R01", "B01", "P02", "M01", "X07", "X01"} <= received
