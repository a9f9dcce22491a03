"""Sending: what arrives when the system speaks to the hub, also when the hub is busy or the answer gets lost.

Judged at the witness, a receiver of the suite's own, by the bytes that came in.
"""

from __future__ import annotations

from conformance.case import Level, case
from conformance.seats.witness import Arrival, Mood
from conformance.sut import Sut
from conformance.verdict import assume, expect, expect_same
from hub.message import WINDOW, canonical, check_shape, check_time, parse, verify

STAGE = ("eng-tender-notice",)
NEEDS = ("control",)


async def notice(sut: Sut, *moods: Mood) -> list[Arrival]:
    """All attempts of one notice that the system was told to publish."""
    return await sut.told_to_send("publish-notice", moods=moods, seed=sut.fresh_seed())


def arrived(attempts: list[Arrival], *, count: int = 1) -> None:
    assume(attempts, "被测系统没有向枢纽发出公告", "the system sent no notice to the hub")
    expect(
        len(attempts) >= count,
        f"应至少送达 {count} 次,实为 {len(attempts)} 次",
        f"expected at least {count} attempts, saw {len(attempts)}",
        expected=str(count),
        observed="\n".join(f"{a.msg_id} {a.mood.value}" for a in attempts),
    )


@case("EX-SND-01", Level.MUST, needs=NEEDS, stages=STAGE)
async def what_it_sends_is_rightly_signed(sut: Sut) -> None:
    """发出的报文应由本系统密钥正确签名

    The hub refuses what it cannot attribute; better to learn that here than on the first day.
    """
    attempts = await notice(sut)
    arrived(attempts)
    envelope = attempts[0].envelope
    head = envelope.get("head")
    block = head.get("sign") if isinstance(head, dict) else None
    expect(
        isinstance(block, dict)
        and isinstance(block.get("value"), str)
        and isinstance(block.get("keyId"), str),
        "发出的报文没有完整的签名块",
        "what was sent has no complete signature block",
        expected='head.sign {"alg","keyId","value"}',
        observed=envelope,
    )
    findings = verify(envelope, sut.key_of)
    expect(
        not findings,
        "发出的报文签名不能通过核验",
        "the signature of what was sent does not verify",
        expected="HMAC over the canonical envelope without head.sign.value",
        observed="\n".join(f"{f.code} {f.at}: {f.expected} / {f.observed}" for f in findings),
    )


@case("EX-SND-02", Level.MUST, needs=NEEDS, stages=STAGE)
async def what_it_sends_has_the_shape_of_an_envelope(sut: Sut) -> None:
    """发出的报文应符合报文结构,发送方为本系统

    Shape is what every receiver relies on before it looks at a single field.
    """
    attempts = await notice(sut)
    arrived(attempts)
    arrival = attempts[0]
    findings = [*parse(arrival.raw).findings, *check_shape(arrival.envelope)]
    expect(
        not findings,
        "发出的报文结构不符",
        "what was sent is not shaped as an envelope",
        expected="contracts: native envelope",
        observed="\n".join(f"{f.code} {f.at}: {f.expected} / {f.observed}" for f in findings),
    )
    expect_same(
        str(arrival.head.get("from")), sut.plan.system, "head.from 不是本系统", "head.from is not the system"
    )


@case("EX-SND-03", Level.MUST, needs=NEEDS, stages=STAGE)
async def what_it_sends_is_fresh(sut: Sut) -> None:
    """发出的报文时间在窗口内,随机数每次不同

    A clock that is six minutes off makes every message of that system a suspected replay.
    """
    first, second = await notice(sut), await notice(sut)
    arrived(first)
    arrived(second)
    for arrival in (first[0], second[0]):
        findings = check_time(str(arrival.head.get("time")), arrival.when, "/head/time", WINDOW)
        expect(
            not findings,
            "发出的报文时间超出 ±300 秒",
            "the time of what was sent is outside ±300 s",
            expected=findings[0].expected if findings else "",
            observed=findings[0].observed if findings else "",
        )
    nonces = [str(a.head.get("nonce")) for a in (first[0], second[0])]
    expect(
        nonces[0] != nonces[1],
        "两份报文用了同一随机数",
        "two messages carry the same nonce",
        expected="8-64 ASCII, different each time",
        observed=" / ".join(nonces),
    )


@case("EX-SND-04", Level.MUST, needs=NEEDS, stages=STAGE)
async def a_busy_hub_is_asked_again_with_the_same_message(sut: Sut) -> None:
    """枢纽答 503 时,应以同一报文号、同一内容重发

    A new message id on each attempt makes one notice into several as soon as one attempt was taken after all.
    """
    attempts = await notice(sut, Mood.BUSY, Mood.BUSY)
    arrived(attempts, count=3)
    same(attempts)


@case("EX-SND-05", Level.MUST, needs=NEEDS, stages=STAGE)
async def a_lost_acknowledgement_is_asked_for_again(sut: Sut) -> None:
    """回执丢失时,应以同一报文号、同一内容重发

    No answer is not a refusal and not an acceptance; only asking again with the same id finds out.
    """
    attempts = await notice(sut, Mood.LOSE_ANSWER)
    arrived(attempts, count=2)
    same(attempts)


@case("EX-SND-06", Level.SHOULD, needs=NEEDS, stages=STAGE)
async def an_acknowledged_message_is_not_sent_again(sut: Sut) -> None:
    """已获回执的报文不应再发

    A sender that forgets its receipts keeps everybody busy with what is long done.
    """
    attempts = await notice(sut)
    arrived(attempts)
    subject = attempts[0].subject
    await sut.witness.wait(lambda: len(sut.witness.of(subject)) > 1, 0.5)
    expect(
        len(sut.witness.of(subject)) == 1,
        "获得回执后仍重发",
        "sent again after it was acknowledged",
        expected="1",
        observed=str(len(sut.witness.of(subject))),
    )


def same(attempts: list[Arrival]) -> None:
    """Every attempt says the same; time, nonce and signature may differ."""
    first = attempts[0]
    for later in attempts[1:]:
        expect_same(
            said(later), said(first), "重发的内容与首次不同", "a retry differs from the first attempt"
        )


def said(arrival: Arrival) -> bytes:
    """The canonical envelope without the circumstances of sending."""
    head = {k: v for k, v in arrival.head.items() if k not in ("time", "nonce", "sign")}
    return canonical({**arrival.envelope, "head": head})
