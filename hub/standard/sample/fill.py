"""From the facts of a tender to the fields of one record: by name, then by form, code list and type."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hub.standard.model import Field, Stage
from hub.standard.sample import figures, parties, texts, times
from hub.standard.sample.calendar import written
from hub.standard.sample.facts import Facts
from hub.standard.sample.scene import Scene

OMITTED = frozenset({"UNION_ENTERPRISE_NAME", "UNION_ORGAN_SET_CODE", "OTHER_BID_PRICE", "YEAR_MARGIN"})
CANDIDATES = frozenset({"eng-candidate"})
EXPERTS = frozenset({"eng-expert-draw", "expert-info"})


def fill(project: Facts, stage: Stage, bidder: int | None) -> dict[str, Any]:
    """Every field the stage has, but for those that only a consortium, a rate or a delay brings."""
    scene = _scene(project, stage, bidder)
    record: dict[str, Any] = {}
    for field in stage.fields:
        if field.name in OMITTED and not field.required:
            continue
        value = _value(scene, field)
        if value is not None:
            record[field.name] = value
    return record


def _scene(project: Facts, stage: Stage, bidder: int | None) -> Scene:
    if stage.id in EXPERTS:
        return Scene(project, stage, project.winner, bidder or 0, project.rng((stage.id, bidder or 0)))
    index = project.winner if bidder is None else bidder
    if not 0 <= index < len(project.bidders):
        raise ValueError(f"no bidder {index}: this tender has {len(project.bidders)}")
    if stage.id in CANDIDATES and index not in project.candidates:
        raise ValueError(f"bidder {index} is no candidate: they are {project.candidates}")
    return Scene(project, stage, index, 0, project.rng((stage.id, index)))


def _value(scene: Scene, field: Field) -> Any:
    for table in (parties.SPECIAL, figures.SPECIAL, times.SPECIAL, texts.SPECIAL):
        special = table.get((scene.stage.id, field.name))
        if special is not None:
            return special(scene)
    if field.type == "datetime":
        return written(times.at(scene, field.name))
    if field.type == "date":
        return times.at(scene, field.name).date().isoformat()
    if field.type in ("integer", "decimal"):
        return figures.number(scene, field)
    if field.type == "code":
        return figures.code(scene, field)
    if field.format is not None:
        return parties.coded(scene, field)
    return texts.text(scene, field)


def moment(project: Facts, stage: str, bidder: int | None) -> datetime:
    """A little after the business step that the record tells of."""
    index = project.winner if bidder is None else bidder
    return times.step(project, stage, index) + timedelta(seconds=30)
