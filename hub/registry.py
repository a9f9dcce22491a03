"""Who is a member, and in which state: the registry as folded from chained events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

ONLINE = "online"
NONE = "none"
ADMITTED_ONE_BY_ONE = frozenset({"T01", "T02", "T03", "T04", "T05"})


def inheritance(systems: Iterable[str]) -> tuple[str, dict[str, Any]]:
    """The event at the first start: who was connected before goes on, the market's five must be admitted."""
    known = [system for system in systems if system not in ADMITTED_ONE_BY_ONE]
    return "onboarding.inherit", {"step": "inherit", "systems": known, "state": ONLINE}


class Registry:
    """A look at the members at one moment."""

    def __init__(self, members: Mapping[str, tuple[str, Mapping[str, Any]]]) -> None:
        self._members = members

    def member_state(self, system: str) -> str:
        """`none` for a system nobody ever admitted."""
        return self._members[system][0] if system in self._members else NONE

    def online(self, system: str) -> bool:
        return self.member_state(system) == ONLINE

    def record(self, system: str) -> dict[str, Any] | None:
        """Application data as the desk recorded it, None when there is none."""
        return dict(self._members[system][1]) if system in self._members else None

    def records(self) -> list[dict[str, Any]]:
        return [dict(data) for _, data in self._members.values()]
