"""One hub and one fleet of simulated systems, as child processes on free ports in one folder."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from hub.catalogue import load as load_catalogue
from hub.children import Child, NotReadyError
from hub.keyring import make_demo_keys


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
        self.missing: dict[str, str] = {}  # systems that could not be started, with the reason
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
        more = {"HUTONG_HEAD_PULSE": "1", **self.hub_env, **(env or {})}
        self._hub = Child("hub", [*verb, "--realm", "sandbox"], log=self._log("hub"), env=more)
        self._hub.ready()

    def start_simulators(self) -> None:
        verb = ["sim", "up", "--systems", self.systems, "--hub", self.url, "--keys", str(self.keys)]
        # Shown at any hour: at night the bank and two databases would be shut.
        verb += ["--peers", str(self.peers), "--seed", str(self.seed), "--sleepless"]
        self._sims = Child("simulators", verb, log=self._log("simulators"))
        said = self._sims.ready()
        self.base = said["base"]
        self.management = said["management"]
        self.simulated = list(said["systems"])
        self.missing = dict(said["cannot_start"])

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
