"""Bids and their openings: what stands, what was opened, what came of each."""

from __future__ import annotations

from hub.index.folding.sums import Facts, Sums
from hub.index.gathered import Gathered
from hub.index.tokens import token

STANDING, REPLACED, WITHDRAWN = "standing", "replaced", "withdrawn"


class Bids:
    def __init__(self, rows: Gathered, sums: Sums) -> None:
        self._run, self._sums = rows.run, sums
        self._add_deadline = rows.adder("deadline")

    def bid(self, seq: int, facts: Facts) -> None:
        """A delivery takes the place of the one before; a withdrawal too, and nothing stands any more. With
        the bid goes what it was supplemented by."""
        whose, main = token(facts["bid"]), token(facts["main"]) if "main" in facts else 0
        self._run(
            "UPDATE bid SET state = ? WHERE h = ? AND state != ?", (REPLACED, whose, REPLACED)
        )  # of what was withdrawn only the newest word counts
        self._run(
            "UPDATE bid SET state = ? WHERE main = ? AND main != 0 AND state = ?", (REPLACED, whose, STANDING)
        )
        self._run(
            "INSERT INTO bid VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                seq, whose, token(facts["section"]), facts["receiptNo"], facts["from"], facts["file"],
                facts["size"], facts["at"], facts["until"], facts["model"],
                WITHDRAWN if facts["step"] == "withdraw" else STANDING,
                token(facts.get("party", facts["bid"])), main,
            ),
        )  # fmt: skip
        self._sums.news = seq

    def round(self, seq: int, facts: Facts) -> None:
        """A round has an end of its own, as a section has."""
        self._add_deadline((token(facts["section"]), facts["until"]))
        self._sums.news = seq

    def opening(self, seq: int, facts: Facts) -> None:
        """The first one counts: from now on nothing of this section is taken."""
        self._run(
            "INSERT OR IGNORE INTO bid_opening VALUES(?,?,?,?)",
            (token(facts["section"]), seq, facts["at"], facts["by"]),
        )
        self._sums.news = seq

    def share(self, seq: int, facts: Facts) -> None:
        self._run("INSERT OR REPLACE INTO bid_share VALUES(?,?)", (facts["bid"], seq))
        self._sums.news = seq

    def result(self, seq: int, facts: Facts) -> None:
        """Once for good: what was found first is what was found."""
        self._run("INSERT OR IGNORE INTO bid_result VALUES(?,?,?)", (facts["bid"], seq, facts["result"]))
        self._sums.news = seq
