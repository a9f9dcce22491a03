"""One run's systems and everything that is theirs: clock, lines, addresses, tenders.

A fleet has the world `main`; more of them (namespaces) can be forked from it, so that several runs share one
process and never meet: `/ID/…` is main's, `/~NAME/ID/…` is NAME's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simulators.clock import MovableClock
from simulators.lines import Lines, line_of
from simulators.listening import Address, Listener
from simulators.snapshots import Kept, keep, recall
from simulators.system import System
from simulators.trading import TradingDesk

MAIN = "main"


@dataclass(frozen=True, slots=True)
class WorldKept:
    """A snapshot of a world."""

    systems: dict[str, Kept]
    lines: dict[str, Any]
    clock: Any


@dataclass(slots=True)
class World:
    """Systems by id. `addresses` hold those that have a line or a port of their own."""

    name: str
    systems: dict[str, System]
    clock: MovableClock = field(default_factory=MovableClock)
    desks: dict[str, TradingDesk] = field(default_factory=dict)
    lines: Lines | None = None
    addresses: dict[str, Address] = field(default_factory=dict)
    doors: dict[str, str] = field(default_factory=dict)  # of CAs: the base of their own plain port

    @property
    def prefix(self) -> str:
        """What stands before the system's id in a path."""
        return "" if self.name == MAIN else f"~{self.name}/"

    async def open_lines(self, lines: Lines, host: str) -> dict[str, str]:
        """Open the line of every system that does not speak HTTP; those that could not, with the reason."""
        self.lines = lines
        failed: dict[str, str] = {}
        for ident, system in self.systems.items():
            if line_of(system.desk.dialect) == "http":
                continue
            try:
                self.addresses[ident] = await lines.open(system, host)
            except Exception as error:
                failed[ident] = f"line could not be opened: {type(error).__name__}: {error}"
        self.clock.moved.append(self.wake)
        return failed

    def wake(self, ident: str = "") -> None:
        """A round of one system's line, or of all, at once."""
        for name, line in self._lines():
            if ident in ("", name):
                line.wake()

    async def keep(self) -> WorldKept:
        """All state of all systems, of what lies in their tables and folders, and the clock's."""
        lines = {ident: await line.snapshot() for ident, line in self._lines()}
        return WorldKept({i: keep(s) for i, s in self.systems.items()}, lines, self.clock.keep())

    async def recall(self, kept: WorldKept) -> None:
        """Bring it back; tenders under way are no part of it and go on."""
        self.clock.recall(kept.clock)
        for ident, state in kept.systems.items():
            if ident in self.systems:
                recall(self.systems[ident], state)
        for ident, line in self._lines():
            if ident in kept.lines:
                await line.restore(kept.lines[ident])

    def _lines(self) -> list[tuple[str, Listener]]:
        return list(self.lines.open_lines.items()) if self.lines else []

    async def close(self) -> None:
        for desk in self.desks.values():
            await desk.stop()
        if self.lines is not None:
            await self.lines.close()
