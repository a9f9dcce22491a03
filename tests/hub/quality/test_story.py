"""The month from 65.18 to 93.89: computed, not written down, and each dimension moves for its own reason."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate, pairwise

import pytest

from hub.message import refusing
from hub.quality import Dimension, QualityConfig, QualityRecord, Series, series
from hub.quality.story import FIRST, LAST, PLATFORMS, SEED, tell
from hub.quality.story.habits import HABITS
from hub.standard import Standard

START, END, WITHIN = 65.18, 93.89, 3.0
REASON = {
    Dimension.FLOW: ("omits",),
    Dimension.FIELDS: ("blanks", "leaves"),
    Dimension.TIMELINESS: ("batches",),
    Dimension.ACCURACY: ("miscodes", "contradicts"),
    Dimension.REPAIR: ("mends",),
}


def climbs(totals: tuple[float, ...]) -> None:
    weeks = [sum(totals[day : day + 7]) / 7 for day in range(0, 28, 7)]
    assert weeks == sorted(weeks) and all(after - before > 2 for before, after in pairwise(weeks))
    best = accumulate(totals, max)
    assert max(high - total for high, total in zip(best, totals, strict=True)) < WITHIN


def test_the_score_climbs_from_65_to_94(told: Series) -> None:
    assert [len(day.platforms) for day in told.days] == [len(PLATFORMS)] * 30
    assert told.totals[0] == pytest.approx(START, abs=WITHIN)
    assert told.totals[-1] == pytest.approx(END, abs=WITHIN)
    climbs(told.totals)
    first, last = told.days[0].shares, told.days[-1].shares
    for dimension in Dimension:
        before, after = first[dimension], last[dimension]
        assert before is not None and after is not None and after > before + 0.05


@pytest.mark.parametrize("seed", [SEED + 1])
def test_another_seed_tells_the_same_story(config: QualityConfig, seed: int) -> None:
    totals = series(tell(seed), config, FIRST, LAST).totals
    assert totals[0] == pytest.approx(START, abs=2 * WITHIN)
    assert totals[-1] == pytest.approx(END, abs=2 * WITHIN)
    climbs(totals)


def test_the_same_seed_is_the_same_month(month: tuple[QualityRecord, ...]) -> None:
    own = tuple(one for one in month if one.platform == "T03")
    assert tell(SEED, only=["T03"]) == own


def test_each_dimension_moves_for_its_named_reason(config: QualityConfig) -> None:
    """Let nobody mend one habit: its own dimension stays behind, further than for any other habit."""
    assert {name for names in REASON.values() for name in names} == set(HABITS)

    def end(*never: str) -> Mapping[Dimension, float | None]:
        return series(tell(never=never, only=["T02"]), config, LAST, LAST).days[0].shares

    mended = end()
    without = {names: end(*names) for names in REASON.values()}
    for dimension, names in REASON.items():
        shares = {own: found[dimension] or 0.0 for own, found in without.items()}
        assert min(shares, key=lambda own: shares[own]) == names
        assert shares[names] < (mended[dimension] or 0.0) - 0.05


def test_the_report_names_what_improved(told: Series) -> None:
    changes = told.changes()
    assert changes[0].rule == "flow.missing" and changes[0].gain > 5
    gains = {
        dimension: max(one.gain for one in changes if one.dimension is dimension) for dimension in Dimension
    }
    assert min(gains.values()) > 0
    won = sum(one.gain for one in changes)
    week = (sum(told.totals[-7:]) - sum(told.totals[:7])) / 7
    assert won == pytest.approx(week), "the causes together are the whole change, none is left unnamed"


def test_the_records_are_what_the_real_checker_made_of_spoiled_samples(
    month: tuple[QualityRecord, ...], standard: Standard
) -> None:
    refused = [one for one in month if not one.accepted]
    assert 100 < len(refused) < len(month) / 3
    for one in month[::37]:
        found = standard.check_fields(one.stage, one.fields)
        assert (not refusing(found)) == one.accepted
        assert [noted.code for noted in one.findings] == [finding.code for finding in found]
    codes = {noted.code for one in refused for noted in one.findings}
    assert {"field.required", "code.unknown", "code.region", "party.code-check", "field.date"} <= codes


def test_nothing_is_lost_unsaid(told: Series) -> None:
    for day in told.days[::6]:
        for one in day.platforms:
            assert one.total is not None
            assert 100 - one.total == pytest.approx(sum(each.points for each in one.deductions))
            points = [each.points for each in one.deductions]
            assert points == sorted(points, reverse=True)
        assert day.total is not None and 100 - day.total == pytest.approx(sum(day.lost.values()))
