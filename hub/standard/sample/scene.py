"""What a value is made from: the tender, the stage, and which of several records is meant."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from hub.standard.model import Stage
from hub.standard.sample.facts import Facts
from hub.standard.sample.names import Party

ONE_PER_BIDDER = frozenset(
    {
        "eng-bidder-list", "eng-bid-guarantee", "eng-bid-margin", "eng-bid-fingerprint", "eng-invitation",
        "eng-prequal-result", "eng-candidate", "gp-supplier-list",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scene:
    """`bidder` and `expert` are indexes into the project's tuples; `rng` is this record's own."""

    project: Facts
    stage: Stage
    bidder: int
    expert: int
    rng: Random

    @property
    def number(self) -> str:
        """Tells records of one tender apart; of a notice it must not tell who will win."""
        if self.stage.id in ONE_PER_BIDDER:
            return f"{self.project.seed}-{self.bidder}"
        return f"{self.project.seed}-{self.expert}" if self.expert else str(self.project.seed)

    @property
    def party(self) -> Party:
        return self.project.bidders[self.bidder]
