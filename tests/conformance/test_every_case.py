"""Each case passes on a good system and has been seen to fail on a bad one; then it may be believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance.case import Case
from conformance.driver import examine, run
from conformance.suite import cases
from conformance.verdict import Verdict

BY_REQUIREMENT = {case.requirement: case for case in cases()}
DIRECT = [case for case in cases() if not case.dialect]
SEEN_TO_FAIL = {
    "EX-RCP-01": "thin-receipt",
    "EX-IDM-01": "new-receipts",
    "EX-IDM-02": "doubles",
    "EX-IDM-03": "raw-sameness",
    "EX-IDM-04": "no-conflict",
    "EX-SIG-01": "any-signature",
    "EX-SIG-02": "any-signature",
    "EX-SIG-03": "prefix-compare",
    "EX-SIG-04": "any-key",
    "EX-SIG-05": "unsigned-too",
    "EX-SIG-06": "no-nonces",
    "EX-TIM-01": "no-window",
    "EX-FND-01": "first-finding-only",
    "EX-FND-02": "no-codes",
    "EX-ENV-01": "lenient-json",
    "EX-ENV-02": "lenient-json",
    "EX-ENV-03": "guesses-charset",
    "EX-ENV-04": "any-realm",
    "EX-LIM-01": "no-limit",
    "EX-ERR-01": "200-on-error",
    "EX-SND-01": "wrong-key",
    "EX-SND-02": "odd-head",
    "EX-SND-03": "one-nonce",
    "EX-SND-04": "renumbers",
    "EX-SND-05": "renumbers",
    "EX-SND-06": "chatters",
    "AG-EXP-01": "trims",
    "AG-EXP-02": "drops-ext",
    "AG-EXP-03": "loses-on-the-seam",
    "AG-EXP-04": "keeps-first",
    "AG-EXP-05": "floats",
    "AG-STG-01": "no-contracts",
    "AG-NOT-01": "bad-notice",
    "CF-EXP-01": "leaks",
    "CF-CTL-01": "control-counts",
    "CF-EXP-02": "silent-for-ever",
    "CF-EXP-03": "one-gate",
    "CF-ACC-01": "open-export",
    "EV-DIG-01": "raw-digest",
    "EV-DIG-02": "constant-digest",
}


async def test_a_good_system_passes_every_case(small: Callable[..., Any]) -> None:
    async with small() as sut:
        outcomes = await run(sut, DIRECT)
    bad = {o.case.id: (o.verdict.value, o.failure) for o in outcomes if o.verdict is not Verdict.PASS}
    assert not bad


@pytest.mark.parametrize("stage", ["contract-sign", "archive-record", "gp-project", "eng-tender-notice"])
async def test_any_declared_scope_can_be_examined(stage: str, small: Callable[..., Any]) -> None:
    """Cases about the envelope use whatever stage the vendor declared first."""
    async with small() as sut:
        sut.plan = replace(sut.plan, stages=(stage,))
        outcomes = await run(sut, DIRECT)
    allowed = {Verdict.PASS, Verdict.NA}
    assert not {o.case.id: o.failure for o in outcomes if o.verdict not in allowed}
    assert sum(o.verdict is Verdict.PASS for o in outcomes) >= 25


@pytest.mark.parametrize("manner", ["pretty", "slow", "chunked"])
async def test_a_system_may_be_different_and_right(manner: str, small: Callable[..., Any]) -> None:
    async with small(manner) as sut:
        outcomes = await run(sut, DIRECT)
    assert not {o.case.id: o.failure for o in outcomes if o.verdict is not Verdict.PASS}


def test_every_case_has_a_system_that_fails_it() -> None:
    assert set(SEEN_TO_FAIL) == {case.requirement for case in DIRECT}
    assert len({case.id for case in DIRECT}) >= 16


@pytest.mark.parametrize(("requirement", "flaw"), SEEN_TO_FAIL.items())
async def test_the_case_fails_on_the_flaw_it_is_about(
    requirement: str, flaw: str, small: Callable[..., Any]
) -> None:
    case: Case = BY_REQUIREMENT[requirement]
    async with small(flaw) as sut:
        outcome = await examine(sut, case)
    assert outcome.verdict is Verdict.FAIL, outcome.failure
    assert outcome.failure.reason.zh and outcome.failure.reason.en
    assert outcome.exchanges


async def test_a_count_in_a_header_is_a_count(small: Callable[..., Any]) -> None:
    async with small("counts-in-header") as sut:
        outcome = await examine(sut, BY_REQUIREMENT["CF-EXP-01"])
    assert outcome.verdict is Verdict.FAIL and "人数" in outcome.failure.reason.zh
