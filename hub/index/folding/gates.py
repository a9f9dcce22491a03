"""What is let out when its gate is lifted: deliveries, counts, the files a message names."""

from __future__ import annotations

from hub.index.folding.sums import Facts, Sums
from hub.index.folding.tally import Tally
from hub.index.gathered import Gathered
from hub.index.tokens import token


class Gates:
    def __init__(self, rows: Gathered, sums: Sums, tally: Tally) -> None:
        self._run, self._sums, self._tally = rows.run, sums, tally

    def gate(self, seq: int, facts: Facts) -> None:
        self.lift([token(gate) for gate in facts["gates"]], facts["at"])
        self._sums.news = seq

    def lift(self, gates: list[int], at: int) -> None:
        for gate in gates:
            self._run("INSERT OR IGNORE INTO gate VALUES(?,?)", (gate, at))
            self._run("DELETE FROM timer WHERE gate = ?", (gate,))
            sealed = [row[0] for row in self._run("SELECT seq FROM seal WHERE gate = ?", (gate,))]
            self._run("DELETE FROM seal WHERE gate = ?", (gate,))
            for message in sealed:
                if self._run("SELECT 1 FROM seal WHERE seq = ? LIMIT 1", (message,)).fetchone() is None:
                    self.unseal(message, at)

    def unseal(self, message: int, at: int) -> None:
        """Everything that waited goes, and only now does this message count anywhere."""
        self._run("UPDATE message SET hidden = 0 WHERE seq = ?", (message,))
        self._run("INSERT OR IGNORE INTO lifted VALUES(?,?)", (message, at))
        self._tally.arrived(self._tally.name(message))
        sender = self._tally.open(message)
        states = (
            "SELECT first_state FROM message WHERE seq = ?1 UNION ALL SELECT state FROM state WHERE seq = ?1"
        )
        for row in self._run(states, (message,)).fetchall():
            self._sums.counts[f"message.{row[0]}"] += 1
            self._sums.counts[f"from.{sender}.{row[0]}"] += 1
        for receiver, kind, tries in self._run(
            "SELECT receiver, state, attempts FROM delivery WHERE seq = ?", (message,)
        ).fetchall():
            if kind in {"delivered", "dead"}:
                self._sums.counts[f"delivery.{kind}"] += 1
                self._sums.counts[f"to.{receiver}.{kind}"] += 1
            if tries > 1:
                self._sums.counts["delivery.retried"] += tries - 1
                self._sums.counts[f"to.{receiver}.retried"] += tries - 1
            if kind == "sealed":
                self._sums.woken.add(receiver)
        self._run(
            "UPDATE delivery SET state = 'waiting', next_at = max(next_at, ?)"
            " WHERE seq = ? AND state = 'sealed'",
            (at, message),
        )
        self.show_files(message)

    def show_files(self, message: int) -> None:
        """Receivers who may be told of a message may ask for the files it names. Of what is sealed nothing
        stands in `file_open`: to a stranger's question a sealed file and none are the same missing row."""
        self._run(
            "INSERT OR IGNORE INTO file_open SELECT r.digest, d.receiver, d.seq FROM file_ref AS r"
            " JOIN delivery AS d ON d.seq = r.seq WHERE r.seq = ? AND d.state != 'sealed'",
            (message,),
        )
