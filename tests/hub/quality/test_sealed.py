"""Before the gate a sealed record does not exist: not for a score, not for a count, not for a report."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from hub.quality import Dimension, QualityConfig, QualityRecord, score, series
from hub.quality.ledger import day_of
from hub.quality.report import document, page, text
from hub.quality.story import FIRST, LAST
from hub.standard.sample import Project


def bids(make: Any, project: Project, rng: Random) -> list[QualityRecord]:
    """Any number of bids, sound or not, accepted or refused: whatever bidders may have sent."""
    found = []
    for part in range(rng.randrange(1, 40)):
        bad = rng.random() < 0.5
        found.append(
            make(
                rng.choice(("eng-bidder-list", "eng-bid-fingerprint", "eng-bid-margin", "eng-invitation")),
                bidder=rng.randrange(len(project.bidders)), part=part, late=rng.randrange(-5, 20),
                accepted=not bad, found=("code.unknown", "field.required") if bad else (), sealed=True,
                fields={"QUALITY": None} if bad else {},
            )
        )  # fmt: skip
    return found


@pytest.mark.parametrize("seed", range(8))
def test_any_number_of_sealed_bids_leaves_every_report_as_it_is(
    make: Any, project: Project, config: QualityConfig, seed: int
) -> None:
    open_ = [
        make(stage) for stage in ("eng-project", "eng-tender-project", "eng-section", "eng-tender-notice")
    ]
    open_.append(make("eng-tender-document", accepted=False, found=("field.date",)))
    hidden = bids(make, project, Random(seed))
    first, last = project.times.registered.date(), project.times.opening.date()
    plain = document(series(open_, config, first, last), config)
    sealed = document(series([*hidden, *open_], config, first, last), config)
    assert json.dumps(plain) == json.dumps(sealed)
    assert page(plain) == page(sealed) and text(plain) == text(sealed)
    assert document(series([*hidden, *open_], config), config) == document(series(open_, config), config)


def test_what_lifts_later_does_not_change_what_was_told(
    make: Any, project: Project, config: QualityConfig
) -> None:
    opening = make("eng-bid-opening")
    open_ = [make(stage) for stage in ("eng-tender-project", "eng-section", "eng-tender-notice")] + [opening]
    hidden = bids(make, project, Random(3))
    lifted = [replace(one, lifted=opening.received) for one in hidden]
    before = day_of(opening.received) - timedelta(days=1)
    days = (project.times.registered.date(), before)
    assert series([*open_, *lifted], config, *days) == series([*open_, *hidden], config, *days)
    after = score([*open_, *lifted], config, day_of(opening.received))
    assert after.records > score([*open_, *hidden], config, day_of(opening.received)).records


def test_a_lifted_record_is_timed_by_its_receipt(make: Any, config: QualityConfig) -> None:
    on_time = make("eng-bidder-list", sealed=True)
    lifted = replace(on_time, lifted=on_time.received + timedelta(days=12))
    scored = score([lifted], config)
    assert scored.day == day_of(on_time.received) + timedelta(days=12)
    assert scored.dimension(Dimension.TIMELINESS).share == 1


def test_the_story_keeps_the_seal_to_its_last_day(
    month: tuple[QualityRecord, ...], config: QualityConfig
) -> None:
    """Deals whose opening lies after the month have sent bids; taking those away changes nothing at all."""
    hidden = [one for one in month if one.sealed and one.lifted is None]
    assert {"eng-bidder-list", "gp-supplier-list"} <= {one.stage for one in hidden}
    refs = {one.ref for one in hidden}
    shown = [one for one in month if one.ref not in refs]
    days = (LAST - timedelta(days=2), LAST)
    assert days[0] > FIRST
    assert document(series(month, config, *days), config) == document(series(shown, config, *days), config)
