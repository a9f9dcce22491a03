"""Aggregation: what the system holds it can give back, complete, so that totals can be reconciled."""

from __future__ import annotations

from typing import Any

from conformance.case import Level, case
from conformance.sut import Sut
from conformance.verdict import assume, expect, expect_same

# What gets lost on the way: beyond the BMP, full width, a combining mark, markup, spaces at the end.
HARD = "𠮷野㐂·ABC e\u0301 <b>&amp;</b> \u3000"


@case("AG-EXP-01", Level.MUST, needs=("export",))
async def what_was_received_is_exported_whole(sut: Sut) -> None:
    """收到的记录应完整导出,字段一个不少、一字不改

    Reconciliation compares what both sides hold; a trimmed zero or a lost character shows as a lost record.
    """
    for stage in sut.open_stages or [sut.stage]:
        message = sut.message(stage)
        row = await exported(sut, message)
        expect_same(
            row.get("fields"),
            message["body"]["fields"],
            f"{stage}:导出的字段与所收不同",
            f"{stage}: the exported fields differ",
        )


@case("AG-EXP-05", Level.MUST, needs=("export",))
async def amounts_are_exported_as_text(sut: Sut) -> None:
    """导出的 JSON 不得含浮点数,金额写成字符串

    A binary fraction is a different amount, and no signature can be made over it twice alike.
    """
    for stage in sut.open_stages or [sut.stage]:
        await exported(sut, sut.message(stage))
        expect(
            not sut.export_flaws,
            f"{stage}:导出的不是合格的 I-JSON",
            f"{stage}: the export is not clean I-JSON",
            expected='"1234.50"',
            observed="\n".join(f"{f.code} {f.at}: {f.observed}" for f in sut.export_flaws),
        )


@case("AG-EXP-02", Level.MUST, needs=("export",))
async def extensions_are_exported_with_the_record(sut: Sut) -> None:
    """扩展内容(ext)应随记录原样导出

    What one vendor's next version needs travels in ext long before the standard names it.
    """
    message = sut.message()
    message["body"]["ext"] = {"remark": HARD, "steps": ["一", "二"], "nested": {"count": 2, "amount": "0.10"}}
    row = await exported(sut, message)
    expect_same(row.get("ext"), message["body"]["ext"], "导出的 ext 与所收不同", "the exported ext differs")


@case("AG-EXP-03", Level.MUST, needs=("export",))
async def no_record_is_lost_between_pages(sut: Sut) -> None:
    """多条记录导出时不得遗漏或重复

    Paging that loses the row on the seam loses a different tender every night.
    """
    keys = []
    for _ in range(7):
        message = sut.message()
        assume((await sut.submit(message)).accepted, "记录未被受理", "a record was not accepted")
        keys.append(message["body"]["key"])
    rows = [row.get("key") for row in await sut.export(sut.stage)]
    counts = {key: rows.count(key) for key in keys}
    expect(
        set(counts.values()) == {1},
        "导出有遗漏或重复",
        "records are missing from the export or doubled in it",
        expected="\n".join(f"{key}: 1" for key in keys),
        observed="\n".join(f"{key}: {n}" for key, n in counts.items()),
    )


@case("AG-EXP-04", Level.MUST, needs=("export",))
async def an_update_is_exported_as_the_current_version(sut: Sut) -> None:
    """更新之后导出的应是新版本

    A receiver that keeps the first version shows the old deadline to everybody.
    """
    message = sut.message()
    await exported(sut, message)
    fields = {**message["body"]["fields"]}
    name = sut.free_text(message)
    fields[name] = f"{fields[name][:-1]}新"
    body = {**message["body"], "op": "update", "version": 2, "fields": fields}
    newer = sut.afresh({"head": {**message["head"], "msgId": f"CF-{sut.unique()}"}, "body": body})
    reply = await sut.submit(newer, note=f"version 2, {name} changed")
    assume(reply.accepted, "更新未被受理", "the update was not accepted")
    rows = await sut.stored(sut.stage, body["key"])
    latest = max((row.get("version", 0) for row in rows), default=0)
    current = [(row.get("fields") or {}).get(name) for row in rows if row.get("version") == latest]
    expect_same(
        {"version": latest, name: current},
        {"version": 2, name: [fields[name]]},
        "导出的不是更新后的版本",
        "the export does not show the new version",
    )


@case("AG-STG-01", Level.MUST)
async def a_valid_record_of_every_declared_stage_is_accepted(sut: Sut) -> None:
    """申报范围内每个环节的合格记录都应受理

    Approval is per stage: whoever declares a stage takes its records.
    """
    failed: dict[str, str] = {}
    for stage in sut.declared:
        reply = await sut.submit(sut.message(stage), note=stage)
        if not reply.accepted:
            failed[stage] = reply.said()
    expect(
        not failed,
        f"{len(failed)} 个申报环节的合格记录未被受理",
        f"valid records of {len(failed)} declared stages were not accepted",
        expected=f"HTTP 202 × {len(sut.declared)}",
        observed="\n".join(f"{stage}: {said}" for stage, said in failed.items()),
    )


@case("AG-NOT-01", Level.MUST, needs=("control",), stages=("eng-tender-notice",))
async def a_notice_it_publishes_meets_the_standard(sut: Sut) -> None:
    """所发布的公告应符合统一标准的全部规则

    The hub would refuse it, and a refused notice is a notice nobody sees.
    """
    attempts = await sut.told_to_send("publish-notice", seed=sut.fresh_seed())
    assume(attempts, "被测系统没有向枢纽发出公告", "the system sent no notice to the hub")
    findings = [f for f in sut.standard.check(attempts[0].envelope) if f.severity == "error"]
    expect(
        not findings,
        f"公告有 {len(findings)} 处不符合标准",
        f"the notice breaks the standard in {len(findings)} places",
        expected="0 findings",
        observed="\n".join(f"{f.code} {f.at}: {f.expected} / {f.observed}" for f in findings),
    )
    expect_same(
        str(attempts[0].head.get("stage")),
        "eng-tender-notice",
        "所发布的不是招标公告",
        "it is no tender notice",
    )


async def exported(sut: Sut, message: dict[str, Any]) -> dict[str, Any]:
    """Send a record and find it again in the export."""
    reply = await sut.submit(message)
    assume(reply.accepted, "记录未被受理,无从检验导出", "the record was not accepted")
    rows = await sut.stored(message["head"]["stage"], message["body"]["key"])
    expect(
        rows,
        "已受理的记录不在导出中",
        "an accepted record is not in the export",
        expected=message["body"]["key"],
        observed="(none)",
    )
    return rows[0]
