"""The fault table: every fault of every dialect has its row of (blame, retriable, code, observed)."""

from __future__ import annotations

import csv
import re

from hub.catalogue.papers import Papers
from simulators.dialects import SIDES
from simulators.faults import faults
from simulators.faults.outcomes import BEARINGS, outcomes, pairs
from simulators.lines import line_of
from tests.rows import each

ALL = sorted(pairs({dialect: line_of(dialect) for dialect in SIDES}))
BLAMES = {"sender", "receiver", "hub", "network", "-"}


@each("dialect", sorted(SIDES))
def test_every_fault_of_a_dialect_has_its_row(dialect: str) -> None:
    mine = [fault for name, fault in ALL if name == dialect]
    assert len(mine) >= 5
    without = [fault for fault in mine if not outcomes(dialect, fault)]
    assert without == [], "a row of expected.csv that names the fault, or a line of bearings.csv"


def test_rows_say_whose_fault_it_is_and_whether_to_try_again() -> None:
    for dialect, fault in ALL:
        for row in outcomes(dialect, fault):
            assert row.blame in BLAMES and row.code and row.observed, (dialect, fault)
            if row.kind == "retry" or (row.kind == "unknown" and row.face == "out"):
                assert row.retriable, (dialect, fault)
            if row.kind == "delivered":
                assert not row.retriable and row.code == "ok", (dialect, fault)


def test_a_status_named_by_the_fault_is_the_status_of_its_row() -> None:
    for dialect, fault in ALL:
        named = re.match(r"http-(\d{3})(?:-after-effect)?$", fault)
        if named is None:
            continue
        row = outcomes(dialect, fault)[0]
        text = f"{row.situation} {row.observed}"
        assert named[1] in text or f"{named[1][0]}xx" in text or "any " in text, (dialect, fault, row)


def test_bearings_name_what_there_is_and_are_used() -> None:
    with BEARINGS.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert len({(row["fault"], row["dialect"]) for row in rows}) == len(rows)
    for row in rows:
        assert row["fault"] in faults(), row
        if row["dialect"]:
            kinds = {(each.kind, each.code) for each in Papers.load(row["dialect"]).expected}
            assert (row["kind"], row["code"]) in kinds, row


def test_the_papers_own_row_goes_before_a_bearing() -> None:
    row = outcomes("front-db", "lock-timeout")[0]
    assert (row.blame, row.retriable, row.code) == ("receiver", True, "receiver.locked")
    assert "423" in row.observed
    assert outcomes("static-token-rest", "http-503")[0].code == "receiver.http-5xx"
    assert outcomes("static-token-rest", "no-such-fault") == ()
