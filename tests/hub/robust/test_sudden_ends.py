"""Power cuts, kills, a full disk and a jumping clock, on the real hub: a few of each.

Where power cannot be cut (no root, no loop device) those tests are skipped by name; in CI as root they run.
"""

import asyncio
import os

import pytest

pytest.importorskip("fcntl")
import filecuts
import fullness
import jumping
import kills
import powercut
from lives import Results

# Those that traffic comes by at once.
POINTS = ("while-folding", "after-send")


@pytest.fixture
def results(tmp_path):
    return Results(tmp_path / "rows" / "results.jsonl")


@pytest.fixture
def disk():
    """A disk that may be cut off; its absence is no excuse where it must be there."""
    why = powercut.possible()
    if why and os.environ.get("CI") == "true" and os.geteuid() == 0:
        pytest.fail(f"断电试验在 CI 中必须进行 / must run here: {why}")
    if why:
        pytest.skip(f"断电试验未进行 / power cuts not possible: {why}")


def rows(results, kind):
    found = results.since_summary()
    assert [row["faults"] for row in found if row["faults"]] == []
    return [row for row in found if row["kind"] == kind]


@pytest.mark.usefixtures("disk")
def test_what_was_acknowledged_survives_power_cuts(tmp_path, results):
    assert asyncio.run(powercut.cuts(2, 0, tmp_path, results=results, clients=(16, 24))) == 0
    cuts = rows(results, "cut")
    assert len(cuts) == 2
    assert sum(row["acknowledged"] for row in cuts) > 0
    assert sum(row["lost"] for row in cuts) == 0


@pytest.mark.usefixtures("disk")
def test_parts_and_files_survive_power_cuts(tmp_path):
    told, _, lost = filecuts.cuts(2, tmp_path)
    assert told > 0 and lost == []


def test_what_was_acknowledged_survives_kills(tmp_path, results):
    assert asyncio.run(kills.kills(2, 0, tmp_path, results=results, clients=(16, 24), points=POINTS)) == 0
    assert [row["lost"] for row in rows(results, "kill")] == [0, 0]


@pytest.mark.usefixtures("disk")
def test_a_full_disk_refuses_and_comes_back(tmp_path, results):
    assert asyncio.run(fullness.rounds(1, tmp_path, results=results, second=0.3)) == 0
    [row] = rows(results, "round")
    assert set(row["phases"]["full"]) == {"503"}, "nothing is acknowledged that cannot be kept"
    assert row["acknowledged"] > 0


def test_a_clock_that_jumps_moves_nothing(tmp_path):
    row = asyncio.run(jumping.run(tmp_path, watch=0.7))
    assert row["faults"] == []
    assert row["acknowledged"] > 20
