"""Who speaks with each system: its dialect over its wire, made when first needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub import catalogue
from hub.catalogue.papers import Papers
from hub.delivery.attempt import Caller
from hub.delivery.limits import limits
from hub.delivery.transport import Peers, Transport
from hub.failpoints import FailPoints
from hub.files.enclosed import Enclosures
from hub.ports import Dialect


@dataclass(slots=True)
class Callers:
    """One speaker for each system, made when first needed; they keep sessions, so there is only one."""

    systems: catalogue.Catalogue
    dialects: Mapping[str, Dialect]
    carrier: Transport
    peers: Peers
    clock: Callable[[], datetime]
    rng: Any
    failpoints: FailPoints
    ceiling: float
    enclosing: Enclosures | None = None
    _made: dict[str, Caller] = field(default_factory=dict)

    def of(self, system: str) -> Caller | None:
        """None for a system that is not listed or whose dialect nobody speaks."""
        if system not in self._made:
            row = self.systems.by_id.get(system)
            dialect = self.dialects.get(row.dialect) if row else None
            if row is None or dialect is None:
                return None
            self._made[system] = Caller(
                row, dialect, self.carrier, self.peers, self.clock, lambda: self.rng.randbytes(16).hex(),
                self.failpoints, limits=limits(_stated(self.systems, row.dialect), self.ceiling),
                enclosing=self.enclosing,
            )  # fmt: skip
        return self._made[system]

    def renew(self, systems: catalogue.Catalogue, ceiling: float) -> None:
        """Those for whom nothing changed keep their sessions, the others are made anew when needed."""
        same = ceiling == self.ceiling
        self._made = {
            name: made
            for name, made in self._made.items()
            if same and systems.by_id.get(name) == self.systems.by_id.get(name)
        }
        self.systems, self.ceiling = systems, ceiling


def _stated(systems: catalogue.Catalogue, dialect: str) -> Mapping[str, Any]:
    """The limits in a dialect's papers; none where no papers are issued."""
    if dialect not in systems.with_papers():
        return {}
    stated: Mapping[str, Any] = Papers.load(dialect).facts.get("limits", {})
    return stated
