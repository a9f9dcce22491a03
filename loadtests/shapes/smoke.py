"""冒烟: every stage's message once, then one question about each (profile P1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from loadtests.records import Records
from loadtests.shapes.shape import Act, Op, Phase, Shape


def phases(_seconds: float, rate: float, stages: int) -> tuple[Phase, ...]:
    """As long as it takes; seconds are not asked for."""
    return (Phase("once", 2 * stages / rate, rate),)


def acts(records: Records, _rng: Random, dues: Sequence[float]) -> Iterator[Act]:
    """One connected project through all stages in the standard's order, then the traces."""
    stages = records.stages
    for number in range(len(dues)):
        stage = stages[number % len(stages)]
        if number < len(stages):
            yield Act(Op.PUT, stage, records.record(number, stage, project=0))
        else:
            yield Act(Op.ASK, stage, about=number - len(stages))


SHAPE = Shape(
    id="smoke",
    zh="冒烟:每个环节报文一次,各查询一次",
    en="smoke: every stage's message once, one query each",
    profile="P1",
    users=5,
    seconds=0.0,
    rate=20.0,
    spacing="even",
    phases=phases,
    acts=acts,
)
