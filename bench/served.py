"""The real hub as a process of its own, on data of ours: started, killed, asked."""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from hub.client import HubClient
from hub.keyring import make_demo_keys, read_keys
from hub.message import Key

SERVE = "import sys; from hub.cli.main import main; sys.exit(main(sys.argv[1:]))"
SENDER, RECEIVER = "P01", "P02"
# The others to whom a tender notice is due: systems with nobody at home, each with a lane and a breaker.
ABSENT = ("D09", "M01", "X07", "X01", "B01")


class NotReadyError(Exception):
    """The hub ended, or said nothing in time."""


class FellError(NotReadyError):
    """It killed itself at a fail point before it was ready."""


class Served:
    """One hub over `data`; the members' keys and the list of peers stand in `folder`, beside the data."""

    def __init__(self, folder: Path, data: Path, *, launcher: list[str] | None = None, **env: str) -> None:
        self.folder, self.data, self.env = folder, data, env
        self.launcher = launcher or [sys.executable, "-c", SERVE]
        self.process: subprocess.Popen[str] | None = None
        self.url = ""
        keys = folder / "keys"
        make_demo_keys(keys, ["centre", SENDER, RECEIVER], random.SystemRandom())
        self.keys = {key.owner: key for key in read_keys(keys)}

    def peers(self, port: int, absent: tuple[str, ...] = ABSENT, *, nowhere: int = 9) -> None:
        """One receiver at `port`; `absent` ones at an address where nobody listens."""
        rows = [_peer(RECEIVER, port)] + [_peer(system, nowhere) for system in absent]
        (self.folder / "peers.toml").write_text("\n".join(rows), encoding="utf-8")

    def peer(self, system: str, port: int) -> None:
        """One more system in the list."""
        path = self.folder / "peers.toml"
        path.write_text(f"{path.read_text('utf-8')}\n{_peer(system, port)}", encoding="utf-8")

    def start(self, *, patience: float = 180.0, **env: str) -> float:
        """Start and wait for the ready line; the seconds it took."""
        words = ["serve", "--data", str(self.data), "--port", "0", "--realm", "sandbox"]
        words += ["--keys", str(self.folder / "keys"), "--peers", str(self.folder / "peers.toml")]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("HUTONG_")}
        began = time.perf_counter()
        with (self.folder / "hub.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own verb
                [*self.launcher, *words],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**clean, **self.env, **env},
            )
        assert self.process.stdout is not None  # noqa: S101
        ready, _, _ = select.select([self.process.stdout], [], [], patience)
        line = self.process.stdout.readline() if ready else ""
        if not line.startswith("{"):
            if ready:  # it has let go of its end
                self.wait(5.0)
            fell = self.fallen() and self.process.returncode == -signal.SIGKILL
            self.kill()
            raise (FellError if fell else NotReadyError)(
                (self.folder / "hub.log").read_text("utf-8", "replace")[-2000:]
            )
        self.url = json.loads(line)["url"]
        return time.perf_counter() - began

    @property
    def pid(self) -> int:
        assert self.process is not None  # noqa: S101
        return self.process.pid

    def fallen(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def wait(self, seconds: float) -> None:
        """Until it ends by itself, or the time is over."""
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)

    def kill(self) -> None:
        """SIGKILL, and gone when this returns."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """A drained stop; harder when it will not end."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(25)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None

    def client(self, owner: str = SENDER) -> HubClient:
        return HubClient(self.url, self.keys[owner], timeout=10.0)

    @property
    def key(self) -> Key:
        return self.keys[SENDER]

    def __enter__(self) -> Served:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


def _peer(system: str, port: int) -> str:
    credentials: Mapping[str, str] = {
        "key_id": "hub-1", "alg": "hmac-sm3", "secret": "0123456789abcdef", "realm": "sandbox",
        "username": "hub", "password": "of-no-use", "token": "of-no-use",
    }  # fmt: skip
    rows = [f'{name} = "{value}"' for name, value in credentials.items()]
    return "\n".join(
        [
            f"[systems.{system}]",
            f'base = "http://127.0.0.1:{port}"',
            f"[systems.{system}.credentials]",
            *rows,
            "",
        ]
    )
