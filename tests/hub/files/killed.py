"""A hub process of its own that can be killed, and big files made from a seed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from hub.client import HubClient
from hub.keyring import make_demo_keys, read_keys

OWNER = "P01"  # online from the start in a sandbox
MIB = 2**20


class Served:
    """`hutong serve` on a data directory. `memory` is the highest resident size it has had, in MiB."""

    def __init__(self, data: Path, *, failpoints: str = "", **settings: object) -> None:
        if not (data / "keys").exists():
            make_demo_keys(data / "keys", (OWNER,), random.Random(1))
        env = {f"HUTONG_{name.upper()}": str(value) for name, value in settings.items()}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hub.cli.main", "serve", "--data", str(data), "--port", "0"],
            env={**os.environ, "HUTONG_FILE_RESERVE": "0", "HUTONG_FAILPOINTS": failpoints, **env},
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the hub did not start"
        self.url = str(json.loads(line)["url"])
        self.key = next(key for key in read_keys(data / "keys") if key.owner == OWNER)

    def client(self) -> HubClient:
        return HubClient(self.url, self.key, timeout=60)

    @property
    def memory(self) -> float:
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmHWM")) / 1024

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def killed(self) -> bool:
        """Wait until it has killed itself."""
        return self.process.wait(timeout=60) == -signal.SIGKILL

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


def pieces(size: int, seed: int) -> Iterator[bytes]:
    """`size` MiB that do not compress and are the same for a seed."""
    rng = random.Random(seed)
    for _ in range(size):
        yield rng.randbytes(MIB)


def write(path: Path, size: int, seed: int) -> None:
    with path.open("wb") as file:
        for piece in pieces(size, seed):
            file.write(piece)


def kill_at(served: Served, share: float, total: int) -> tuple[threading.Event, object]:
    """A listener for `put_file` that kills the hub once so much has come."""
    done = threading.Event()

    def told(come: int, _: int) -> None:
        if come >= share * total and not done.is_set():
            done.set()
            served.kill()

    return done, told
