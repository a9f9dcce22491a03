"""In which order test files are begun and which of them never run beside each other, when there are workers.

Most of a hub test's time is waiting for the disk. Where memory is ample and a run keeps nothing of what
passed (`make test`), folders lie in memory; a disk that is cut off is its own, wherever its image lies.

A file stays with one worker (its module's fixtures are made once). Long ones are begun first, so that none
is left over at the end. Those that fill both cores by themselves, or measure time, come one after another.
"""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# The same examples everywhere, and none that fails because a machine was slow at it.
settings.load_profile("ci")

HERE = Path(__file__).parent
APART = ("e2e/test_all_systems.py", "e2e/test_demo.py", "e2e/test_kills.py", "loadtests/test_runs.py",
         "conformance/test_processes.py")  # fmt: skip
# Longest first, as measured alone; a file that is not named takes less than these.
LONG = (
    "hub/robust/test_sudden_ends.py",
    "hub/files/test_killed.py",
    "hub/standard/bindings/test_soap_judges.py",
    "hub/standard/bindings/test_json_schema.py",
    "hub/cli/test_broken_standard.py",
    "hub/polling/test_settle.py",
    "hub/cli/test_processes.py",
    "hub/polling/test_polling.py",
    "simulators/test_worlds.py",
    "simulators/test_process.py",
    "certs/test_cases.py",
    "examples/test_java.py",
)
MEMORY, AMPLE = Path("/dev/shm"), 6 << 30
PLACE = {HERE / name: place for place, name in enumerate((*APART, *LONG))}


def pytest_configure(config: pytest.Config) -> None:
    gone = [str(path) for path in PLACE if not path.exists()]
    if gone:
        raise pytest.UsageError(f"tests/conftest.py names what is not there: {gone}")
    if config.getini("tmp_path_retention_policy") == "failed" and _ample():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def _ample() -> bool:
    """Is there room in memory, and memory behind it, where what tests compile may run? Linux only."""
    if not MEMORY.is_dir() or os.statvfs(MEMORY).f_flag & os.ST_NOEXEC:
        return False
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min(free, shutil.disk_usage(MEMORY).free) >= AMPLE


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: PLACE.get(item.path, len(PLACE)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """By file, those that stay apart as if they were one. (xdist 3.8 loses groups by mark.)"""
    from xdist.scheduler import LoadFileScheduling

    class Schedule(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return "apart" if file.removeprefix("tests/") in APART else file

    return Schedule(config, log) if config.getoption("dist") == "loadfile" else None
