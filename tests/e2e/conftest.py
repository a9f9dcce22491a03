"""What the end-to-end tests share: the command as a newcomer runs it, a table of an adapter turned wrong."""

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def hutong() -> Callable[..., int]:
    """`hutong(*words, out=FILE, **env)`: the exit code."""
    return _hutong


@pytest.fixture
def swap() -> Callable[[Path, str, str], None]:
    """Exchange two cell values wherever they stand in a table."""
    return _swap


@pytest.fixture
def before() -> Callable[[Path], dict[str, str]]:
    """`before(FOLDER)`: the environment in which packages of that folder hide the installed ones."""
    return lambda folder: {
        "PYTHONPATH": os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
    }


def _hutong(*words: str, out: Path, **env: str) -> int:
    with out.open("wb") as stream:
        done = subprocess.run(
            [sys.executable, "-m", "hub.cli.main", *words],
            stdout=stream,
            stderr=subprocess.STDOUT if "--json" not in words else subprocess.DEVNULL,
            env={**os.environ, **env},
            timeout=900,
            check=False,
        )
    return done.returncode


def _swap(table: Path, one: str, other: str) -> None:
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    turned = {one: other, other: one}
    changed = [[turned.get(cell, cell) for cell in row] for row in rows]
    assert changed != rows
    with table.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(changed)
