"""What is on its way to whom: planned, tried, ended, queued again."""

from __future__ import annotations

from hub.index.folding.sums import Facts, Sums
from hub.index.folding.tally import Tally
from hub.index.gathered import Gathered
from hub.index.tokens import token

PER_ENTRY = 64  # deliveries one entry may plan: their ids are entry * 64 + place, the same in every fold


class Deliveries:
    def __init__(self, rows: Gathered, sums: Sums, tally: Tally) -> None:
        self._rows, self._run, self._sums, self._tally = rows, rows.run, sums, tally
        self._add_attempt = rows.adder("attempt")
        self._add_delivery = rows.adder("delivery")

    def plan(self, entry: int, message: int, at: int, plan: list[Facts]) -> None:
        for place, row in enumerate(plan):
            state = "sealed" if row["sealed"] else "waiting"
            self._add_delivery(
                (
                    entry * PER_ENTRY + place, message, row["to"], row["message"], token(row["order"]), state,
                    max(at, row.get("after", 0)), 0, 0, 0, "", row["key"], int(row.get("urgent", False)),
                    row.get("until", 0), 0,
                ),
            )  # fmt: skip
            if state == "waiting":
                self._sums.woken.add(row["to"])

    def _settle(self, message: int, entry: int, at: int) -> None:
        """Say `delivered` once nothing of an accepted message is on its way any more."""
        states = "SELECT 1, state != 'delivered' FROM delivery WHERE seq = ? ORDER BY 2 DESC LIMIT 1"
        row = self._rows.by_second("delivery", message, states, (message,)).fetchone()
        if row == (1, 0):
            done = "UPDATE message SET state = 'delivered' WHERE seq = ?"
            self._rows.by("message", message, done, (message,))
            self._tally.state(message, entry, "delivered", at, "", self._tally.open(message))

    def attempt(self, seq: int, facts: Facts) -> None:
        delivery, n = facts["delivery"], facts["n"]
        self._rows.by(
            "delivery", delivery, "UPDATE delivery SET attempts = ?, unsure = 1 WHERE id = ?", (n, delivery)
        )
        self._add_attempt((delivery, n, facts["at"], seq, 0, 0, "", "", "", ""))
        if not facts["quiet"]:
            self._sums.news = seq

    def outcome(self, seq: int, facts: Facts) -> None:
        delivery, n, kind, state = facts["delivery"], facts["n"], facts["outcome"], facts["state"]
        said = facts["at"], seq, kind, facts["code"], facts["blame"], facts["foreign"]
        begun = self._rows.waiting("attempt", (delivery, n))
        if begun is not None:  # in the same group, as all that is tried in vain
            self._add_attempt((*begun[:4], *said))
        else:
            self._rows.by(
                "attempt",
                (delivery, n),
                "UPDATE attempt SET ended = ?, outcome = ?, kind = ?, code = ?, blame = ?, abroad = ?"
                " WHERE delivery = ? AND n = ?",
                (*said, delivery, n),
            )
        self._rows.by(
            "delivery",
            delivery,
            # Running out of time says nothing of what an earlier attempt may have done.
            "UPDATE delivery SET state = ?, next_at = ?, unsure = iif(? = 'expired', unsure, ?), reason = ?"
            " WHERE id = ?",
            (state, facts["next"], kind, int(kind == "unknown" or "taken" in facts), facts["code"], delivery),
        )
        message, receiver = self._rows.by(
            "delivery", delivery, "SELECT seq, receiver FROM delivery WHERE id = ?", (delivery,)
        ).fetchone()
        if self._tally.open(message) is not None:
            counted = state if state != "waiting" else "retried"
            self._sums.counts[f"delivery.{counted}"] += 1
            self._sums.counts[f"to.{receiver}.{counted}"] += 1
        if state == "delivered":
            self._settle(message, seq, facts["at"])
        if not facts["quiet"]:
            self._sums.news = seq

    def requeue(self, seq: int, facts: Facts) -> None:
        for delivery in facts["deliveries"]:
            row = self._run("SELECT receiver FROM delivery WHERE id = ?", (delivery,)).fetchone()
            self._run(
                "UPDATE delivery SET state = 'waiting', next_at = ?, base = attempts, expires = 0"
                " WHERE id = ?",
                (facts["at"], delivery),
            )
            self._sums.woken.add(row[0])
        self._sums.news = seq
