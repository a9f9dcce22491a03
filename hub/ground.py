"""What every part of a hub stands on: settings, clock and chance, tables, keys, the open store."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from hub import catalogue, standard
from hub.chance import Portions
from hub.durable import settle_folder
from hub.evidence.ring import Ring, open_ring
from hub.failpoints import FailPoints
from hub.identifiers import make_hub_id
from hub.index.tokens import Tokens, open_tokens
from hub.journal.port import Reading
from hub.journal.sqlite import FILE, SqliteReading, SqliteStore
from hub.journal.vault import open_vault
from hub.registry import Registry
from hub.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ground:
    """`reading` belongs to the loop, `sealing` to the sealer."""

    settings: Settings
    clock: Callable[[], datetime]
    rng: Any
    tables: standard.Standard
    systems: catalogue.Catalogue
    tokens: Tokens
    ring: Ring
    failpoints: FailPoints
    store: SqliteStore
    reading: SqliteReading
    sealing: SqliteReading
    members: Members
    new_id: Callable[[], str]


class Members:
    """The registry in memory, looked at for every message and renewed with every event."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.current = Registry(reading.index.members())

    def online(self, system: str) -> bool:
        return self.current.online(system)

    def refresh(self) -> None:
        self.current = Registry(self._reading.index.members())


def lay(settings: Settings, clock: Callable[[], datetime], rng: Any) -> Ground:
    """Open the data directory, or make it."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    _close(settings.data)
    settle_folder(settings.data.parent)
    failpoints = FailPoints(settings.failpoints, realm=settings.realm)
    tables, systems = standard.load(), catalogue.installed(settings.data)
    tokens = open_tokens(settings.data / "index.key", rng.randbytes)
    ring = open_ring(settings.data, realm=settings.realm)
    store = _open_store(settings, rng, failpoints)
    reading, portions = store.reader(), Portions(rng.randbytes)
    return Ground(
        settings, clock, rng, tables, systems, tokens, ring, failpoints, store, reading, store.reader(),
        Members(reading), lambda: make_hub_id(clock, portions),
    )  # fmt: skip


def _close(folder: Path) -> None:
    """Others on the machine may not look in: how many rows and files there are is how many have bid."""
    mode = folder.stat().st_mode & 0o777
    if not mode & 0o007:
        return
    try:
        folder.chmod(mode & 0o770)
    except PermissionError:
        log.error("%s is open to everybody on this machine, and not ours to close", folder)


def _open_store(settings: Settings, rng: Any, failpoints: FailPoints) -> SqliteStore:
    journal = settings.data / FILE
    portions = Portions(rng.randbytes)
    vault = open_vault(settings.data / "journal.key", portions, new=not journal.exists())
    return SqliteStore(journal, salt=portions, vault=vault, failpoints=failpoints)
