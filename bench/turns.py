"""Taking turns: ways of doing the same work, measured side by side so that neighbours hit all alike."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Way:
    """One way, what it is given, and the seconds that one piece took in each round. `before` runs ahead of
    every piece and is not counted (forgetting what was remembered). A wrong answer has no speed."""

    name: str
    call: Callable[[Any], bool]
    pieces: Sequence[Any]
    before: Callable[[], object] | None = None
    rounds: list[float] = field(default_factory=list)

    def run(self) -> None:
        spent, clock = 0.0, time.perf_counter
        for piece in self.pieces:
            if self.before is not None:
                self.before()
            began = clock()
            good = self.call(piece)
            spent += clock() - began
            if not good:
                raise AssertionError(f"{self.name}: refuses what is sound")
        self.rounds.append(spent / len(self.pieces))

    @property
    def rate(self) -> float:
        """Pieces a second at the best round."""
        return round(1 / min(self.rounds), 1)


def take_turns(ways: Sequence[Way], rounds: int, beside: Callable[[], object] | None = None) -> None:
    """A round that does not count, then the others; `beside` is measured in another way, once a round. What
    stands by then is put out of the garbage collector's sight, as in a server that has started."""
    gc.collect()
    gc.freeze()
    for turn in range(rounds + 1):
        for way in ways:
            way.run()
            if turn == 0:
                way.rounds.clear()
        if beside is not None and turn > 0:
            beside()


def ratio(fast: Way, slow: Way) -> float:
    """How many times as fast the first is: the median over what stood side by side."""
    pairs = zip(slow.rounds, fast.rounds, strict=True)
    return round(statistics.median(one / other for one, other in pairs), 2)
