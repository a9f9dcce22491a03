"""Bytes become one unambiguous envelope of the right shape and realm, or an answer naming all that is wrong.

All of it before the signature: a signature over a text that two parsers read differently proves nothing.
"""

from __future__ import annotations

from hub.message import Finding, check_shape, parse
from hub.pipeline.exchange import Exchange, World
from hub.standard import Verdict


def size(exchange: Exchange, world: World) -> Exchange:
    """Refuse what is larger than a message may be; files travel beside."""
    if len(exchange.raw) <= world.max_bytes:
        return exchange
    finding = Finding(
        "message.too-large", "", f"<= {world.max_bytes} B", f"{len(exchange.raw)} B",
        "附件不随报文走:先上传文件,报文只带摘要", "EX-LIM-01",
    )  # fmt: skip
    return exchange.refuse(413, [finding])


def text(exchange: Exchange, world: World) -> Exchange:
    """Parse; bytes that are no JSON text at all are 400, ambiguous ones 422 together with their shape.

    Most messages deserve no word: what the short verdict finds clean is of the right shape, too.
    """
    parsed = parse(exchange.raw)
    if parsed.value is None and parsed.findings:
        return exchange.refuse(400, list(parsed.findings))
    signed = not exchange.foreign
    clean = not parsed.findings and world.standard.verdict(parsed.value, signed=signed) is Verdict.CLEAN
    findings = [] if clean else [*parsed.findings, *check_shape(parsed.value, signed=signed)]
    if findings:
        return exchange.refuse(422, findings)
    return exchange.read(parsed.value, parsed.canon, clean=clean)


def realm(exchange: Exchange, world: World) -> Exchange:
    """A sandbox message never enters production, nor the other way round."""
    stated = exchange.head["realm"]
    if stated == world.realm:
        return exchange
    finding = Finding(
        "realm.mismatch", "/head/realm", world.realm, stated, "核对接入地址与运行域", "EX-ENV-04"
    )
    return exchange.refuse(422, [finding])
