"""From a row of the table to the octets of its case: the same for the same world."""

from __future__ import annotations

from collections.abc import Iterator

from certs.cases import envelopes, lists, operations, people, quirks, seals
from certs.cases.stage import Stage
from certs.cases.table import CASES, DIALOGUE, Case, Row
from certs.testpki.world import World


def build(row: Row, stage: Stage) -> Case:
    """Raises KeyError for a row nobody can make."""
    if row.state == DIALOGUE:
        return stage.case(row, {})
    match row.chapter:
        case "sof":
            return operations.BUILD[row.operation](stage, row)
        case "quirk":
            return quirks.BUILD[row.defect](stage, row)
        case "envelope":
            return envelopes.BUILD[row.defect](stage, row)
        case "seal":
            return seals.BUILD[row.operation](stage, row)
        case "trustlist":
            return lists.BUILD[row.defect](stage, row)
        case _:
            return _PEOPLE[row.chapter](stage, row)


_PEOPLE = {"identity": people.identity, "pair": people.pair, "medium": people.medium}


def build_all(world: World) -> Iterator[Case]:
    """Every case of this world, in the order of the table."""
    stage = Stage(world)
    return (build(row, stage) for row in CASES.values())
