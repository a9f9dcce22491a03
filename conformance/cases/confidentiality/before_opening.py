"""Before bids are opened nobody learns who signed up, or how many (ZTB22, ETB21; field-policy.md 2 and 4).

Not the rows, not a count, not a cursor that moved: the suite asks before and after somebody signed up
and compares. The hub itself receives the record as its sealed carrier, which is lawful and how the
suite knows what must not be seen elsewhere.
"""

from __future__ import annotations

from typing import Any

from conformance.case import Level, case
from conformance.seats.client import Reply
from conformance.seats.witness import Arrival
from conformance.sut import Sut
from conformance.verdict import assume, expect, expect_same

STAGES = ("eng-bidder-list", "eng-bid-opening")
BIDDERS = "eng-bidder-list"
TELLING = ("BIDDER", "PM_CODE", "BID_MANAGER", "BID_PRICE", "UNION_")
CLOCKS = frozenset({"time", "now", "at", "serverTime", "uptime"})


async def signed_up(sut: Sut, seed: int) -> Arrival:
    """Somebody signs up; the record as it was carried, sealed, to the hub."""
    attempts = await sut.told_to_send("sign-up", seed=seed)
    assume(attempts, "被测系统没有报送投标人名单", "the system sent no bidder record to the hub")
    assume(
        attempts[0].head.get("stage") == BIDDERS, "所报送的不是投标人名单", "what it sent is no bidder record"
    )
    return attempts[0]


def steady(value: Any) -> Any:
    """The value without clocks: whatever else changes was changed by the bidder."""
    if isinstance(value, dict):
        return {name: steady(member) for name, member in value.items() if name not in CLOCKS}
    return [steady(member) for member in value] if isinstance(value, list) else value


def counts(reply: Reply) -> dict[str, str]:
    """Headers that are plain numbers: a total can hide there as well."""
    return {n: v for n, v in reply.headers.items() if v.isdigit() and n not in ("content-length", "age")}


def identities(arrival: Arrival) -> list[str]:
    """What names the bidder or the record: long enough not to occur by chance."""
    fields = arrival.envelope.get("body", {}).get("fields", {})
    telling = [str(v) for n, v in fields.items() if n.startswith(TELLING) and len(str(v)) >= 6]
    return [str(arrival.envelope.get("body", {}).get("key", "")), *telling]


def silent(before: Reply, after: Reply, arrival: Arrival, what: str) -> None:
    """`after` shows nothing of the bidder, and no more than `before` did."""
    assume(before.ok and after.ok, f"{what} 无应答内容", f"{what} does not answer")
    text = after.body.decode("utf-8", "replace")
    shown = [word for word in identities(arrival) if word and word in text]
    expect(
        not shown,
        f"开标前 {what} 显示了投标人信息",
        f"{what} shows a bidder before the opening",
        expected="(nothing)",
        observed=after.said(),
    )
    expect_same(
        [steady(after.json), counts(after)],
        [steady(before.json), counts(before)],
        f"有人报名后 {what} 的内容起了变化(人数也是秘密)",
        f"{what} changed when somebody signed up (the number is secret too)",
    )


@case("CF-EXP-01", Level.MUST, needs=("export", "control"), stages=STAGES)
async def the_export_shows_no_bidder_before_the_opening(sut: Sut) -> None:
    """开标前导出接口不得显示投标人,也不得显示人数

    An export that is one row longer after a sign-up tells a competitor all it wants to know.
    """
    stages = (BIDDERS, sut.stage)
    before = [await sut.export_raw(stage) for stage in stages]
    arrival = await signed_up(sut, sut.fresh_seed())
    for stage, earlier in zip(stages, before, strict=True):
        silent(earlier, await sut.export_raw(stage), arrival, f"export?stage={stage}")


@case("CF-CTL-01", Level.MUST, needs=("control",), stages=STAGES)
async def the_control_endpoint_shows_no_bidder_before_the_opening(sut: Sut) -> None:
    """开标前控制接口不得显示投标人,也不得显示人数

    Side doors built for testing are where counts leak: a queue length is a number of bidders.
    """
    before = await sut.control()
    arrival = await signed_up(sut, sut.fresh_seed())
    silent(before, await sut.control(), arrival, "control")


@case("CF-EXP-02", Level.MUST, needs=("export", "control"), stages=STAGES)
async def after_the_opening_the_bidders_are_exported(sut: Sut) -> None:
    """开标之后投标人名单应可导出

    Silence for ever is not confidentiality but loss: after the opening the list is public.
    """
    seed = sut.fresh_seed()
    arrival = await signed_up(sut, seed)
    opened = await sut.told_to_send("open-bids", seed=seed)
    assume(opened, "被测系统没有报送开标记录", "the system sent no opening record")
    body = arrival.envelope.get("body", {})
    rows = await sut.stored(BIDDERS, str(body.get("key")))
    expect(
        len(rows) == 1,
        "开标后投标人名单未导出",
        "the bidder is not exported after the opening",
        expected=str(body.get("key")),
        observed=f"{len(rows)} rows",
    )
    expect_same(
        rows[0].get("fields"), body.get("fields"), "导出与报送的内容不同", "export and message differ"
    )


@case("CF-EXP-03", Level.MUST, needs=("export", "control"), stages=STAGES)
async def the_opening_of_one_section_lifts_no_other_seal(sut: Sut) -> None:
    """一个标段开标不得解封另一个标段

    One gate for all sections is the mistake that a single test project never shows.
    """
    sealed, opened = sut.fresh_seed(), sut.fresh_seed()
    arrival = await signed_up(sut, sealed)
    await signed_up(sut, opened)
    assume(
        await sut.told_to_send("open-bids", seed=opened),
        "被测系统没有报送开标记录",
        "it sent no opening record",
    )
    rows = await sut.stored(BIDDERS, str(arrival.envelope.get("body", {}).get("key")))
    expect(
        not rows,
        "另一标段开标后,未开标标段的投标人被导出",
        "a bidder of an unopened section is exported after another section was opened",
        expected="0 rows",
        observed=rows,
    )


@case("CF-ACC-01", Level.MUST, needs=("export",))
async def nobody_unknown_may_export(sut: Sut) -> None:
    """没有签名的导出请求应拒绝

    A seal is worth nothing where the door stands open to anybody.
    """
    reply = await sut.client.send("GET", f"{sut.plan.endpoints['export']}?stage={sut.stage}", note="unsigned")
    expect(
        reply.refused and not (reply.json or {}).get("records"),
        "没有签名的导出请求得到应答",
        "an unsigned export request was answered",
        expected="HTTP 401",
        observed=reply.said(),
    )
