"""The envelope's bytes: what two parsers could read differently, or nobody should read at all, is refused."""

from __future__ import annotations

import json

from conformance.case import Level, case
from conformance.cases.exchange.signatures import works
from conformance.sut import Sut
from conformance.verdict import expect
from hub.message import sign


@case("EX-ENV-01", Level.MUST)
async def a_member_named_twice_is_refused(sut: Sut) -> None:
    """成员名重复的 JSON 应拒绝

    Two parsers read such a text differently: the signature covers one reading, the database gets the other.
    """
    await works(sut)
    raw = sut.signed(sut.message()).decode()
    twice = raw.replace('"version":1', '"version":1,"version":1', 1).encode()
    reply = await sut.submit_raw(twice, note="body.version named twice with the same value")
    expect(
        reply.refused,
        "成员名重复的报文被受理",
        "a message that names a member twice was taken",
        expected="HTTP 400, json.duplicate-key",
        observed=reply.said(),
    )


@case("EX-ENV-02", Level.MUST)
async def a_float_is_refused(sut: Sut) -> None:
    """小数写成 JSON 浮点数应拒绝

    0.1 is not 0.1 in binary; amounts travel as text.
    """
    await works(sut)
    message = sut.message()
    message["body"]["ext"] = {"amount": 0.1}
    text = json.dumps(sign(message, sut.hub_key), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    reply = await sut.submit_raw(text.encode(), note="ext.amount is a JSON number with a fraction")
    expect(
        reply.refused,
        "含浮点数的报文被受理",
        "a message with a float was taken",
        expected="HTTP 400, json.float",
        observed=reply.said(),
    )


@case("EX-ENV-03", Level.MUST)
async def another_charset_is_refused(sut: Sut) -> None:
    """不是 UTF-8 的报文应拒绝,不得存成乱码

    GBK bytes that are read as UTF-8 with replacement lose the bidder's name for good.
    """
    await works(sut)
    raw = sut.signed(sut.message()).decode().encode("gb18030")
    reply = await sut.submit_raw(raw, note="the same text in GB18030")
    expect(
        reply.refused,
        "GB18030 编码的报文被受理",
        "a message in GB18030 was taken",
        expected="HTTP 400, json.encoding",
        observed=reply.said(),
    )


@case("EX-ENV-04", Level.MUST)
async def a_message_of_the_other_realm_is_refused(sut: Sut) -> None:
    """领域(realm)不符的报文应拒绝

    A rehearsal must never be filed as a real tender, nor the other way round.
    """
    await works(sut)
    message = sut.message()
    message["head"]["realm"] = "production" if message["head"]["realm"] == "sandbox" else "sandbox"
    reply = await sut.submit(message, note="the other realm")
    expect(
        reply.refused,
        "另一领域的报文被受理",
        "a message of the other realm was taken",
        expected="HTTP 4xx",
        observed=reply.said(),
    )


@case("EX-LIM-01", Level.MUST)
async def an_oversize_message_is_refused(sut: Sut) -> None:
    """超过申报上限的报文应以 413 拒绝,其后仍能正常受理

    A receiver that reads whatever comes falls over when the largest tender of the year arrives.
    """
    await works(sut)
    message = sut.message()
    message["body"]["ext"] = {"padding": "x" * (sut.plan.max_body + 1)}
    reply = await sut.submit(message, note=f"larger than {sut.plan.max_body} bytes")
    expect(
        reply.refused,
        "超限报文未被拒绝",
        "an oversize message was not refused",
        expected="HTTP 413",
        observed=reply.said(),
    )
    after = await sut.submit(sut.message(), note="a valid message afterwards")
    expect(
        after.accepted,
        "拒绝超限报文之后不再受理合格报文",
        "after the refusal a valid message is not taken",
        expected="HTTP 202",
        observed=after.said(),
    )
