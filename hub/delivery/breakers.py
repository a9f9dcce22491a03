"""One breaker for each system, whoever calls it: deliveries and questions learn from one another.

Each is a pair. The one that counts is judged by every call; the one that is told (`shown`) by calls that
anybody may know of, or trouble with something sealed would show that there is something.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hub.delivery.breaker import Breaker
from hub.ports import Blame, Kind, Outcome

DONE = frozenset({Kind.DELIVERED, Kind.DUPLICATE})


@dataclass(frozen=True, slots=True)
class Pair:
    """`now` in seconds, by the clock that lanes use too."""

    breaker: Breaker
    shown: Breaker
    now: Callable[[], float]

    def allows(self) -> bool:
        return self.breaker.allows(self.now())

    def judge(self, outcome: Outcome, *, shown: bool) -> None:
        """What a call told of the system; one that tells nothing only gives back its leave."""
        troubled = outcome.kind in {Kind.RETRY, Kind.UNKNOWN} and outcome.blame in {
            Blame.NETWORK,
            Blame.RECEIVER,
        }
        for one in (self.breaker, self.shown) if shown else (self.breaker,):
            if troubled:
                one.failed(self.now())
            elif outcome.kind in DONE or outcome.kind is Kind.REFUSED:
                one.passed()
            else:
                one.withdrawn()


@dataclass(slots=True)
class Breakers:
    """Pairs by system, made when first asked for; failures and pause may change while running."""

    failures: int
    pause: float
    now: Callable[[], float]
    _pairs: dict[str, Pair] = field(default_factory=dict)

    def of(self, system: str) -> Pair:
        if system not in self._pairs:
            one, shown = (Breaker(self.failures, self.pause) for _ in range(2))
            self._pairs[system] = Pair(one, shown, self.now)
        return self._pairs[system]

    def renew(self, failures: int, pause: float) -> None:
        self.failures, self.pause = failures, pause
        for pair in self._pairs.values():
            for one in (pair.breaker, pair.shown):
                one.failures, one.pause = failures, pause
