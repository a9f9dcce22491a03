"""Evidence: a receipt names the digest of exactly what was sent, to be held against either side."""

from __future__ import annotations

from conformance.case import Level, case
from conformance.sut import Sut
from conformance.verdict import assume, expect, expect_same
from hub.message import content_digest


@case("EV-DIG-01", Level.MUST)
async def the_digest_in_the_receipt_is_that_of_what_was_sent(sut: Sut) -> None:
    """回执中的摘要应是所送报文的 SM3

    Recomputed from the sender's own copy years later, it decides who changed the record.
    """
    message = sut.message()
    message["body"]["ext"] = {"remark": "存证 𠮷 e\u0301"}
    reply = await sut.submit(message)
    assume(reply.accepted, "报文未被受理,没有回执", "the message was not accepted, so there is no receipt")
    expect_same(
        str(reply.receipt.get("digest", "")),
        f"sm3:{content_digest(message).hex()}",
        "回执摘要与所送报文的 SM3 不同",
        "the digest in the receipt is not the SM3 of what was sent",
    )


@case("EV-DIG-02", Level.MUST)
async def another_record_has_another_digest(sut: Sut) -> None:
    """内容不同的报文,回执摘要必须不同

    A digest over the head alone is the same for a tender of one million and of ten.
    """
    message = sut.message()
    first = await sut.submit(message, note="first")
    other = sut.afresh({"head": {**message["head"]}, "body": {**message["body"], "ext": {"remark": "other"}}})
    other["head"]["msgId"] = f"CF-{sut.unique()}"
    other["body"]["key"] = f"CF-{sut.unique()}"
    second = await sut.submit(other, note="another record")
    assume(first.accepted, "报文未被受理,没有回执", "the message was not accepted")
    digests = {str(reply.receipt.get("digest")) for reply in (first, second) if reply.accepted}
    assume(second.accepted, "第二份报文未被受理", "the second message was not accepted")
    expect(
        len(digests) == 2,
        "两份不同报文的回执摘要相同",
        "two different messages got the same digest",
        expected="two digests",
        observed=", ".join(digests),
    )
