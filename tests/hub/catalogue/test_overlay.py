"""An installation's own rows lie over the shipped catalogue, and are refused with file and line."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from hub.catalogue import CatalogueError, load
from hub.catalogue.load import DATA

SHIPPED = load()


def _row(name: str, **wanted: str) -> dict[str, str]:
    with (DATA / name).open(encoding="utf-8", newline="") as handle:
        rows = csv.DictReader(handle)
        return next(row for row in rows if all(row[key] == value for key, value in wanted.items()))


def _write(folder: Path, name: str, *rows: dict[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    with (folder / name).open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def _system(system: str = "D09", **changed: str) -> dict[str, str]:
    return {**_row("systems.csv", id=system), "seq": "", **changed}


def test_an_empty_folder_changes_nothing(tmp_path: Path) -> None:
    assert load(overlay=tmp_path) == SHIPPED


def test_rows_replace_and_add(tmp_path: Path) -> None:
    _write(tmp_path, "systems.csv", _system(zh="改名"), _system(id="Z01", zh="新系统"))
    route = _row("subscriptions.csv", stage="eng-project", receiver="D09")
    _write(tmp_path, "subscriptions.csv", {**route, "region": "620121"}, {**route, "receiver": "Z01"})
    found = load(overlay=tmp_path)
    assert len(found.systems) == len(SHIPPED.systems) + 1
    assert found.by_id["D09"].zh == "改名" and found.by_id["D09"].seq == SHIPPED.by_id["D09"].seq
    assert found.systems[-1].id == "Z01" and found.systems[-1].seq == len(found.systems)
    routes = {(row.stage, row.receiver): row.region for row in found.subscriptions}
    assert routes[("eng-project", "D09")] == "620121" and routes[("eng-project", "Z01")] == "*"
    assert len(routes) == len(SHIPPED.subscriptions) + 1


@pytest.mark.parametrize(
    ("changed", "line", "word"),
    [
        ({"dialect": "no-such"}, 2, "hub-unified-v1"),
        ({"kind": "e-trading"}, 2, "kind = "),
        ({"id": "Z01", "kind": "made-up"}, 2, "kind: "),
        ({"seq": "9"}, 2, "seq"),
        ({"tier": "moon"}, 2, "province"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, changed: dict[str, str], line: int, word: str) -> None:
    _write(tmp_path, "systems.csv", _system(**changed))
    with pytest.raises(CatalogueError) as caught:
        load(overlay=tmp_path)
    (finding,) = caught.value.findings
    assert finding.at == f"{tmp_path / 'systems.csv'}:{line}" and word in finding.expected
    assert finding.advice


def test_other_columns_and_doubled_rows_are_named(tmp_path: Path) -> None:
    (tmp_path / "systems.csv").write_text("id,zh\nD09,x\n", "utf-8")
    with pytest.raises(CatalogueError, match=r"systems\.csv:1"):
        load(overlay=tmp_path)
    _write(tmp_path, "systems.csv", _system(), _system())
    with pytest.raises(CatalogueError, match=r"systems\.csv:3"):
        load(overlay=tmp_path)
    (tmp_path / "systems.csv").write_bytes("编号\n".encode("gbk"))
    with pytest.raises(CatalogueError, match=r"systems\.csv:1.*UTF-8"):
        load(overlay=tmp_path)


def test_a_route_to_nobody_is_named(tmp_path: Path) -> None:
    route = _row("subscriptions.csv", stage="eng-project", receiver="D09")
    _write(tmp_path, "subscriptions.csv", {**route, "receiver": "Q77"})
    with pytest.raises(CatalogueError, match=r"subscriptions\.csv:2: unknown receiver Q77"):
        load(overlay=tmp_path)
