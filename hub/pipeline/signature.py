"""Is the message from whom it says? Foreign callers were proved by their own dialect before."""

from __future__ import annotations

from hub.message import verify
from hub.pipeline.exchange import Exchange, World


def signature(exchange: Exchange, world: World) -> Exchange:
    if exchange.foreign:
        return exchange
    findings = verify(exchange.envelope, world.key_of, exchange.written)
    return exchange.refuse(401, findings) if findings else exchange
