"""Our own verbs as child processes: one ready line on stdout, a log of their own, and no life without us.

What `up`, the demo and the end-to-end tests start is started here. A child holds the reading end of
a pipe (its stdin) whose other end only this process has: however we end, also by SIGKILL, the pipe
closes and the child stops (`hub.parent`). That works wherever there are pipes.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hub.errors import HubError
from hub.parent import FLAG

_GRACE = 30.0
_READY_SECONDS = 60.0  # only against one that hangs: a machine at its limit takes long to begin
_KEPT_LINES = 1000


class NotReadyError(HubError):
    """A child ended or stayed silent; its log is named where it has one."""

    code = "child.not-ready"


class Child:
    """One `hutong` verb; `verb` is what the next start runs. With `log` its stderr is appended there."""

    def __init__(
        self, name: str, verb: list[str], *, log: Path | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.verb = verb
        self.log = log
        self.env = dict(env or {})
        self._starts: list[float] = []
        self.start()

    def start(self) -> None:
        """Run the verb (again), in a group of its own: Ctrl-C reaches us, and we decide when it goes on."""
        self._starts.append(time.monotonic())
        self._lines: queue.Queue[str | None] = queue.Queue()
        errors = self.log.open("ab") if self.log else None
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
                [sys.executable, "-m", "hub.cli.main", *self.verb],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=self.log.parent if self.log else None,
                env={**os.environ, "PYTHONIOENCODING": "utf-8", **self.env, FLAG: "stdin"},
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
        finally:
            if errors is not None:
                errors.close()
        threading.Thread(target=_drain, args=(self._process, self._lines), daemon=True).start()

    def ready(self, seconds: float = _READY_SECONDS, stop: threading.Event | None = None) -> dict[str, Any]:
        """The child's ready line; NotReadyError when it ends, stays silent, or we are asked to stop."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not (stop is not None and stop.is_set()):
            try:
                line = self._lines.get(timeout=0.1)
            except queue.Empty:
                continue
            if line is None:
                raise NotReadyError(self._why(f"未能启动,退出代码 {self.wait()}"))
            said = _ready_line(line)
            if said is not None:
                return said
            print(line, end="", file=sys.stderr)
        raise NotReadyError(self._why("未就绪"))

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
        """Ask it to finish its work and end."""
        if self.poll() is None:
            self._process.terminate()

    def kill(self) -> None:
        if self.poll() is None:
            self._process.kill()

    def wait(self) -> int:
        """Its exit code; what does not end within half a minute is killed."""
        try:
            return self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def stop(self, *, hard: bool = False) -> int:
        """End it, `hard` without a word; its exit code."""
        self.kill() if hard else self.terminate()
        return self.wait()

    def _why(self, what: str) -> str:
        if self.log is None:
            return f"{self.name} {what}"
        tail = self.log.read_text("utf-8", "replace")[-2000:]
        return f"{self.name} {what} / did not start, log {self.log}:\n{tail}"


def _drain(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    """Keep the pipe empty for the child's whole life; its first lines are looked at by `ready`."""
    if process.stdout is not None:
        with process.stdout:
            for line in process.stdout:
                lines.put(line)
                if lines.qsize() > _KEPT_LINES:
                    lines.get_nowait()
    lines.put(None)


def _ready_line(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) and value.get("ready") else None
