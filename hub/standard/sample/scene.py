"""What a value is made from: the tender, the stage, and which of several records is meant."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from hub.standard.model import Stage
from hub.standard.sample.names import Party
from hub.standard.sample.project import Project


@dataclass(frozen=True, slots=True)
class Scene:
    """`bidder` and `expert` are indexes into the project's tuples; `rng` is this record's own."""

    project: Project
    stage: Stage
    bidder: int
    expert: int
    rng: Random

    @property
    def party(self) -> Party:
        return self.project.bidders[self.bidder]
