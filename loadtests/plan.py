"""From a shape, a seed and records to the plan of a run: every call with its instant."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from hub.message import content_digest
from loadtests.arrivals import arrivals
from loadtests.ledger import Planned
from loadtests.records import Records
from loadtests.shapes import Phase, Shape


def plan(shape: Shape, phases: tuple[Phase, ...], records: Records, seed: int) -> Iterator[Planned]:
    """All calls in order; equal arguments give equal plans."""
    rng = Random(seed)  # noqa: S311  (a repeatable plan, not a secret)
    instants = list(arrivals(phases, shape.spacing, rng))
    ids: list[str] = []
    digests: list[str] = []
    acts = shape.acts(records, rng, [due for due, _ in instants])
    for n, ((due, phase), act) in enumerate(zip(instants, acts, strict=True)):
        if act.envelope is not None:
            ids.append(act.envelope["head"]["msgId"])
            digests.append("sm3:" + content_digest(act.envelope).hex())
        else:
            about = n if act.about is None else act.about
            ids.append(ids[about])
            digests.append(digests[about])
        yield Planned(
            n, round(due, 6), phase, act.op.value, act.stage, ids[n], digests[n], act.about, act.envelope
        )
