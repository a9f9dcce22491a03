"""Records for a run: connected like real projects, unique in every run, all made up.

Samples come from the standard, seeded; a run adds only what must differ between two runs against
one hub: message ids and record keys, which carry the run's own mark.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Sampler = Callable[[str, int], dict[str, Any]]

# Seeds of one run stay apart from those of the next seed's run.
SPAN = 1_000_000
BIDDERS = 500_000
# What ties a bidder's record to the section it bids for.
TIES = (
    "PROJECT_CODE",
    "PROJECT_NAME",
    "TENDER_PROJECT_CODE",
    "TENDER_PROJECT_NAME",
    "BID_SECTION_CODE",
    "BID_SECTION_CODES",
    "BID_SECTION_NAME",
    "UNIFIED_DEAL_CODE",
    "UNIFIED_DEAL_CODES",
)


@dataclass(frozen=True, slots=True)
class Records:
    """`sampler(stage, seed)` gives a whole unsigned envelope, the same seed one connected project."""

    sampler: Sampler
    stages: Sequence[str]
    sender: str
    realm: str
    run: str
    seed: int

    def record(self, number: int, stage: str, *, project: int) -> dict[str, Any]:
        """The record of one stage of one project, as arrival `number`."""
        return self._own(number, stage, self.sampler(stage, self.seed * SPAN + project))

    def bid(self, number: int, stage: str, *, project: int, bidder: int) -> dict[str, Any]:
        """One bidder's record of `stage`, for the section of `project`."""
        section = self.sampler(stage, self.seed * SPAN + project)["body"]["fields"]
        envelope = self.sampler(stage, self.seed * SPAN + BIDDERS + bidder)
        fields = envelope["body"]["fields"]
        ties = {name: section[name] for name in TIES if name in section and name in fields}
        body = {**envelope["body"], "fields": {**fields, **ties}}
        return self._own(number, stage, {**envelope, "body": body})

    def _own(self, number: int, stage: str, sample: dict[str, Any]) -> dict[str, Any]:
        mark = f"L{self.run}-{number}"
        head = {
            name: value for name, value in sample["head"].items() if name not in {"time", "nonce", "sign"}
        }
        head |= {"from": self.sender, "realm": self.realm, "msgId": mark, "stage": stage}
        return {"head": head, "body": {**sample["body"], "key": mark}}
