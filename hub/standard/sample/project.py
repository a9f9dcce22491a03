"""One synthetic tender, from registration to archive, as the records that systems would send.

`Project(seed)` is enough; the same seed, start and region give the same tender anywhere. Simulators
and the demo drive a whole tender with it: several bidders, one winner, times as the law wants them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hub.standard.sample.facts import Facts
from hub.standard.sample.fill import fill, moment


class Project(Facts):
    """The facts of a tender, and its records."""

    def record(self, stage: str, bidder: int | None = None) -> dict[str, Any]:
        """The fields of this tender's record of one stage.

        `bidder` chooses among several records (a bidder; for experts a member of the committee);
        without it the winner, or the chair. ValueError when there is no such bidder or candidate.
        """
        return fill(self, self.standard.stage(stage), bidder)

    def happens(self, stage: str, bidder: int | None = None) -> datetime:
        """When a system would send the record of that stage."""
        return moment(self, stage, bidder)
