"""The desk's table and its evidence, as values."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from hub.message import CST, wall
from hub.onboarding.decide import Ask, decide, event
from hub.onboarding.directory import listing
from hub.onboarding.report import digest_of, gist
from hub.onboarding.sample import sample_application
from hub.onboarding.steps import STEPS, State, open_to

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=CST)


def report(system: str = "T01", **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "suite": "hutong",
        "version": "1",
        "system": {"id": system, "build": "b1"},
        "started": wall(NOW - timedelta(days=1)),
        "seconds": 3,
        "summary": {"pass": 12, "fail": 0},
        "verdict": "conformant",
        "cases": [],
    }
    made |= changes
    return {**made, "digest": digest_of(made)}


def take(record: dict[str, Any], step: str, actor: str = "centre", **given: Any) -> Any:
    realm = given.pop("realm", "sandbox")
    key = given.pop("has_key", True)
    return decide(record, Ask(step, actor, "x", **given), system="T01", realm=realm, now=NOW, has_key=key)


def applied() -> dict[str, Any]:
    form = sample_application("T01")
    form.pop("system")
    decision = take({}, "apply", "vendor", application=form)
    assert decision.record is not None, decision.findings
    record: dict[str, Any] = decision.record
    return record


def examined(**changes: Any) -> dict[str, Any]:
    decision = take(applied(), "report", "vendor", report=gist(report(**changes)))
    assert decision.record is not None, decision.findings
    record: dict[str, Any] = decision.record
    return record


def codes(decision: Any) -> list[str]:
    return [finding.code for finding in decision.findings if finding.severity.value == "error"]


def test_the_whole_way() -> None:
    record = examined()
    assert record["state"] == State.TESTING
    online = take(record, "approve").record
    assert online["state"] == State.ONLINE
    suspended = take(online, "suspend", cause="对接异常").record
    assert suspended["state"] == State.SUSPENDED
    back = take(suspended, "approve").record
    assert back["state"] == State.ONLINE
    over = take(back, "terminate", "vendor", cause="停止运营").record
    assert over["state"] == State.TERMINATED
    assert take(over, "apply", "vendor", application=over["application"]).record["state"] == State.APPLIED


def test_approval_tells_everything_that_is_missing() -> None:
    form = sample_application("T01")
    form.pop("system")
    form["disclosure"] = {"manual": "http://x"}
    form["operator"]["creditCode"] = "91620100MA7TEST000"
    record = {"system": "T01", "state": "applied", "application": form, "report": None}
    decision = take(record, "approve", has_key=False)
    assert decision.record is None
    assert set(codes(decision)) == {"onboard.operator", "onboard.disclosure", "onboard.key", "onboard.report"}
    assert codes(decision).count("onboard.disclosure") == 3


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"verdict": "not-conformant"}, "onboard.report-verdict"),
        ({"verdict": "incomplete"}, "onboard.report-verdict"),
        ({"started": wall(NOW - timedelta(days=31))}, "onboard.report-age"),
        ({"started": wall(NOW + timedelta(days=1))}, "onboard.report-age"),
        ({"started": "yesterday"}, "onboard.report-age"),
    ],
)
def test_a_report_that_does_not_carry_approval(changes: dict[str, Any], code: str) -> None:
    assert codes(take(examined(**changes), "approve")) == [code]


def test_a_changed_or_foreign_report_is_not_even_filed() -> None:
    changed = {**report(verdict="not-conformant"), "verdict": "conformant"}
    assert codes(take(applied(), "report", "vendor", report=gist(changed))) == ["onboard.report-digest"]
    foreign = gist(report(system="T02"))
    assert codes(take(applied(), "report", "vendor", report=foreign)) == ["onboard.report-system"]
    bare = {name: value for name, value in report().items() if name != "digest"}
    assert codes(take(applied(), "report", "vendor", report=gist(bare))) == ["onboard.report-digest"]


def test_what_was_tested_is_what_was_declared() -> None:
    record = examined()
    record["application"]["build"] = "b2"
    assert codes(take(record, "approve")) == ["onboard.build"]


def test_papers_are_a_warning_in_the_sandbox_and_wanted_in_production() -> None:
    assert take(examined(), "approve").record is not None
    assert codes(take(examined(), "approve", realm="production")) == ["onboard.document"] * 3
    record = examined()
    row = {"digest": "sm3:0", "validUntil": "2026-11-22"}
    record["application"]["documents"] = {"protection": row, "cryptography": row, "review": row}
    assert codes(take(record, "approve", realm="production")) == []
    record["application"]["documents"]["review"] = {**row, "validUntil": "2026-11-21"}
    assert codes(take(record, "approve", realm="production")) == ["onboard.document-expired"]


def test_suspension_and_termination_want_a_cause() -> None:
    online = {"system": "T01", "state": "online"}
    assert codes(take(online, "suspend")) == ["onboard.cause"]
    assert codes(take(online, "terminate", cause="  ")) == ["onboard.cause"]


def test_nobody_takes_a_step_that_the_table_does_not_give() -> None:
    """Every state, step and actor: allowed exactly where the row says so."""
    for state in State:
        for step in STEPS.values():
            for actor in ("vendor", "centre", "hub"):
                found = codes(
                    take({"system": "T01", "state": state.value}, step.name, actor, cause="原因说明")
                )
                assert ("onboard.state" in found) == (state not in step.sources)
                assert ("onboard.actor" in found) == (actor not in step.actors)
    assert open_to(State.ONLINE, "vendor") == ("terminate",)


def test_the_event_holds_the_entry_as_it_stands_afterwards() -> None:
    before = applied()
    ask = Ask("terminate", "centre", "centre", cause="停止运营")
    after = take(before, "terminate", cause="停止运营").record
    made = event(before, ask, after)
    assert (made["from"], made["to"], made["state"], made["record"]) == (
        "applied",
        "terminated",
        "terminated",
        after,
    )


def test_the_directory_lists_what_is_public_only() -> None:
    online = take(examined(), "approve").record
    waiting = applied() | {"system": "T02"}
    rows = listing([online, waiting], {"T01": "甲"})
    assert [row["system"] for row in rows] == ["T01"]
    assert set(rows[0]["disclosure"]) == {"manual", "fees", "service", "complaints"}
    assert "0931-0000000" not in str(rows)  # the duty contact stays at the desk
