"""Child processes: ready or named with their log, and none outlives the one that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hub.children import Child, NotReadyError
from hub.settings import load

pytestmark = pytest.mark.e2e
PARENT = """
import sys
from pathlib import Path
from hub.children import Child
child = Child("hub", ["serve", "--data", sys.argv[1], "--port", "0"], log=Path(sys.argv[1]) / "hub.log")
print(child.ready()["url"], child.pid, flush=True)
sys.stdin.read()
"""


def gone(pid: int, seconds: float = 60.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_ends_with_its_parent_however_that_ends(tmp_path: Path, how: signal.Signals) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline().split()[1])
    os.kill(pid, 0)
    parent.send_signal(how)
    assert parent.wait(60) == -how
    assert gone(pid)
    parent.communicate()


def test_without_a_parent_stdin_means_nothing(tmp_path: Path) -> None:
    alone = subprocess.Popen(
        [sys.executable, "-m", "hub.cli.main", "serve", "--data", str(tmp_path), "--port", "0"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert alone.stdout is not None
    assert '"ready"' in alone.stdout.readline()
    time.sleep(0.3)
    assert alone.poll() is None
    alone.terminate()
    assert alone.wait(60) == 0
    alone.communicate()


def test_what_does_not_start_is_told_with_its_log(tmp_path: Path) -> None:
    child = Child("hub", ["serve", "--config", "/nowhere.toml"], log=tmp_path / "hub.log")
    with pytest.raises(NotReadyError) as told:
        child.ready()
    assert "nowhere" in told.value.detail
    assert str(tmp_path / "hub.log") in told.value.detail
    assert child.poll() == 3


def test_a_child_can_be_killed_and_started_again_at_its_place(tmp_path: Path) -> None:
    log = tmp_path / "hub.log"
    child = Child("hub", ["serve", "--data", str(tmp_path), "--port", "0"], log=log)
    try:
        child.verb[-1] = child.ready()["url"].rsplit(":", 1)[1]
        assert child.stop(hard=True) == -signal.SIGKILL
        child.start()
        assert child.ready()["url"].endswith(child.verb[-1])
        assert child.deaths(30.0) == 1
    finally:
        assert child.stop() == 0


def test_the_flag_is_no_setting_of_the_hub() -> None:
    assert load(env={"HUTONG_PARENT_PIPE": "stdin"}).settings.port == 8700
