"""Plans: repeatable, connected, unique, valid by the standard; and no gevent on the way to them."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from random import Random

import pytest

from hub.message import Severity
from hub.standard import load
from loadtests.arrivals import arrivals
from loadtests.ledger import Planned
from loadtests.plan import plan
from loadtests.records import Records
from loadtests.shapes import SHAPES, Phase
from loadtests.shapes.deadline_rush import BIDDING

STANDARD = load()
STAGES = tuple(stage.id for stage in STANDARD.stages)


def rows(name: str, seconds: float, rate: float, *, seed: int = 3, run: str = "cafe0001") -> list[Planned]:
    shape = SHAPES[name]
    records = Records(STANDARD.sample, STAGES, "T01", "sandbox", run, seed)
    return list(plan(shape, shape.phases(seconds, rate, len(STAGES)), records, seed))


def puts(planned: list[Planned]) -> list[dict]:
    return [row.envelope for row in planned if row.op == "put"]


def test_smoke_has_every_stage_once_in_order_and_asks_for_each() -> None:
    planned = rows("smoke", 0, 20)
    assert [row.stage for row in planned if row.op == "put"] == list(STAGES)
    assert [row.about for row in planned if row.op == "ask"] == list(range(51))


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_equal_seeds_give_equal_plans_and_others_do_not(name: str) -> None:
    assert rows(name, 6, 30) == rows(name, 6, 30)
    assert rows(name, 6, 30) != rows(name, 6, 30, seed=4)


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_records_are_valid_and_unique(name: str) -> None:
    planned = rows(name, 8, 30)
    for envelope in puts(planned):
        signed_later = {
            **envelope,
            "head": {**envelope["head"], "time": "2026-11-22T09:00:00+08:00", "nonce": "0" * 12},
        }
        errors = [x for x in STANDARD.check(signed_later) if x.severity is Severity.ERROR]
        assert not errors, (envelope["head"]["stage"], errors)
    ids = [row.msg_id for row in planned if row.op == "put"]
    assert len(set(ids)) == len(ids)
    natural = []
    for envelope in puts(planned):
        stage = next(stage for stage in STANDARD.stages if stage.id == envelope["head"]["stage"])
        natural.append((stage.id, *(str(envelope["body"]["fields"].get(key)) for key in stage.natural_key)))
    assert len(set(natural)) == len(natural), "two records of one thing would be refused after acceptance"


def test_a_resent_message_is_the_same_message() -> None:
    planned = rows("ordinary", 30, 40)
    again = [row for row in planned if row.op == "resend"]
    assert again
    for row in again:
        first = planned[row.about]
        assert (row.envelope, row.msg_id, row.digest) == (first.envelope, first.msg_id, first.digest)


def test_in_a_rush_bidders_come_to_prepared_sections() -> None:
    planned = rows("deadline-rush", 10, 60)
    sections = {
        e["body"]["fields"]["BID_SECTION_CODE"] for e in puts(planned) if e["head"]["stage"] == "eng-section"
    }
    bids = [e for e in puts(planned) if e["head"]["stage"] in BIDDING]
    assert len(bids) > 300
    for envelope in bids:
        assert envelope["body"]["fields"]["BID_SECTION_CODE"] in sections
    lead, rush = SHAPES["deadline-rush"].phases(10, 60, 51)
    assert rush.rate == 10 * lead.rate
    assert not lead.measured


def test_two_runs_of_one_seed_differ_in_ids_only() -> None:
    one, two = rows("smoke", 0, 20), rows("smoke", 0, 20, run="cafe0002")
    assert not {row.msg_id for row in one} & {row.msg_id for row in two}
    assert [e["body"]["fields"] for e in puts(one)] == [e["body"]["fields"] for e in puts(two)]


def test_random_arrivals_keep_the_rate_and_the_order() -> None:
    phases = (Phase("a", 50, 10), Phase("b", 50, 40))
    instants = list(arrivals(phases, "random", Random(1)))
    assert all(a <= b for (a, _), (b, _) in pairwise(instants))
    first = sum(phase == 0 for _, phase in instants)
    assert 430 < first < 570
    assert 1850 < len(instants) - first < 2150
    even = [due for due, _ in arrivals((Phase("a", 1, 4),), "even", Random(1))]
    assert even == [0, 0.25, 0.5, 0.75]


def test_the_parent_never_imports_locust() -> None:
    code = "import sys, loadtests.cli; sys.exit(bool({'locust', 'gevent'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
