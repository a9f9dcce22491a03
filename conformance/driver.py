"""Runs cases one after another against one system and turns every ending into a verdict.

Sequential on purpose: a system that is being told things by one case must not be asked by another, and a
run must end the same way twice.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from conformance.case import Case
from conformance.plan import Plan
from conformance.record import Exchange, Record
from conformance.seats.client import Client
from conformance.seats.witness import Witness
from conformance.sut import Sut
from conformance.verdict import Assumption, Blame, Expectation, Failure, SystemUnreachable, Text, Verdict
from hub.standard import Standard

CASE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one case ended, with everything that was said meanwhile."""

    case: Case
    verdict: Verdict
    failure: Failure
    exchanges: tuple[Exchange, ...] = ()
    millis: int = 0
    blame: Blame | None = None


@asynccontextmanager
async def seated(
    plan: Plan,
    standard: Standard,
    *,
    now: Callable[[], datetime],
    unique: Callable[[], str],
    seed: int,
) -> AsyncIterator[Sut]:
    """Take both seats for the length of a run."""
    witness = Witness(now=now, listen=plan.listen, advertise=plan.advertise)
    async with Client(ca=plan.ca, rate=plan.rate) as client, witness:
        yield Sut(plan, standard, client, witness, now, unique, seed)


async def run(
    sut: Sut, cases: Iterable[Case], *, told: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """Ask every case; `told` hears each outcome as it comes."""
    outcomes = []
    for case in cases:
        outcome = await examine(sut, case)
        told(outcome)
        outcomes.append(outcome)
    return outcomes


async def examine(sut: Sut, case: Case) -> Outcome:
    """One case, one outcome; nothing a case or a system does escapes from here."""
    absent = inapplicable(case, sut.plan)
    if absent is not None:
        return Outcome(case, Verdict.NA, Failure(absent))
    sut.client.record = sut.witness.record = record = Record()
    begun = monotonic()
    verdict, failure, blame = await _judged(sut, case)
    if verdict is Verdict.PASS and not record.exchanges:
        reason = Text(
            "用例未与被测系统交换任何报文,不能判通过", "nothing was exchanged, so nothing was shown"
        )
        verdict, failure, blame = Verdict.ERROR, Failure(reason), Blame.SUITE
    return Outcome(
        case, verdict, failure, tuple(record.exchanges), round((monotonic() - begun) * 1000), blame
    )


def inapplicable(case: Case, plan: Plan) -> Text | None:
    """Why this plan does not ask this case; None when it does."""
    if case.dialect != plan.dialect:
        spoken = plan.dialect or "hub-unified-v1"
        return Text(
            f"本系统按 {plan.profile}({spoken})接入,不适用",
            f"the system is connected {plan.profile}: {spoken}",
        )
    outside = [stage for stage in case.stages if plan.stages and stage not in plan.stages]
    if outside:
        names = "、".join(outside)
        return Text(f"计划申报范围不含环节 {names}", f"outside the declared scope: {', '.join(outside)}")
    return None


async def _judged(sut: Sut, case: Case) -> tuple[Verdict, Failure, Blame | None]:
    missing = [name for name in case.needs if name not in sut.plan.endpoints]
    if missing:
        names = ", ".join(missing)
        reason = Text(
            f"计划未给出端点 {names},该步骤须由操作员见证",
            f"no endpoint {names}: to be attested by an operator",
        )
        return Verdict.SKIP, Failure(reason), None
    try:
        async with asyncio.timeout(CASE_SECONDS):
            await case.run(sut)
    except Assumption as early:
        return Verdict.SKIP, Failure(early.reason), None
    except Expectation as failed:
        return Verdict.FAIL, failed.failure, None
    except SystemUnreachable as lost:
        reason = Text(f"被测系统无应答:{lost}", f"the system did not answer: {lost}")
        return Verdict.ERROR, Failure(reason), Blame.SYSTEM
    except TimeoutError:
        reason = Text(f"用例 {CASE_SECONDS:.0f} 秒内未完成", f"not finished within {CASE_SECONDS:.0f} s")
        return Verdict.ERROR, Failure(reason), Blame.SYSTEM
    except Exception as bug:  # whatever a case does wrong is the suite's fault and is said so
        where = traceback.format_exception(bug)[-2:]
        reason = Text(f"测试套件自身出错:{bug!r}", f"the suite itself failed: {bug!r}")
        return Verdict.ERROR, Failure(reason, observed="".join(where)), Blame.SUITE
    return Verdict.PASS, Failure(Text("", "")), None
