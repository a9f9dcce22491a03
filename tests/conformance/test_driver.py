"""How a case ends: on four systems, and on a suite that is itself at fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance.case import Case, Level, case
from conformance.driver import examine
from conformance.suite import cases
from conformance.sut import Sut
from conformance.verdict import Blame, Verdict, expect, expect_same

BY_ID = {case.id: case for case in cases()}
ONCE = BY_ID["exchange/receipts/a-repeated-message-takes-effect-once"]


@pytest.mark.parametrize(
    ("flaws", "verdict"),
    [
        pytest.param((), Verdict.PASS, id="good"),
        pytest.param(("doubles",), Verdict.FAIL, id="forgetful"),
        pytest.param(("refuses-all",), Verdict.SKIP, id="refusing"),
        pytest.param(("hangs-up",), Verdict.ERROR, id="broken"),
    ],
)
async def test_four_systems(flaws: tuple[str, ...], verdict: Verdict, small: Callable[..., Any]) -> None:
    async with small(*flaws) as sut:
        outcome = await examine(sut, ONCE)
    assert outcome.verdict is verdict
    assert outcome.blame is (Blame.SYSTEM if verdict is Verdict.ERROR else None)
    assert outcome.exchanges, "every ending shows what was said"
    assert (outcome.failure.reason.zh == "") is (verdict is Verdict.PASS)


async def test_nobody_there_is_the_systems_error(small: Callable[..., Any]) -> None:
    async with small() as sut:
        nowhere = {**sut.plan.endpoints, "inbound": "http://127.0.0.1:9/in"}
        sut.plan = replace(sut.plan, endpoints=nowhere)
        outcome = await examine(sut, ONCE)
    assert (outcome.verdict, outcome.blame) == (Verdict.ERROR, Blame.SYSTEM)


def made(run: Any) -> Case:
    return case("EX-RCP-01", Level.MUST)(run)


async def test_a_bug_of_the_suite_is_never_charged_to_the_vendor(small: Callable[..., Any]) -> None:
    async def clumsy(sut: Sut) -> None:
        """笨拙的用例

        It divides by nothing.
        """
        await sut.submit(sut.message())
        _ = 1 // 0

    async with small() as sut:
        outcome = await examine(sut, made(clumsy))
    assert (outcome.verdict, outcome.blame) == (Verdict.ERROR, Blame.SUITE)
    assert "ZeroDivisionError" in outcome.failure.reason.zh


async def test_a_pass_without_an_exchange_is_none(small: Callable[..., Any]) -> None:
    async def idle(sut: Sut) -> None:
        """无所事事

        It asks nothing and so shows nothing.
        """

    async with small() as sut:
        outcome = await examine(sut, made(idle))
    assert (outcome.verdict, outcome.blame) == (Verdict.ERROR, Blame.SUITE)


async def test_scope_and_profile_decide_what_applies(small: Callable[..., Any]) -> None:
    notice = BY_ID["aggregation/export/a-notice-it-publishes-meets-the-standard"]
    legacy = next(c for c in cases() if c.dialect)
    async with small() as sut:
        assert (await examine(sut, legacy)).verdict is Verdict.NA
        sut.plan = replace(sut.plan, stages=("eng-project",))
        outcome = await examine(sut, notice)
        assert outcome.verdict is Verdict.NA and "eng-tender-notice" in outcome.failure.reason.zh
        sut.plan = replace(sut.plan, dialect="asmx-parasxml")
        assert (await examine(sut, ONCE)).verdict is Verdict.NA


async def test_without_control_a_step_is_left_to_an_operator(small: Callable[..., Any]) -> None:
    notice = BY_ID["aggregation/export/a-notice-it-publishes-meets-the-standard"]
    async with small() as sut:
        sut.plan = replace(sut.plan, endpoints={"inbound": sut.plan.endpoints["inbound"]})
        outcome = await examine(sut, notice)
    assert outcome.verdict is Verdict.SKIP and "control" in outcome.failure.reason.zh


async def test_secrets_stay_out_of_exchanges(small: Callable[..., Any]) -> None:
    async with small() as sut:
        outcome = await examine(sut, BY_ID["aggregation/export/no-record-is-lost-between-pages"])
    exports = [e.public() for e in outcome.exchanges if e.method == "GET"]
    assert exports and all(e["request"]["headers"]["X-Hutong-Sign"] == "…" for e in exports)


def test_a_case_says_title_and_reason() -> None:
    async def silent(sut: Sut) -> None:
        """只有标题"""

    with pytest.raises(TypeError, match="title and its reason"):
        made(silent)


def test_the_id_is_where_it_stands() -> None:
    assert ONCE.chapter == "exchange"
    assert ONCE.title.en == "a repeated message takes effect once"
    assert all(c.id.count("/") == 2 and c.id == c.id.lower() for c in cases())


def test_expectations_quote_the_first_differing_byte() -> None:
    from conformance.verdict import Expectation

    with pytest.raises(Expectation) as caught:
        expect_same({"a": "甲", "b": 2}, {"a": "甲", "b": 1}, "不同", "differs")
    failure = caught.value.failure
    assert failure.expected == '{"a":"甲","b":1}' and failure.observed == '{"a":"甲","b":2}'
    assert "offset 15" in failure.difference and "[31]" in failure.difference and "[32]" in failure.difference
    expect_same(b"x", b"x", "", "")
    expect(True, "", "")


async def test_the_declared_rate_is_kept(small: Callable[..., Any]) -> None:
    from time import monotonic

    from conformance.seats.client import Client

    async with small() as sut, Client(rate=20) as client:
        begun = monotonic()
        for _ in range(5):
            await client.send("GET", sut.plan.endpoints["inbound"])
    assert monotonic() - begun >= 4 / 20
