"""From bytes to a message worth keeping: pure steps in one order, each its own reason to say no."""

from __future__ import annotations

from hub.pipeline import bytes as _bytes
from hub.pipeline.check import check
from hub.pipeline.exchange import Exchange, Step, World
from hub.pipeline.member import member
from hub.pipeline.repeat import repeat
from hub.pipeline.signature import signature
from hub.pipeline.window import window

STEPS: tuple[Step, ...] = (
    _bytes.size, _bytes.text, _bytes.realm, member, signature, repeat, check, window,
)  # fmt: skip

__all__ = ["STEPS", "Exchange", "World", "run"]


def run(exchange: Exchange, world: World, steps: tuple[Step, ...] = STEPS) -> Exchange:
    """Pass the steps until one answers. No answer at the end means: keep it (or it is `known`)."""
    for step in steps:
        exchange = step(exchange, world)
        if exchange.answer is not None:
            return exchange
    return exchange
