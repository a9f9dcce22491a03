"""One run's systems and everything that is theirs: clock, lines, addresses, tenders.

A fleet has the world `main`; more of them (namespaces) can be forked from it, so that several runs share one
process and never meet: `/ID/…` is main's, `/~NAME/ID/…` is NAME's.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from simulators.clock import MovableClock
from simulators.lines import Lines, line_of
from simulators.listening import Address
from simulators.system import System
from simulators.trading import TradingDesk

MAIN = "main"


@dataclass(slots=True)
class World:
    """Systems by id. `addresses` hold those that have a line or a port of their own."""

    name: str
    systems: dict[str, System]
    clock: MovableClock = field(default_factory=MovableClock)
    desks: dict[str, TradingDesk] = field(default_factory=dict)
    lines: Lines | None = None
    addresses: dict[str, Address] = field(default_factory=dict)

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
        for name, line in (self.lines.open_lines if self.lines else {}).items():
            if ident in ("", name):
                line.wake()

    async def close(self) -> None:
        for desk in self.desks.values():
            await desk.stop()
        if self.lines is not None:
            await self.lines.close()
