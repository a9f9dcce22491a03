"""One examination from plan to report, as the command and the tests start it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from secrets import randbelow, token_hex
from time import monotonic
from typing import Any, TypeVar

from conformance.case import Case
from conformance.doctor import Check
from conformance.doctor import examine as look
from conformance.driver import Outcome, run, seated
from conformance.launch import simulated
from conformance.mutants import Kill, Mutant, judge
from conformance.plan import Plan, PlanError, load
from conformance.register import requirements
from conformance.report import build
from conformance.suite import cases
from conformance.sut import Sut
from conformance.verdict import SystemUnreachable
from hub.standard import load as load_standard

AT_ONCE = 4
Result = TypeVar("Result")


def utc() -> datetime:
    return datetime.now(UTC)


def _seed() -> int:
    """Projects of their own in every run, so that a system need not forget the last one."""
    return 1_000 + randbelow(900) * 1_000


def outcomes_of(
    plan: Plan, chosen: Iterable[Case], told: Callable[[Outcome], None] = lambda _: None
) -> list[Outcome]:
    """Run the cases; raises SystemUnreachable when nobody answers at inbound, PlanError."""

    unknown = sorted(set(plan.stages) - {stage.id for stage in load_standard().stages})
    if unknown:
        raise PlanError(f"[scope] stages: 环节编号不在标准内 / not in the standard: {', '.join(unknown)}")

    async def go(sut: Sut) -> list[Outcome]:
        await sut.client.send("GET", plan.endpoints["inbound"], note="is anybody there")
        return await run(sut, chosen, told=told)

    return _seated(plan, go)


def examined(
    plan: Plan, chosen: Iterable[Case], told: Callable[[Outcome], None] = lambda _: None
) -> dict[str, Any]:
    """Run and report."""
    started, begun = utc(), monotonic()
    outcomes = outcomes_of(plan, chosen, told)
    return build(
        plan,
        outcomes,
        suite=cases(),
        register=requirements(),
        started=started,
        millis=round((monotonic() - begun) * 1000),
        observed_build=_observed_build(plan),
    )


def doctor(plan: Plan) -> list[Check]:
    """The preflight."""
    return _seated(plan, look)


def _observed_build(plan: Plan) -> str:
    """The build that control names; empty where there is none to ask."""
    if "control" not in plan.endpoints or plan.dialect:
        return ""

    async def ask(sut: Sut) -> str:
        try:
            reply = await sut.control()
        except SystemUnreachable:
            return ""
        return str((reply.json or {}).get("build") or "") if reply.ok else ""

    return _seated(plan, ask)


def _seated(plan: Plan, work: Callable[[Sut], Coroutine[Any, Any, Result]]) -> Result:
    async def go() -> Result:
        async with seated(plan, load_standard(), now=utc, unique=lambda: token_hex(8), seed=_seed()) as sut:
            return await work(sut)

    return asyncio.run(go())


def tried(mutant: Mutant) -> Kill:
    """Start one variant of T01 and run the whole suite against it."""
    with simulated(variant=mutant.variant) as running:
        return judge(mutant, outcomes_of(load(running.plan), cases()))


def tried_all(chosen: Iterable[Mutant]) -> Iterator[Kill]:
    """All of them, a few at a time (each mostly waits), in the order of the table."""
    load_standard()
    cases()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(tried, chosen)
