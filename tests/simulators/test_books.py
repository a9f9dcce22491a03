"""D01's filings and R01's list as such, and chaos that is the same chaos each time."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Any

import pytest

from certs.identity import uscc_ok
from hub.message import CST
from simulators.desk import Refusal
from simulators.faults import FaultPlan, UnknownFaultError
from simulators.faults.plan import CHAOS
from simulators.fleet import Fleet, Options
from simulators.systems.credit import BARRED, CreditRegister
from simulators.systems.projects import ProjectRegister
from simulators.wire import Request

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=CST)


def asked(code: str, kind: str = "1", at: str = "2026-11-22T09:00:00+08:00") -> dict[str, Any]:
    return {"party.type": kind, "party.code": code, "atTime": at}


def test_the_credit_list_bars_some_and_forgives_what_was_repaired() -> None:
    register = CreditRegister("R01", 1)
    assert len(register.entries()) == 7 and all(uscc_ok(code) for code in register.entries())
    told = [register.look_up(asked(code), NOW) for code in register.entries()]
    assert {row["barred"] for row in told} == {True, False}, "a hit need not block"
    assert all(row["hits"] for row in told)
    assert len({row["creditCheckNo"] for row in told}) == 7
    register.repair(BARRED)
    assert register.look_up(asked(BARRED), NOW) | {"creditCheckNo": ""} == {
        "creditCheckNo": "", "barred": False, "hits": [], "sourceSystem": "R01", "asOf": NOW.isoformat(),
    }  # fmt: skip


def test_a_hit_holds_only_in_its_time() -> None:
    register = CreditRegister("R01", 1)
    assert not register.look_up(asked(BARRED, at="2028-01-01T00:00:00+08:00"), NOW)["barred"]
    assert register.look_up(asked(BARRED), NOW)["barred"]


def test_codes_that_cannot_be() -> None:
    register = CreditRegister("R01", 1)
    for code, reason in ((BARRED[:-1] + "0", "credit.body-code"), ("", "credit.body-code")):
        with pytest.raises(Refusal) as caught:
            register.look_up(asked(code), NOW)
        assert caught.value.code == reason
    with pytest.raises(Refusal) as caught:
        register.look_up(asked("", kind="3"), NOW)
    assert caught.value.code == "credit.body-unknown"


def test_the_same_seed_has_the_same_filings_and_another_other_ones() -> None:
    one, same, other = (ProjectRegister(seed).filings() for seed in (1, 1, 2))
    assert one == same and {f.code for f in one}.isdisjoint({f.code for f in other})


def test_plan_numbers_are_other_departments_matter() -> None:
    with pytest.raises(Refusal) as caught:
        ProjectRegister(1).look_up({"queryKind": "plan-no", "planNo": "1"}, NOW)
    assert caught.value.code == "project.not-found"


def names(seed: int, rate: float) -> list[str]:
    plan = FaultPlan("soap11-wsse", chaos=rate, rng=Random(seed))
    return [plan.next(Request("POST", "/x"))[0] for _ in range(400)]


def test_chaos_is_seeded_rare_and_only_what_an_ordinary_day_brings() -> None:
    assert names(1, 0.05) == names(1, 0.05) != names(2, 0.05)
    happened = [name for name in names(1, 0.05) if name]
    assert 5 <= len(happened) <= 40 and set(happened) <= set(CHAOS)
    assert not any(names(1, 0.0))
    assert FaultPlan("soap11-wsse", chaos=1.0, rng=Random(1)).next(Request("GET", "/x"))[0] == ""


def test_t01_takes_no_fault_that_it_would_not_show() -> None:
    fleet = Fleet.muster(Options(("T01",)))
    with pytest.raises(UnknownFaultError):
        fleet.systems["T01"].faults.arm("busy")
    assert fleet.systems["T01"].faults.arm("http-503").left == 1


def test_an_unknown_system_is_named() -> None:
    with pytest.raises(KeyError, match="Z99"):
        Fleet.muster(Options(("Z99",)))
