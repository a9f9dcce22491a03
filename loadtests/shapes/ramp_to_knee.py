"""找拐点: the rate grows by half at each step, until latency or errors leave the line."""

from __future__ import annotations

from loadtests.shapes.ordinary import acts
from loadtests.shapes.shape import Phase, Shape

STEPS = 6
GROWTH = 1.5


def phases(seconds: float, rate: float, _stages: int) -> tuple[Phase, ...]:
    """`rate` is the first step's; every step lasts the same."""
    each = seconds / STEPS
    return tuple(Phase(f"step-{step + 1}", each, rate * GROWTH**step) for step in range(STEPS))


SHAPE = Shape(
    id="ramp-to-knee",
    zh="找拐点:到达率逐级增加一半",
    en="ramp to the knee: each step half as fast again",
    profile="P2",
    users=200,
    seconds=60.0,
    rate=20.0,
    spacing="random",
    phases=phases,
    acts=acts,
)
