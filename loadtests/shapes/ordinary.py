"""平日: several projects move through their stages side by side, with questions and repeats (profile P2)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from random import Random

from loadtests.records import Records
from loadtests.shapes.shape import Act, Op, Phase, Shape

ABREAST = 8  # projects under way at the same time
ASKED = 0.15  # share of questions
REPEATED = 0.02  # share of repeats: receipts that a sender did not see
SETTLED = 2.0  # seconds after which a sender asks about what it has sent


def phases(seconds: float, rate: float, _stages: int) -> tuple[Phase, ...]:
    return (Phase("steady", seconds, rate),)


def acts(records: Records, rng: Random, dues: Sequence[float]) -> Iterator[Act]:
    """Each project keeps its own order of stages; which project comes next is chance."""
    places = [0] * ABREAST
    projects = list(range(ABREAST))
    sent: list[tuple[int, str, int]] = []
    sent_at: list[float] = []
    for number, due in enumerate(dues):
        settled = bisect_right(sent_at, due - SETTLED)
        draw = rng.random()
        if settled and draw < ASKED + REPEATED:
            about, stage, project = sent[rng.randrange(settled)]
            if draw < ASKED:
                yield Act(Op.ASK, stage, about=about)
            else:
                yield Act(Op.RESEND, stage, records.record(about, stage, project=project), about)
            continue
        lane = rng.randrange(ABREAST)
        if places[lane] == len(records.stages):
            projects[lane], places[lane] = max(projects) + 1, 0
        stage = records.stages[places[lane]]
        places[lane] += 1
        sent.append((number, stage, projects[lane]))
        sent_at.append(due)
        yield Act(Op.PUT, stage, records.record(number, stage, project=projects[lane]))


SHAPE = Shape(
    id="ordinary",
    zh="平日:混合报文,到达间隔随机",
    en="ordinary day: mixed messages, random arrivals",
    profile="P2",
    users=50,
    seconds=60.0,
    rate=20.0,
    spacing="random",
    phases=phases,
    acts=acts,
)
