"""Which faults are armed at one system: each with what it matches and how often it still happens."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from hub.catalogue.papers import Papers
from simulators.faults import bending, cutting, mood, place, replacing, timing
from simulators.faults.act import AS_USUAL, Act
from simulators.faults.table import Fault, faults, number
from simulators.wire import Request

MECHANISMS: Mapping[str, Callable[[Fault], Act]] = {
    "delay": timing.act,
    "cut": cutting.act,
    "replace": replacing.act,
    "bend": bending.act,
    "mood": mood.act,
    "twice": mood.twice,
    "place": place.act,
}
# What a fault of all dialects can mean on a line that is not HTTP: rows and files have no bytes to spoil.
ON_LINES: Mapping[str, frozenset[str]] = {
    "http": frozenset(MECHANISMS) - {"place"},
    "tcp": frozenset({"delay", "cut", "bend", "twice"}),
    "rows": frozenset({"delay", "cut", "twice", "place"}),
    "files": frozenset({"delay", "cut", "twice", "place"}),
    "steps": frozenset({"delay", "cut", "twice", "place"}),
}


# What real systems do on an ordinary day; each is one a sender must survive without loss or repetition.
CHAOS = (
    "slow",
    "drop-before-effect",
    "drop-after-effect",
    "http-500-after-effect",
    "http-503",
    "html-200",
    "truncate",
)


CA = "ca"  # in the column of dialects: whoever issues certificates, whatever he speaks

# calls that only fetch what the next one needs: moods pass them by
ERRANDS: Mapping[str, str] = {"token-sm4": "/getToken", "scan-oauth": "/oauth/token"}


_EFFECTIVE = frozenset({"POST", "TCP", "ROWS", "FILES"})


class UnknownFaultError(ValueError):
    """No such fault, or not one of this dialect; the text offers the nearest names."""


@dataclass(slots=True)
class Armed:
    """One fault waiting for its call. `left` None means until it is lifted; `skip` calls pass first.

    A fault of a place does not wait: it stands, `until` that moment of the loop's clock if it has `seconds`.
    """

    fault: Fault
    act: Act
    left: int | None
    skip: int = 0
    match: Mapping[str, str] = field(default_factory=dict)
    until: float | None = None

    @property
    def stands(self) -> bool:
        return self.fault.mechanism == "place"

    def fits(self, request: Request) -> bool:
        """Every entry of `match` must hold: method equal; path, query and body contain the text. A fault with
        a place of its own (`at`) happens there only."""
        return self.fault.args.get("at", "") in request.target and all(
            request.method == text
            if part == "method"
            else text.encode("utf-8") in request.body
            if part == "body"
            else text in request.target
            for part, text in self.match.items()
        )

    def shown(self) -> dict[str, Any]:
        return {
            "name": self.fault.name,
            "mechanism": self.fault.mechanism,
            "times": self.left,
            "skip": self.skip,
            "match": dict(self.match),
            "zh": self.fault.zh,
        }


class FaultPlan:
    """The armed faults of one system, oldest first; one fault per call.

    With `chaos` a call that no armed fault meets suffers one of CHAOS at that rate, by the given
    chance: a peer that only ever sees the happy path is not ready for real systems.
    """

    def __init__(
        self,
        dialect: str,
        *,
        chaos: float = 0.0,
        rng: Random | None = None,
        variant: str = "",
        line: str = "http",
        role: str = "",
    ) -> None:
        self._dialect, self._variant, self._line, self._role = dialect, variant, line, role
        self.ways: frozenset[str] = frozenset()  # of `place`: what this system's tables or folders can suffer
        self._armed: list[Armed] = []
        self._chaos = chaos if rng is not None else 0.0
        self._rng = rng or Random(0)  # noqa: S311 - which fault, not which secret
        self._common = [n for n in CHAOS if faults()[n].mechanism in ON_LINES[line]] if self._chaos else []

    def arm(
        self,
        name: str,
        *,
        times: int | None = 1,
        match: Mapping[str, str] | None = None,
        args: Mapping[str, object] | None = None,
        skip: int = 0,
    ) -> Armed:
        """Raises UnknownFaultError for a name the table or the dialect does not have."""
        fault = self.could(name, args or {})
        armed = Armed(fault, MECHANISMS[fault.mechanism](fault), times, skip, dict(match or {}))
        self._armed.append(armed)
        return armed

    def could(self, name: str, args: Mapping[str, object]) -> Fault:
        """The fault of that name as this system would have it; raises UnknownFaultError as `arm` does."""
        fault = known(name, self._dialect, self._variant, self._line, self._role).with_args(args)
        if fault.mechanism == "place" and fault.args.get("way") not in self.ways:
            able = ", ".join(sorted(self.ways)) or "nothing"
            raise UnknownFaultError(f"{name}: the places of this system can suffer {able}")
        return fault

    def next(self, request: Request) -> tuple[str, Act]:
        """The fault that happens to this call (and uses up one of its times), or nothing."""
        if not self._armed and not self._chaos:
            return "", AS_USUAL
        for armed in self._armed:
            if armed.stands or not armed.fits(request) or self._spares(armed, request):
                continue
            if armed.skip:
                armed.skip -= 1
                continue
            if armed.left is not None:
                armed.left -= 1
                if armed.left <= 0:
                    self._armed.remove(armed)
            return armed.fault.name, armed.act
        if self._chaos and request.method in _EFFECTIVE and self._rng.random() < self._chaos:
            fault = faults()[self._rng.choice(self._common)]
            return fault.name, MECHANISMS[fault.mechanism](fault)
        return "", AS_USUAL

    def standing(self, now: float) -> frozenset[str]:
        """The ways in which the places of this system suffer; what has had its `seconds` is disarmed."""
        if not self._armed:
            return frozenset()
        for armed in [armed for armed in self._armed if armed.stands]:
            seconds = number(armed.fault, "seconds")
            if seconds and armed.until is None:
                armed.until = now + seconds
            if armed.until is not None and now >= armed.until:
                self._armed.remove(armed)
        return frozenset(armed.fault.args["way"] for armed in self._armed if armed.stands)

    def _spares(self, armed: Armed, request: Request) -> bool:
        """A dialect's own fault waits for the call it is about, not for the errand before it (a token)."""
        errand = ERRANDS.get(self._dialect)
        return armed.fault.mechanism == "mood" and errand is not None and request.path.endswith(errand)

    def lift(self, name: str | None = None) -> int:
        """Disarm all faults, or those of one name; how many."""
        before = len(self._armed)
        self._armed = [armed for armed in self._armed if name is not None and armed.fault.name != name]
        return before - len(self._armed)

    def shown(self) -> list[dict[str, Any]]:
        return [armed.shown() for armed in self._armed]


def known(name: str, dialect: str, variant: str = "", line: str = "http", role: str = "") -> Fault:
    """The fault of that name, if this dialect (or variant: `dialect/variant`), on this line, can have it, or
    a system in this role whatever it speaks."""
    table = faults()
    if name not in table:
        near = ", ".join(difflib.get_close_matches(name, list(table), n=3)) or "hutong sim behaviours"
        raise UnknownFaultError(f"no fault {name!r}; nearest: {near}")
    fault = table[name]
    if fault.dialects and fault.dialects.isdisjoint({dialect, f"{dialect}/{variant}", role or dialect}):
        raise UnknownFaultError(f"{name} is a fault of {', '.join(sorted(fault.dialects))}, not of {dialect}")
    if not fault.dialects and fault.mechanism not in ON_LINES[line]:
        if any(row.fault == name for row in Papers.load(dialect).expected):
            return replace(fault, mechanism="mood", args={})  # its papers know a meaning of their own
        raise UnknownFaultError(f"{name} ({fault.mechanism}) cannot happen on a line of {line}")
    return fault
