"""Child processes that announce themselves with one JSON line; what `up` supervises."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from typing import Any

from hub.errors import HubError

_GRACE = 30.0


class ChildError(HubError):
    """A child did not come up; the command ends with exit code 3."""

    code = "child.not-ready"


class Child:
    """One supervised process: `command` is what the next start runs."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self.command = command
        self.lines: queue.Queue[str | None] = queue.Queue()
        self._starts: list[float] = []
        self._process = self._spawn()

    def start(self) -> None:
        self._process = self._spawn()

    def poll(self) -> int | None:
        return self._process.poll()

    @property
    def pid(self) -> int:
        return self._process.pid

    def deaths(self, steady: float) -> int:
        """How many starts lie close behind each other up to now."""
        now = time.monotonic()
        count = 0
        for start in reversed(self._starts):
            if now - start > steady * (count + 1):
                break
            count += 1
        return max(0, count - 1)

    def terminate(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()

    def wait(self) -> int:
        try:
            return self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def _spawn(self) -> subprocess.Popen[str]:
        self._starts.append(time.monotonic())
        # A group of its own: Ctrl-C reaches us, and we decide when it reaches the child.
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
            self.command, stdout=subprocess.PIPE, text=True, encoding="utf-8", start_new_session=True
        )
        threading.Thread(target=self._read, args=(process,), daemon=True).start()
        return process

    def _read(self, process: subprocess.Popen[str]) -> None:
        """Keep the pipe empty for the child's whole life; its first lines are looked at by `wait_ready`."""
        if process.stdout is None:
            return
        for line in process.stdout:
            self.lines.put(line)
            if self.lines.qsize() > 1000:
                self.lines.get_nowait()
        self.lines.put(None)


def wait_ready(child: Child, seconds: float, stop: threading.Event) -> dict[str, Any]:
    """The child's ready line; ChildError when it ends or stays silent."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not stop.is_set():
        try:
            line = child.lines.get(timeout=0.2)
        except queue.Empty:
            continue
        if line is None:
            raise ChildError(f"{child.name} 未能启动,退出代码 {child.wait()}")
        try:
            value = json.loads(line)
        except ValueError:
            print(line, end="", file=sys.stderr)
            continue
        if isinstance(value, dict) and value.get("ready"):
            return value
    raise ChildError(f"{child.name} 未就绪" + ("(已要求停止)" if stop.is_set() else f"({seconds:g} 秒)"))
