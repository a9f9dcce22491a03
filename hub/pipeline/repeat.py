"""A repeated message is the same message; a replayed signature is nobody's.

The look-up comes before time window and nonce, because a sender that never saw our answer repeats the
very bytes, perhaps much later, and must get the first receipt again. It comes after the signature,
because the receipt is the sender's alone.
"""

from __future__ import annotations

from hub.message import Finding, check_time
from hub.pipeline.exchange import Exchange, World


def repeat(exchange: Exchange, world: World) -> Exchange:
    """Find the first sending; where there is none, time window and nonce.

    Nothing else can be said against most native messages: whether they, or their nonce, came before is
    then left to the writer, who has to look in any case.
    """
    if undoubted(exchange, world):
        return exchange
    head = exchange.head
    found = world.known(head["from"], head["msgId"])
    return _fresh(exchange if found is None else exchange._replace(known=found), world)


def _fresh(exchange: Exchange, world: World) -> Exchange:
    """Time window and nonce, for what is not known yet.

    A foreign proof does not cover the content: once used, it serves for nothing but the same message.
    """
    if exchange.foreign:
        used = exchange.nonce and world.nonce_used(exchange.system, exchange.nonce)
        if used and not exchange.repeats:
            return exchange.refuse(401, [nonce_finding(exchange.nonce)])
        return exchange
    if exchange.known is not None:
        return exchange
    head = exchange.head
    findings = check_time(head["time"], exchange.now, "/head/time", world.window)
    if findings:
        return exchange.refuse(401, findings)
    if world.nonce_used(head["sign"]["keyId"], head["nonce"]):
        return exchange.refuse(401, [nonce_finding(head["nonce"])])
    return exchange


def undoubted(exchange: Exchange, world: World) -> bool:
    """A native message against which only a repetition could speak."""
    return (
        not exchange.foreign
        and exchange.clean
        and not check_time(exchange.head["time"], exchange.now, "/head/time", world.window)
    )


def nonce_finding(nonce: str) -> Finding:
    advice = "每次发送换新的 nonce 并重新签名"
    return Finding(
        "auth.nonce-reused", "/head/nonce", "未使用过的随机数", nonce[:12] + "…", advice, "EX-SIG-06"
    )
