"""One hub and one fleet of simulated systems, as child processes on free ports in one folder."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from queue import Empty, Queue
from types import TracebackType
from typing import Any

from hub.catalogue import load as load_catalogue
from hub.errors import HubError
from hub.keyring import make_demo_keys

READY_WITHIN = 30.0


class NotReadyError(HubError):
    """A child ended or stayed silent; its log is named."""

    code = "demo.not-ready"


class Child:
    """One `hutong` verb as a process: its ready line as JSON, everything else in its log."""

    def __init__(self, verb: list[str], log: Path, env: dict[str, str]) -> None:
        self.log = log
        self._lines: Queue[str] = Queue()
        with log.open("ab") as errors:
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and verb
                [sys.executable, "-m", "hub.cli.main", *verb],
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=log.parent,
                env={**os.environ, "PYTHONIOENCODING": "utf-8", **env},
                text=True,
                encoding="utf-8",
                errors="replace",
            )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None  # noqa: S101 - PIPE above
        for line in self.process.stdout:
            self._lines.put(line)

    def ready(self) -> dict[str, Any]:
        """The first JSON line with `ready`; NotReadyError when the child ends or stays silent."""
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until:
            try:
                line = self._lines.get(timeout=0.1)
            except Empty:
                if self.process.poll() is not None:
                    break
                continue
            if line.startswith("{") and '"ready"' in line:
                found: dict[str, Any] = json.loads(line)
                return found
        tail = self.log.read_text("utf-8", "replace")[-2000:]
        raise NotReadyError(f"{self.log.stem} 未能启动 / did not start, log {self.log}:\n{tail}")

    def stop(self, *, hard: bool = False) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL if hard else signal.SIGTERM)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class World:
    """Start with `with World(folder, ...) as world`; the hub may be killed and started again at its port."""

    def __init__(
        self, folder: Path, *, systems: str = "all", seed: int = 1, hub_env: dict[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.systems = systems
        self.seed = seed
        self.hub_env = hub_env or {}
        self.keys = folder / "keys"
        self.peers = folder / "peers.toml"
        self.url = f"http://127.0.0.1:{free_port()}"
        self.base = ""
        self.management = ""
        self.simulated: list[str] = []
        self._hub: Child | None = None
        self._sims: Child | None = None

    def __enter__(self) -> World:
        self.folder.mkdir(parents=True, exist_ok=True)
        owners = [system.id for system in load_catalogue().systems]
        make_demo_keys(self.keys, [*owners, "centre", "hub"], random.SystemRandom())
        try:
            self.start_hub()
            self.start_simulators()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start_hub(self, env: dict[str, str] | None = None) -> None:
        port = self.url.rsplit(":", 1)[1]
        verb = ["serve", "--data", str(self.folder), "--port", port, "--peers", str(self.peers)]
        self._hub = Child([*verb, "--realm", "sandbox"], self._log("hub"), {**self.hub_env, **(env or {})})
        self._hub.ready()

    def start_simulators(self) -> None:
        verb = ["sim", "up", "--systems", self.systems, "--hub", self.url, "--keys", str(self.keys)]
        verb += ["--peers", str(self.peers), "--seed", str(self.seed)]
        self._sims = Child(verb, self._log("simulators"), {})
        said = self._sims.ready()
        self.base = said["base"]
        self.management = said["management"]
        self.simulated = list(said["systems"])

    @property
    def hub(self) -> Child:
        if self._hub is None:
            raise NotReadyError("hub not started")
        return self._hub

    def stop(self) -> None:
        for child in (self._hub, self._sims):
            if child is not None:
                child.stop()

    def logs(self) -> Iterable[Path]:
        return (self.folder / "logs").glob("*.log")

    def _log(self, name: str) -> Path:
        (self.folder / "logs").mkdir(exist_ok=True)
        return self.folder / "logs" / f"{name}.log"


def free_port() -> int:
    """A port nobody listens on now; the hub must come back at the same one after a kill."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
