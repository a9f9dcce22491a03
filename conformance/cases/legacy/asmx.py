"""asmx-parasxml: an old platform behind the adapter is asked in its own dialect (papers: rules.md)."""

from __future__ import annotations

import uuid
from functools import cache

from conformance.case import Level, case
from conformance.cases.exchange.refusals import TRACES
from conformance.dialects import asmx
from conformance.seats.client import Reply
from conformance.sut import Sut
from conformance.verdict import assume, expect, expect_same
from hub.catalogue.forms import stamp
from hub.catalogue.papers import Papers

DIALECT = "asmx-parasxml"
STAGE = "eng-tender-notice"
STAGES = (STAGE,)


@cache
def papers() -> Papers:
    return Papers.load(DIALECT)


def notice(sut: Sut) -> dict[str, str]:
    """A valid record in the foreign names and forms, under a RowGuid never used before."""
    fields = sut.standard.sample(STAGE, sut.fresh_seed(), sender="P01")["body"]["fields"]
    head = {
        "RowGuid": str(uuid.uuid5(uuid.NAMESPACE_URL, sut.unique())),
        "OperateType": papers().codes["op"]["insert"],
        "VersionNo": "1",
        "FromSystem": "P01",
        "HubNo": sut.unique(),
        "SendTime": stamp(sut.now(), "yyyy-MM-dd HH:mm:ss"),
    }
    return head | papers().expected_foreign(STAGE, fields)


async def say(sut: Sut, inner: str, *, method: str = "", token: str | None = None, note: str = "") -> Reply:
    name = method or papers().facts["operations"][STAGE]
    headers, body = asmx.call(name, sut.plan.token if token is None else token, inner)
    return await sut.client.send("POST", sut.plan.endpoints["inbound"], body=body, headers=headers, note=note)


def understood(reply: Reply, method: str = "") -> asmx.Answer:
    """The answer; FAILs when it is none of the dialect, above all when it is a page or a trace."""
    text = reply.body.decode("utf-8", "replace")
    answer = asmx.read(method or papers().facts["operations"][STAGE], reply.body)
    expect(
        TRACES.search(text) is None,
        "应答含网页或堆栈",
        "the answer shows a page or a stack trace",
        expected="Root/ReturnInfo",
        observed=reply.said(),
    )
    expect(
        reply.status == 200 and not answer.wrong,
        f"应答不能按接口约定读取:{answer.wrong}",
        f"the answer cannot be read as the papers say: {answer.wrong}",
        expected="HTTP 200, {method}Result, Root/ReturnInfo",
        observed=reply.said(),
    )
    return answer


async def pushed(sut: Sut, record: dict[str, str], note: str = "") -> asmx.Answer:
    answer = understood(await say(sut, asmx.paras(record), note=note))
    assume(
        answer.taken, f"推送未被受理:{answer.description}", f"the push was not taken: {answer.description}"
    )
    return answer


def refused_with(answer: asmx.Answer, code: str, reply: Reply, zh: str, en: str) -> None:
    expect(
        answer.code == "0" and answer.said("ErrorCode") == code,
        zh,
        en,
        expected=f"Code 0, ErrorCode {code}",
        observed=reply.said(),
    )


@case("LG-ANS-01", Level.MUST, dialect=DIALECT, stages=STAGES)
async def the_answer_has_the_agreed_shape(sut: Sut) -> None:
    """应答应为约定的 ReturnInfo / BusinessInfo / UserArea 结构

    The adapter finds success in exactly one place; a vendor's own shape reads as a failure and is sent again.
    """
    record = notice(sut)
    reply = await say(sut, asmx.paras(record))
    answer = understood(reply)
    expect_same(
        ", ".join(sorted(answer.members)),
        "BusinessInfo, ReturnInfo, UserArea",
        "应答的内层成员不符",
        "the inner members of the answer differ",
    )
    told = {name: bool(answer.said(name)) for name in ("RowGuid", "ReceiptNo", "ReceiveTime", "IsRepeat")}
    expect(
        answer.taken and all(told.values()),
        "成功应答缺少回执项",
        "the success lacks receipt items",
        expected="Code 1; RowGuid, ReceiptNo, ReceiveTime, IsRepeat",
        observed=reply.said(),
    )


@case("LG-AUT-01", Level.MUST, dialect=DIALECT, stages=STAGES)
async def a_wrong_token_is_refused(sut: Sut) -> None:
    """错误令牌应拒绝

    The token is the only proof this dialect has.
    """
    await pushed(sut, notice(sut), "control: the right token")
    reply = await say(sut, asmx.paras(notice(sut)), token="not-the-token", note="wrong token")  # noqa: S106
    refused_with(
        understood(reply),
        "TOKEN",
        reply,
        "错误令牌的推送未以 TOKEN 拒绝",
        "a wrong token was not refused with TOKEN",
    )


@case("LG-IDM-01", Level.MUST, dialect=DIALECT, stages=STAGES)
async def a_repeated_row_is_not_doubled(sut: Sut) -> None:
    """同一 RowGuid 重复推送应返回首次回执号

    The hub repeats a push whenever an answer got lost.
    """
    record = notice(sut)
    first = await pushed(sut, record, "first")
    later = {**record, "HubNo": sut.unique(), "SendTime": stamp(sut.now(), "yyyy-MM-dd HH:mm:ss")}
    reply = await say(sut, asmx.paras(later), note="the same row again")
    again = understood(reply)
    expect_same(
        {"Code": again.code, "ReceiptNo": again.said("ReceiptNo"), "IsRepeat": again.said("IsRepeat")},
        {"Code": "1", "ReceiptNo": first.said("ReceiptNo"), "IsRepeat": "T"},
        "重复推送未被认作重复",
        "the repetition was not recognised",
    )


@case("LG-IDM-02", Level.MUST, dialect=DIALECT, stages=STAGES)
async def another_content_in_the_same_version_is_refused(sut: Sut) -> None:
    """同一 RowGuid、同版本、不同内容应以 CONF 拒绝

    Taking it silently would let two systems hold two truths under one version.
    """
    record = notice(sut)
    await pushed(sut, record, "first")
    reply = await say(
        sut, asmx.paras({**record, "Title": record["Title"] + "(改)"}), note="other title, same version"
    )
    refused_with(
        understood(reply), "CONF", reply, "同版本不同内容未以 CONF 拒绝", "it was not refused with CONF"
    )


@case("LG-XML-01", Level.MUST, dialect=DIALECT, stages=STAGES)
async def malformed_inner_xml_is_answered_with_a_code(sut: Sut) -> None:
    """内层 XML 破损应以 XML01 应答

    A page or a stack trace leaves the sender without any idea whether the row was stored.
    """
    good = asmx.paras(notice(sut))
    for note, inner in {
        "cut in the middle": good[: len(good) // 2],
        "a bare ampersand": good.replace("<Title>", "<Title>A&B", 1),
        "no XML at all": "paras",
    }.items():
        reply = await say(sut, inner, note=note)
        refused_with(
            understood(reply), "XML01", reply, f"{note}:未以 XML01 应答", f"{note}: not answered with XML01"
        )


@case("LG-XML-02", Level.MUST, dialect=DIALECT, stages=STAGES)
async def a_document_type_is_refused(sut: Sut) -> None:
    """内层 XML 带 DTD 实体应拒绝,不得展开

    One entity reads a file from the server's disk, ten nested ones fill its memory.
    """
    record = notice(sut)
    inner = asmx.paras(record).replace("<paras>", '<!DOCTYPE paras [<!ENTITY e "expanded">]><paras>', 1)
    reply = await say(sut, inner.replace("<Title>", "<Title>&e;", 1), note="internal entity in Title")
    answer = understood(reply)
    expect(
        not answer.taken,
        "带 DTD 的内层 XML 被受理",
        "an inner document with a DTD was taken",
        expected="Code 0, ErrorCode XML01",
        observed=reply.said(),
    )


@case("LG-STO-01", Level.MUST, dialect=DIALECT, stages=STAGES)
async def a_pushed_record_is_read_back_unchanged(sut: Sut) -> None:
    """推送的记录按 RowGuid 回查,内容应逐字相同

    The inner declaration says gb2312 and lies; whoever believes it stores question marks.
    """
    record = notice(sut)
    record["InfoContent"] = "<p>永登县 & 皋兰县 𠮷野 ·“引号”</p>"
    await pushed(sut, record)
    reply = await say(sut, asmx.paras({"RowGuid": record["RowGuid"]}), method="GetRecord", note="read back")
    answer = understood(reply, "GetRecord")
    stored = {name: value for name, value in answer.record.items() if value}
    expect_same(
        stored,
        {name: value for name, value in record.items() if value},
        "回查内容与所推送不同",
        "what is read back differs from what was pushed",
    )
