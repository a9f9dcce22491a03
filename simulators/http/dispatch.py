"""From a path to a system: one look into a table, no patterns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from simulators.serving import Clock
from simulators.system import System
from simulators.world import World


class Found(NamedTuple):
    """Whose path it is: `prefix` is what belongs to the address, `rest` what the system sees."""

    system: System
    clock: Clock
    prefix: str
    rest: str


class Dispatch:
    """`/ID/rest` and `/~WORLD/ID/rest`; everything else is nobody's. Worlds may come and go."""

    def __init__(self) -> None:
        self._at: dict[str, tuple[System, Clock]] = {}
        self._alone: tuple[System, Clock] | None = None

    @classmethod
    def alone(cls, system: System, clock: Clock) -> Dispatch:
        """All paths are one system's: a listener of its own."""
        only = cls()
        only._alone = (system, clock)
        return only

    def add(self, world: World, idents: Iterable[str]) -> None:
        for ident in idents:
            self._at[f"{world.prefix}{ident}"] = (world.systems[ident], world.clock)

    def remove(self, world: World) -> None:
        for ident in world.systems:
            self._at.pop(f"{world.prefix}{ident}", None)

    def find(self, path: str) -> Found | None:
        if self._alone is not None:
            return Found(*self._alone, "", path)
        end = path.find("/", 1)
        if path.startswith("/~") and end > 0:
            end = path.find("/", end + 1)
        prefix = path if end < 0 else path[:end]
        held = self._at.get(prefix[1:])
        return None if held is None else Found(*held, prefix, path[end:] if end > 0 else "/")
