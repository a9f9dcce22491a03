"""All 135 systems have their turn, and one that is misunderstood is named with the reason."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import adapters
from hub import catalogue
from hub.demo.exchanges import KINDS, chosen, exchanges
from hub.demo.facts import questions
from hub.demo.run import demo

Hutong = Callable[..., int]
Swap = Callable[[Path, str, str], None]


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


def test_all_135_are_exercised(tmp_path: Path, hutong: Hutong) -> None:
    out = tmp_path / "all.json"
    code = hutong("demo", "--json", "--flow", "all-systems", out=out)
    result = json.loads(out.read_text("utf-8"))
    assert (code, result["findings"]) == (0, [])
    assert result["systems"] == {"simulated": 135, "exercised": 135}
    assert {len(result["dialects"]), sum(map(len, result["dialects"].values()))} == {19, 135}
    assert result["deliveries"]["total"] == result["deliveries"]["delivered"] > 500


def test_a_system_that_is_misunderstood_is_named(tmp_path: Path, swap: Swap) -> None:
    """Two fields of one dialect exchanged in the adapter: its systems, and nobody else, are not exercised."""
    overlay = tmp_path / "overlay"
    shutil.copytree(Path(adapters.__file__).parent, overlay / "adapters")
    swap(overlay / "adapters" / "legacy_http" / "mapping.csv", "NOTICE_NAME", "NOTICE_MEDIA")
    result = demo(
        tmp_path / "world", ["all-systems"], lambda *_: None, hub_env={"PYTHONPATH": str(overlay)}
    ).public()
    named = {one["at"].split("/")[0] for one in result["findings"] if one["code"] == "system.not-exercised"}
    assert not result["ok"]
    assert "F05" in named <= {system.id for system in catalogue.load().by_dialect["legacy-http"]}
    assert result["systems"]["exercised"] < 135
