"""投标截止前的高峰: few sections are prepared, then bidders come ten times as fast (profile P3)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from random import Random

from loadtests.records import Records
from loadtests.shapes.shape import Act, Op, Phase, Shape

PREPARED = ("eng-project", "eng-tender-project", "eng-section", "eng-tender-notice", "eng-tender-document")
BIDDING = ("eng-bidder-list", "eng-bid-guarantee", "eng-bid-margin", "eng-bid-fingerprint")
LEAD = 0.1  # of the rush's rate, before it
LEAD_SHARE = 0.2  # of the rush's length
ASKED = 0.2
SETTLED = 2.0


def phases(seconds: float, rate: float, _stages: int) -> tuple[Phase, ...]:
    """A lead-in that is not measured, then the step to ten times its rate."""
    return (
        Phase("lead-in", max(seconds * LEAD_SHARE, len(PREPARED) / (rate * LEAD)), rate * LEAD, False),
        Phase("rush", seconds, rate),
    )


def acts(records: Records, rng: Random, dues: Sequence[float]) -> Iterator[Act]:
    """Sections first; then each bidder signs up, guarantees, pays and delivers, and asks in between."""
    section, bidder = 0, 0
    waiting = list(PREPARED)
    asked_of: list[tuple[int, str]] = []
    asked_at: list[float] = []
    lead_ends = _lead_end(dues)
    for number, due in enumerate(dues):
        if not waiting and due < lead_ends:
            section, waiting = section + 1, list(PREPARED)
        settled = bisect_right(asked_at, due - SETTLED)
        if waiting and waiting[0] in PREPARED:
            stage = waiting.pop(0)
            yield Act(Op.PUT, stage, records.record(number, stage, project=section))
            continue
        if settled and rng.random() < ASKED:
            about, stage = asked_of[rng.randrange(settled)]
            yield Act(Op.ASK, stage, about=about)
            continue
        if not waiting:
            bidder, waiting = bidder + 1, list(BIDDING)
        stage = waiting.pop(0)
        envelope = records.bid(number, stage, project=rng.randrange(section + 1), bidder=bidder)
        asked_of.append((number, stage))
        asked_at.append(due)
        yield Act(Op.PUT, stage, envelope)


def _lead_end(dues: Sequence[float]) -> float:
    """When the lead-in ends, read from the plan itself: after a sixth of the whole (0.2 : 1)."""
    return dues[-1] * LEAD_SHARE / (1 + LEAD_SHARE) if dues else 0.0


SHAPE = Shape(
    id="deadline-rush",
    zh="投标截止前高峰:报名、保函、保证金、递交,骤增十倍",
    en="deadline rush: sign-up, guarantee, margin, delivery after a tenfold step",
    profile="P3",
    users=300,
    seconds=600.0,
    rate=60.0,
    spacing="random",
    phases=phases,
    acts=acts,
)
