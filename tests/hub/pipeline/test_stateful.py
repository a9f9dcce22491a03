"""The stateful rules over facts and a small index made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from core_kit import STANDARD

from hub.index.port import RecordRow
from hub.index.tokens import Tokens
from hub.pipeline.facts import derive
from hub.pipeline.stateful import RULES, Case, judge

TOKENS = Tokens(b"k" * 32)


class Past:
    """The look-ups the rules use."""

    def __init__(self, *, owner="T01", records=(), deadlines=None):
        self.owner, self.records, self.deadlines = owner, records, deadlines or {}

    def parent_owner(self, parent):
        return self.owner

    def record(self, key):
        return next((row for row in self.records if row.record_key == key), None)

    def natural(self, key):
        return next((row for row in self.records if row.natural_key == key and row.live), None)

    def deadline(self, scope):
        return self.deadlines.get(scope)


def _case(stage="eng-section", past=None, *, released=False, now=2**60, fields=None, op="insert", version=1):
    envelope = STANDARD.sample(stage, 1)
    envelope["body"] |= {"op": op, "version": version}
    envelope["body"]["fields"] |= fields or {}
    facts = derive(envelope, "id", STANDARD, TOKENS)
    return Case(facts, envelope["body"]["fields"], past or Past(), now, released=released)


def _told(case):
    verdict = judge(case)
    return verdict.state, verdict.reason


def _row(facts, **more):
    return replace(RecordRow(facts.record_key, facts.natural_key, facts.version, facts.digest, True), **more)


def test_the_rules_and_their_order():
    assert [rule.__name__ for rule in RULES] == ["parent", "opening", "record", "amount"]
    assert _told(_case()) == ("accepted", "")


def test_parent_missing_is_held_and_waits_for_it():
    case = _case(past=Past(owner=None))
    verdict = judge(case)
    assert (verdict.state, verdict.reason, verdict.waits) == ("held", "R05", (case.facts.parent,))
    assert _told(_case("eng-project", Past(owner=None))) == ("accepted", ""), "projects have no parent"


@pytest.mark.parametrize("stage", ["eng-bid-opening", "eng-candidate-publicity", "eng-result-notice"])
def test_gates_are_opened_by_the_running_system_alone(stage):
    assert _told(_case(stage, Past(owner="T03"))) == ("refused", "R07")
    assert _told(_case(stage, Past(owner="T01"))) == ("accepted", "")
    assert _told(_case("eng-bid-margin", Past(owner="T03"))) == ("accepted", ""), (
        "a bank reports another's tender"
    )


def test_opening_waits_for_the_latest_announced_time():
    case = _case("eng-bid-opening")
    scope = case.facts.scopes[0]
    past = Past(deadlines={scope: 100})
    assert _told(replace(case, index=past, now=case.facts.opened_at - 1)) == (
        "refused",
        "opening.before-deadline",
    )
    assert _told(replace(case, index=past)) == ("accepted", "")
    assert _told(replace(case, index=Past(deadlines={scope: 2**61}))) == (
        "refused",
        "opening.before-deadline",
    )


def test_history_of_a_record():
    first = _case()
    there = _row(first.facts)
    other = replace(there, digest=b"x")
    assert judge(_case(past=Past(records=[there]))).duplicate, "the same record again"
    assert _told(_case(past=Past(records=[other]))) == ("refused", "R07")
    assert _told(_case(past=Past(records=[replace(other, live=False)]))) == ("accepted", ""), "deleted before"
    twin = replace(other, record_key=5)
    assert _told(_case(past=Past(records=[twin]))) == ("refused", "R06")
    notice = _case("eng-tender-notice")
    twin = replace(_row(notice.facts, digest=b"x"), record_key=5)
    assert _told(replace(notice, index=Past(records=[twin]))) == ("refused", "R08")

    def change(version, *rows, op="update", fields=None):
        return _told(_case(past=Past(records=rows), op=op, version=version, fields=fields))

    assert change(2) == ("held", "record.missing")
    assert change(2, other) == ("accepted", "")
    assert change(3, other) == ("held", "record.gap")
    assert change(2, replace(other, version=2)) == ("refused", "record.version")
    assert change(2, replace(other, live=False)) == ("refused", "record.version")
    assert change(2, replace(other, record_key=5)) == ("refused", "R07"), "somebody else's"
    assert change(2, replace(other, natural_key=5)) == ("refused", "R06"), "codes are frozen"
    assert change(2, replace(other, natural_key=5), op="delete") == ("accepted", "")


def test_amounts_above_the_limit_wait_for_a_person():
    big = {"CONTRACT_RECKON_PRICE": "300001", "PRICE_UNIT": "1"}
    assert _told(_case(fields=big)) == ("held", "R04")
    assert _told(_case(fields=big, released=True)) == ("accepted", "")
    assert _told(_case(fields={**big, "PRICE_UNIT": "0"})) == ("accepted", "")


def test_sealed_natural_keys_are_the_senders_own():
    keys = set()
    for sender in ("T01", "T03"):
        envelope = STANDARD.sample("eng-bidder-list", 1, sender=sender)
        keys.add(derive(envelope, "id", STANDARD, TOKENS).natural_key)
    assert len(keys) == 2


def test_facts_hold_no_value_of_the_record():
    envelope = STANDARD.sample("eng-bidder-list", 1)
    text = repr(derive(envelope, "id", STANDARD, TOKENS))
    for name in ("BIDDER_NAME", "BIDDER_ORG_CODE", "BID_SECTION_CODE", "PM_CODE"):
        assert envelope["body"]["fields"][name] not in text
