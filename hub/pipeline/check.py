"""The unified standard's stateless rules, all of them at once."""

from __future__ import annotations

from hub.message import refusing
from hub.pipeline.exchange import Exchange, World


def check(exchange: Exchange, world: World) -> Exchange:
    """422 with all findings when any refuses; warnings travel with the receipt."""
    if exchange.known is not None or exchange.clean:
        return exchange
    findings = world.standard.check(exchange.envelope, signed=not exchange.foreign)
    if refusing(findings):
        return exchange.refuse(422, findings)._replace(examined=True)
    return exchange._replace(warnings=tuple(findings))
