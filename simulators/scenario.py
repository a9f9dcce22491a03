"""A scenario: which systems, which faults, when, which seed; a TOML file, checked before anything starts.

    zh = "夜间批处理与一次断线"
    seed = 7
    systems = ["M01", "D09"]            # all if not given
    clock = "2026-11-22T22:59:00+08:00" # and `frozen = true` to stop it there
    strict = 0.02                       # rate of common faults, 0 if not given

    [[fault]]
    system = "M01"                      # or a list; or `dialect = "soap11-wsse"`
    name = "busy"
    after = "30s"                       # of the scenario's clock, since the start; or `at` = a moment
    until = "5m"                        # lifted then
    times = 3                           # 0: until lifted
    skip = 1
    match = {path = "/push"}
    args = {}

    [[move]]                            # the clock jumps
    after = "10s"
    set = "+1d"

Times are of the movable clock, so the same scenario plays in a minute or in a day.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hub.message import CST
from simulators.clock import MovableClock, step
from simulators.faults import UnknownFaultError
from simulators.system import System

_TOP = frozenset({"zh", "seed", "systems", "clock", "frozen", "strict", "fault", "move"})
_FAULT = frozenset({"system", "dialect", "name", "after", "at", "until", "times", "skip", "match", "args"})
_MOVE = frozenset({"after", "at", "set"})


class ScenarioError(ValueError):
    """The file says something that cannot be played; the text names the place."""


@dataclass(frozen=True, slots=True)
class When:
    """A moment: absolute, or so long after the start."""

    after: timedelta = timedelta()
    at: datetime | None = None

    def of(self, start: datetime) -> datetime:
        return self.at if self.at is not None else start + self.after


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault to be armed, for these systems or those of a dialect."""

    name: str
    systems: tuple[str, ...]
    dialect: str
    begin: When
    end: When | None
    times: int | None = 1
    skip: int = 0
    match: Mapping[str, str] = field(default_factory=dict)
    args: Mapping[str, object] = field(default_factory=dict)

    def concerns(self, system: System) -> bool:
        if self.dialect:
            return system.desk.dialect == self.dialect
        return system.desk.id in self.systems


@dataclass(frozen=True, slots=True)
class Scenario:
    """A file, read."""

    zh: str = ""
    seed: int | None = None
    systems: tuple[str, ...] = ()
    clock: str = ""
    frozen: bool = False
    strict: float = 0.0
    faults: tuple[Planned, ...] = ()
    moves: tuple[tuple[When, str], ...] = ()

    def set_clock(self, clock: MovableClock) -> None:
        if self.frozen:
            clock.set("freeze")
        if self.clock:
            clock.set(self.clock)


class Play:
    """A scenario under way: `tick` does what is due by the clock, in the order of its moments."""

    def __init__(self, scenario: Scenario, systems: Mapping[str, System], clock: MovableClock) -> None:
        self._clock, self._systems = clock, systems
        start = clock()
        due: list[tuple[datetime, int, Any]] = []
        for number, planned in enumerate(scenario.faults):
            due.append((planned.begin.of(start), number, planned))
            if planned.end is not None:
                due.append((planned.end.of(start), number, planned.name))
        due += [(when.of(start), len(due), ("move", text)) for when, text in scenario.moves]
        self._planned = scenario.faults
        self._due = sorted(due, key=lambda each: each[:2])

    @property
    def over(self) -> bool:
        return not self._due

    def tick(self) -> None:
        while self._due and self._due[0][0] <= self._clock():
            _, number, what = self._due.pop(0)
            if isinstance(what, tuple):
                self._clock.set(what[1])
            elif isinstance(what, str):
                for system in self._of(self._planned[number]):
                    system.faults.lift(what)
            else:
                for system in self._of(what):
                    system.faults.arm(
                        what.name, times=what.times, match=what.match, args=what.args, skip=what.skip
                    )

    def _of(self, planned: Planned) -> Iterable[System]:
        return [system for system in self._systems.values() if planned.concerns(system)]

    def check(self) -> None:
        """Can everything be armed that is planned? Raises ScenarioError before the first call comes."""
        for planned in self._planned:
            concerned = list(self._of(planned))
            if not concerned:
                raise ScenarioError(f"[[fault]] {planned.name}: no such system runs here")
            for system in concerned:
                try:
                    system.faults.could(planned.name, planned.args)
                except (UnknownFaultError, ValueError) as error:
                    raise ScenarioError(f"[[fault]] {planned.name} at {system.desk.id}: {error}") from error


def read(path: Path) -> Scenario:
    """The scenario of a file; raises ScenarioError naming what is wrong with it."""
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ScenarioError(f"{path}: {error}") from error
    try:
        return parse(told)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ScenarioError(f"{path}: {error}") from error


def parse(told: Mapping[str, Any]) -> Scenario:
    """A scenario of values; raises ValueError and the like."""
    _only(told, _TOP, "the scenario")
    return Scenario(
        str(told.get("zh", "")),
        int(told["seed"]) if "seed" in told else None,
        tuple(str(one) for one in told.get("systems", ())),
        str(told.get("clock", "")),
        bool(told.get("frozen", False)),
        float(told.get("strict", 0.0)),
        tuple(_planned(one) for one in told.get("fault", ())),
        tuple((_when(one), str(one["set"])) for one in told.get("move", ()) if _only(one, _MOVE, "[[move]]")),
    )


def _planned(told: Mapping[str, Any]) -> Planned:
    _only(told, _FAULT, "[[fault]]")
    named = told.get("system", ())
    systems = (named,) if isinstance(named, str) else tuple(str(one) for one in named)
    dialect = str(told.get("dialect", ""))
    if bool(systems) == bool(dialect):
        raise ValueError("[[fault]] says either system or dialect")
    end = told.get("until")
    times = int(told.get("times", 1)) or None
    match = {str(name): str(value) for name, value in told.get("match", {}).items()}
    until = (
        _when({"after": end} if isinstance(end, str) and step(f"+{end}") else {"at": end}) if end else None
    )
    return Planned(
        str(told["name"]), systems, dialect, _when(told), until, times, int(told.get("skip", 0)), match,
        dict(told.get("args", {})),
    )  # fmt: skip


def _when(told: Mapping[str, Any]) -> When:
    if "at" in told:
        moment = told["at"] if isinstance(told["at"], datetime) else datetime.fromisoformat(str(told["at"]))
        return When(at=moment if moment.tzinfo else moment.replace(tzinfo=CST))
    text = str(told.get("after", ""))
    width = step(f"+{text}") if text else timedelta()
    if width is None:
        raise ValueError(f"after = {text!r}: 30s, 5m, 2h, 1d")
    return When(width)


def _only(told: Mapping[str, Any], known: frozenset[str], where: str) -> bool:
    unknown = sorted(set(told) - known)
    if unknown:
        raise ValueError(f"{where} has no {', '.join(unknown)}; it has {', '.join(sorted(known))}")
    return True
