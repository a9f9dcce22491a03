"""Signatures, clocks and nonces: whoever is not the hub must not get in."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta

from conformance.case import Level, case
from conformance.seats.client import Reply
from conformance.sut import Sut
from conformance.verdict import assume, expect
from hub.message import canonical, sign


async def works(sut: Sut) -> None:
    """A refusal only means something at a system that takes what is right."""
    reply = await sut.submit(sut.message(), note="control: a valid message")
    assume(reply.accepted, "合格报文也未被受理,无从检验拒绝", "even a valid message is not accepted")


def refused(reply: Reply, zh: str, en: str) -> None:
    """Not taken, and said so."""
    expect(
        reply.refused,
        zh,
        en,
        expected='HTTP 401 {"code":"auth.…","findings":[…]}',
        observed=reply.said(),
    )


@case("EX-SIG-01", Level.MUST)
async def a_bad_signature_is_refused(sut: Sut) -> None:
    """用错误密钥签名的报文应拒绝

    The key id is no secret; only the secret behind it proves who speaks.
    """
    await works(sut)
    forger = replace(sut.hub_key, secret=bytes(32))
    reply = await sut.submit_raw(sut.signed(sut.message(), forger), note="signed with another secret")
    refused(reply, "用错误密钥签名的报文被受理", "a message signed with another secret was taken")


@case("EX-SIG-02", Level.MUST)
async def a_changed_byte_is_noticed(sut: Sut) -> None:
    """签名之后报文体改动一个字节应拒绝

    A signature over the head alone lets anybody on the way change the price.
    """
    await works(sut)
    message = sut.message()
    name = sut.free_text(message)
    envelope = sign(message, sut.hub_key)
    fields = dict(envelope["body"]["fields"])
    fields[name] = fields[name][:-1] + ("甲" if fields[name][-1] != "甲" else "乙")
    changed = {**envelope, "body": {**envelope["body"], "fields": fields}}
    reply = await sut.submit_raw(canonical(changed), note=f"{name} changed after signing")
    refused(reply, f"签名后改动 {name} 的报文被受理", f"{name} was changed after signing, yet it was taken")


@case("EX-SIG-03", Level.MUST)
async def a_cut_signature_is_refused(sut: Sut) -> None:
    """截短的签名值应拒绝

    Comparing only as many bytes as came lets an attacker guess one byte at a time.
    """
    await works(sut)
    envelope = sign(sut.message(), sut.hub_key)
    block = envelope["head"]["sign"]
    block["value"] = base64.b64encode(base64.b64decode(block["value"])[:6]).decode("ascii")
    reply = await sut.submit_raw(canonical(envelope), note="only the first six bytes of the signature")
    expect(
        reply.refused,
        "只带签名前 6 字节的报文被受理",
        "six bytes of a signature were enough",
        expected="HTTP 401 / 422",
        observed=reply.said(),
    )


@case("EX-SIG-04", Level.MUST)
async def an_unknown_key_is_refused(sut: Sut) -> None:
    """未登记的密钥编号应拒绝

    A key nobody was given belongs to nobody.
    """
    await works(sut)
    stranger = replace(sut.hub_key, key_id=f"stranger-{sut.unique()[:8]}")
    reply = await sut.submit_raw(sut.signed(sut.message(), stranger), note="key id nobody was given")
    refused(reply, "未登记密钥签名的报文被受理", "a message under an unknown key id was taken")


@case("EX-SIG-05", Level.MUST)
async def an_unsigned_message_is_refused(sut: Sut) -> None:
    """没有签名的报文应拒绝

    The one deviation every attacker tries first.
    """
    await works(sut)
    reply = await sut.submit_raw(canonical(sut.message()), note="no signature block")
    expect(
        reply.refused,
        "没有签名的报文被受理",
        "a message without signature was taken",
        expected="HTTP 401 / 422",
        observed=reply.said(),
    )


@case("EX-TIM-01", Level.MUST)
async def a_message_signed_too_long_ago_is_refused(sut: Sut) -> None:
    """签名时间超出 ±300 秒的报文应拒绝

    Without a window, whoever recorded a message once can play it for ever.
    """
    await works(sut)
    for late, zh, en in (
        (timedelta(minutes=10), "10 分钟前", "ten minutes old"),
        (-timedelta(minutes=10), "10 分钟后", "ten minutes ahead"),
    ):
        reply = await sut.submit(sut.afresh(sut.message(), late=late), note=en)
        refused(reply, f"时间为{zh}的报文被受理", f"a message {en} was taken")


@case("EX-SIG-06", Level.MUST)
async def a_used_nonce_is_refused(sut: Sut) -> None:
    """用过的随机数应拒绝

    The nonce closes the gap that the time window leaves open.
    """
    first = sut.message()
    reply = await sut.submit(first, note="first")
    assume(reply.accepted, "首次送达未被受理,无从检验随机数重放", "the first delivery was not accepted")
    second = sut.message()
    second["head"]["nonce"] = first["head"]["nonce"]
    reply = await sut.submit(second, note="another message, the same nonce")
    refused(reply, "随机数重复使用的报文被受理", "a message with a used nonce was taken")
