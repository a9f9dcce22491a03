"""A standard whose tables contradict each other stops every verb that needs it, naming file and row."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import hub

VERBS = [["serve", "--port", "0", "--data", "data"], ["standard", "stats", "--json"], ["demo"]]


@pytest.mark.parametrize("verb", VERBS, ids=[verb[0] for verb in VERBS])
def test_nothing_starts_on_wrong_tables(tmp_path: Path, verb: list[str]) -> None:
    shutil.copytree(Path(hub.__file__).parent, tmp_path / "hub")
    table = tmp_path / "hub" / "standard" / "data" / "fields.csv"
    rows = table.read_text("utf-8").split("\n")
    rows[4] = rows[4].replace("relate-code", "no-such-list")
    assert rows[4] != table.read_text("utf-8").split("\n")[4]
    table.write_text("\n".join(rows), "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "hub.cli.main", *verb],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 3
    assert "fields.csv:5" in done.stderr
    assert "no-such-list" in done.stderr
    assert "Traceback" not in done.stderr
