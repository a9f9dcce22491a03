"""SIGKILL at every fail point: what was acknowledged is delivered, nothing takes effect twice."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from hub.journal.rebuild import differences, fresh_index
from hub.journal.sqlite import FILE, SqliteJournal

HERE = Path(__file__).parent
COUNT = 9


def _run(data, failpoints):
    done = subprocess.run(
        [sys.executable, str(HERE / "killed_hub.py"), str(data), failpoints, str(COUNT)],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    return done, set(done.stdout.split())


@pytest.mark.parametrize(
    "points",
    [
        ("before-commit:6", "before-commit:15"),
        ("after-commit:5", "after-commit:14"),
        ("after-send:2", "after-send:5"),
    ],
)
def test_killed_and_started_again(tmp_path, points):
    data, acknowledged = tmp_path / "data", set()
    for point in points:
        died, told = _run(data, point)
        assert died.returncode == -signal.SIGKILL, died.stderr
        acknowledged |= told
    lived, told = _run(data, "")
    assert lived.returncode == 0 and "done" in told, lived.stderr
    acknowledged |= told - {"done"}
    assert len(acknowledged) == COUNT

    live = sqlite3.connect(data / FILE)
    kept = {row[0] for row in live.execute("SELECT msg_id FROM message WHERE state = 'delivered'")}
    assert acknowledged <= kept, "every acknowledged message was delivered"
    assert live.execute("SELECT count(*) FROM message").fetchone()[0] == COUNT, "and stored once"
    assert differences(live, fresh_index(SqliteJournal(live))) == []
    keys = {row[0] for row in live.execute("SELECT key FROM delivery")}
    live.close()

    effects = [line.split() for line in (tmp_path / "effects.txt").read_text().splitlines()]
    times = Counter((system, key) for system, key, _, _ in effects)
    keyless = {pair: n for pair, n in times.items() if pair[0] in {"D09", "D01"}}
    assert set(keyless.values()) == {1}, "who cannot tell a repetition was asked first"
    per_record = {(system, record, version): set() for system, _, record, version in effects}
    for system, key, record, version in effects:
        per_record[(system, record, version)].add(key)
    assert all(len(found) == 1 for found in per_record.values()), "a repeated attempt carries the same key"
    assert {key for system, key in times if system != "B01"} <= keys
