"""What the records of one stage can mean for the hub, read off the tables once for each stage.

Which field is its key, whose child it is, what seals it and what it opens never changes from one record
to the next: read anew for every message it cost as much as the signature (measured).
"""

from __future__ import annotations

from typing import NamedTuple

from hub.catalogue.gates import SECTION as BY_SECTION
from hub.catalogue.gates import events
from hub.catalogue.sections import Speaks, speaking
from hub.standard import Stage, Standard

REGISTERS = {"eng-tender-project": "TENDER_PROJECT_CODE"}
# A notice speaks for the whole tender, whichever sections it lists.
TENDER_WIDE = frozenset({"eng-tender-notice"})
OPENING = frozenset({"eng-bid-opening", "gp-opening"})
# Classes whose very existence is told to nobody before the gate; an unpublished O record is only early.
EXISTENCE = frozenset("PERISK")
# What may seal a record: nothing, nothing that ever lifts, its own time, an event, another stage's record.
UNSEALED, NEVER, OWN, EVENT, RECORD = "", "never", "own", "event", "gate"


class Plan(NamedTuple):
    """`lifter` names the field, the event or the stage of `sealed`; `wide`: it speaks for the whole tender
    (of an event: for a section, not for one record); `speaks`: how it speaks of sections."""

    stage: str
    secret: bool
    natural: tuple[str, ...]
    natural_is_code: bool
    registers: str
    child: bool
    opening: bool
    opens: bool
    opens_wide: bool
    sealed: str
    lifter: str
    wide: bool
    speaks: Speaks | None


# Stages are frozen, and there are as many as the standard has.
_MADE: dict[int, tuple[Stage, Standard, Plan]] = {}


def plan_of(stage: Stage, standard: Standard) -> Plan:
    """The plan of a stage of this standard."""
    made = _MADE.get(id(stage))
    if made is None or made[0] is not stage or made[1] is not standard:
        made = _MADE[id(stage)] = (stage, standard, _compiled(stage, standard))
    return made[2]


def _compiled(stage: Stage, standard: Standard) -> Plan:
    sealed, lifter, wide = _seal(stage)
    return Plan(
        stage=stage.id,
        secret=bool(stage.policy.classes & EXISTENCE),
        natural=stage.natural_key,
        natural_is_code=len(stage.natural_key) == 1 and stage.natural_key[0].endswith("_CODE"),
        registers=REGISTERS.get(stage.id, ""),
        child="TENDER_PROJECT_CODE" in stage.by_name and stage.id not in REGISTERS,
        opening=stage.id in OPENING,
        opens=stage.id in standard.lifters,
        opens_wide=stage.id in TENDER_WIDE,
        sealed=sealed,
        lifter=lifter,
        wide=wide,
        speaks=speaking().get(stage.id),
    )


def _seal(stage: Stage) -> tuple[str, str, bool]:
    """(what seals it, its name, does that speak widely). What no event can lift stays sealed."""
    policy = stage.policy
    if policy.gate == "none" or stage.id in policy.lifted_by:
        return UNSEALED, "", False
    if not policy.lifted_by:
        return NEVER, "", False
    kind, _, name = policy.lifted_by[0].partition(":")
    if kind == "field":
        return OWN, name, False
    if kind == "event":
        return EVENT, name, events()[name].scope == BY_SECTION
    return RECORD, kind, kind in TENDER_WIDE
