"""Receipts: what a sender may rely on after it lets go of a message."""

from __future__ import annotations

from conformance.case import Level, case
from conformance.sut import Sut
from conformance.verdict import assume, expect, expect_same


@case("EX-RCP-01", Level.MUST)
async def a_valid_message_is_receipted(sut: Sut) -> None:
    """合格报文应受理,并返回可核对的回执

    Without who, which message and what digest, a receipt proves nothing when two systems disagree.
    """
    message = sut.message()
    reply = await sut.submit(message)
    expect(
        reply.status == 202 and reply.accepted,
        "合格报文未被受理",
        "a valid message was not accepted",
        expected='HTTP 202 {"code":"0000","receipt":{…}}',
        observed=reply.said(),
    )
    wanted = {"from", "msgId", "receiptState", "receivedTime", "digest"}
    missing = sorted(wanted - reply.receipt.keys())
    expect(
        not missing,
        f"回执缺少 {'、'.join(missing)}",
        f"the receipt lacks {', '.join(missing)}",
        expected=", ".join(sorted(wanted)),
        observed=reply.receipt,
    )
    told = {name: reply.receipt[name] for name in ("from", "msgId")}
    sent = {"from": message["head"]["from"], "msgId": message["head"]["msgId"]}
    expect_same(told, sent, "回执与所送报文不是同一报文", "the receipt is for another message")


@case("EX-IDM-01", Level.MUST)
async def a_repeated_message_is_the_same_message(sut: Sut) -> None:
    """同一报文重复送达,应返回同一回执

    Networks retry. A sender that gets a second, different receipt cannot tell whether it did something twice.
    """
    raw = sut.signed(sut.message())
    first = await sut.submit_raw(raw, note="first")
    assume(first.accepted, "首次送达未被受理,无从检验重复送达", "the first delivery was not accepted")
    again = await sut.submit_raw(raw, note="repeated")
    expect(
        again.status == 200 and again.accepted,
        "重复送达未以 200 应答",
        "the repetition was not answered with 200",
        expected="HTTP 200",
        observed=again.said(),
    )
    expect_same(again.receipt, first.receipt, "两次回执不同", "the two receipts differ")


@case("EX-IDM-02", Level.MUST, needs=("export",))
async def a_repeated_message_takes_effect_once(sut: Sut) -> None:
    """同一报文重复送达,不得重复入库

    A system that files a second tender notice because the first receipt was late will publish it twice.
    """
    message = sut.message()
    first = await sut.submit(message, note="first")
    assume(first.accepted, "首次送达未被受理,无从检验重复送达", "the first delivery was not accepted")
    await sut.submit(sut.afresh(message), note="retried with fresh time and nonce")
    await sut.submit(sut.afresh(message), note="retried once more")
    rows = await sut.stored(message["head"]["stage"], message["body"]["key"])
    expect(
        len(rows) == 1,
        f"同一报文送达三次,导出中有 {len(rows)} 条",
        f"sent three times, exported {len(rows)} times",
        expected="1",
        observed=str(len(rows)),
    )


@case("EX-IDM-03", Level.MUST)
async def a_retry_in_new_circumstances_is_the_same_message(sut: Sut) -> None:
    """换了时间、随机数和签名的重发仍是同一报文

    A careful sender signs each attempt anew; what is the same is what is said, not when it was said.
    """
    message = sut.message()
    first = await sut.submit(message, note="first")
    assume(first.accepted, "首次送达未被受理,无从检验重发", "the first delivery was not accepted")
    again = await sut.submit(sut.afresh(message), note="retried with fresh time and nonce")
    expect(
        again.status == 200,
        "重发未被认作同一报文",
        "the retry was not taken for the same message",
        expected="HTTP 200",
        observed=again.said(),
    )
    expect_same(again.receipt, first.receipt, "两次回执不同", "the two receipts differ")


@case("EX-IDM-04", Level.MUST)
async def the_same_id_with_other_content_is_a_conflict(sut: Sut) -> None:
    """同一报文号、不同内容应以 409 拒绝

    Answering the old receipt would tell the sender that its correction was taken.
    """
    message = sut.message()
    first = await sut.submit(message, note="first")
    assume(first.accepted, "首次送达未被受理,无从检验冲突", "the first delivery was not accepted")
    other = sut.afresh({**message, "body": {**message["body"], "ext": {"remark": "changed"}}})
    again = await sut.submit(other, note="same msgId, other content")
    expect(
        again.refused,
        "不同内容用了同一报文号,未按冲突拒绝",
        "other content under the same msgId was not refused as a conflict",
        expected="HTTP 409",
        observed=again.said(),
    )
