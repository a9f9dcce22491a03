"""A message taken, what was decided of it and when, and what is answered to a question."""

from __future__ import annotations

import json

from hub.index.days import day_of
from hub.index.folding.deliveries import Deliveries
from hub.index.folding.gates import Gates
from hub.index.folding.sums import Facts, Sums
from hub.index.folding.tally import Tally
from hub.index.gathered import Gathered
from hub.index.tokens import token


class Messages:
    def __init__(
        self, rows: Gathered, sums: Sums, tally: Tally, deliveries: Deliveries, gates: Gates
    ) -> None:
        self._run, self._sums, self._tally = rows.run, sums, tally
        self._deliveries, self._gates = deliveries, gates
        self._add_message = rows.adder("message")
        self._add_known = rows.adder("known")
        self._add_nonce = rows.adder("nonce")
        self._add_refused = rows.adder("refused")
        self._add_file_ref = rows.adder("file_ref")
        self._add_waiting = rows.adder("waiting")
        self._add_parent = rows.adder("parent")
        self._add_deadline = rows.adder("deadline")
        self._add_timer = rows.adder("timer")
        self._add_record = rows.adder("record")
        self._add_seal = rows.adder("seal")

    def message(self, seq: int, facts: Facts) -> None:
        decision = facts["decision"]
        state, reason = decision["state"], decision["reason"]
        self._add_message(
            (
                seq, bytes.fromhex(facts["hubId"].replace("-", "")), facts["from"], facts["msgId"],
                facts["msgType"], facts["stage"], facts["at"], bytes.fromhex(facts["digest"]),
                state, reason, state, reason, decision["hidden"],
            ),
        )  # fmt: skip
        self._add_known((token(facts["known"]), seq))
        if facts.get("nonce"):
            self.nonce(seq, facts)
        named = facts.get("files", ())
        for place, digest in enumerate(named):
            self._add_file_ref((seq, place, digest))
        # Counted whatever it is, and therefore told to nobody but the limits of its sender.
        used = f"~use.{day_of(facts['at'])}.{facts['from']}"
        self._sums.counts[used + ".messages"] += 1
        self._sums.counts[used + ".bytes"] += facts.get("size", 0)
        self._decide(seq, seq, facts["at"], decision, None if decision["hidden"] else facts["from"])
        if state == "accepted" and not decision["hidden"]:
            self._tally.arrived(facts["stage"] or facts["msgType"])
        if named:
            self._gates.show_files(seq)
        if "asking" in facts:
            self._asking(seq, facts)
        if "heard" in facts:
            self._heard(seq, facts["heard"])
        self._sums.news = seq

    def _asking(self, seq: int, facts: Facts) -> None:
        """Whoever uses a number first has it, as the provider has it too, until that question has ended."""
        for key, until in facts["asking"]:
            self._run(
                "INSERT INTO asked VALUES(?1,?2,?3) ON CONFLICT(h) DO UPDATE SET question = ?2, until = ?3"
                " WHERE until > 0 AND until <= ?4",
                (token(key), seq, until, facts["at"]),
            )

    def _heard(self, seq: int, heard: Facts) -> None:
        """A state that came late does not undo a later one of the same question."""
        self._run(
            "INSERT INTO heard VALUES(?1,?2,?3,?4) ON CONFLICT(h) DO UPDATE SET question = ?2, entry = ?3,"
            " rank = ?4 WHERE question != ?2 OR rank <= ?4",
            (token(heard["by"]), heard["question"], seq, heard["rank"]),
        )

    def decision(self, seq: int, facts: Facts) -> None:
        message, decision = facts["message"], facts["decision"]
        self._run("DELETE FROM waiting WHERE seq = ?", (message,))
        self._run(
            "UPDATE message SET state = ?, reason = ? WHERE seq = ?",
            (decision["state"], decision["reason"], message),
        )
        self._run("DELETE FROM seal WHERE seq = ?", (message,))
        self._decide(seq, message, facts["at"], decision, self._tally.open(message))
        if decision["state"] == "accepted" and self._tally.open(message) is not None:
            self._tally.arrived(self._tally.name(message))
        self._gates.show_files(message)
        if not decision["hidden"] and self._tally.open(message) is None:
            self._gates.unseal(message, facts["at"])
        self._sums.news = seq

    def _decide(self, entry: int, message: int, at: int, decision: Facts, sender: str | None) -> None:
        """`sender` is None where this message may not be counted."""
        for text in decision["waits"]:
            self._add_waiting((token(text), message))
        for text, owner in decision["parents"]:
            self._add_parent((token(text), owner))
        for scope, when in decision["deadlines"]:
            self._add_deadline((token(scope), when))
        for gate, when in decision["timers"]:
            self._add_timer((when, token(gate)))
        record = decision["record"]
        if record:
            natural = token(record["natural"]) if record["natural"] else None
            kept = bytes.fromhex(record["digest"]), int(record["live"])
            self._add_record((token(record["key"]), natural, record["version"], *kept))
        for gate in decision["seals"]:
            self._add_seal((token(gate), message))
        self._deliveries.plan(entry, message, at, decision["deliveries"])
        self._tally.state(message, entry, decision["state"], at, decision["reason"], sender)
        self._gates.lift([token(gate) for gate in decision["lifts"]], at)

    def answer(self, seq: int, facts: Facts) -> None:
        message = facts["message"]
        if facts["final"]:
            self._run("INSERT OR REPLACE INTO answer VALUES(?,?)", (message, seq))
        self._run(
            "UPDATE message SET state = ?, reason = ? WHERE seq = ?", (facts["state"], facts["code"], message)
        )
        if "ended" in facts:
            self._ended(message, facts["ended"])
        if "signup" in facts:
            self._signed_up(facts["signup"])
        if "story" in facts:
            text = json.dumps(facts["story"], ensure_ascii=False, sort_keys=True)
            self._run("INSERT INTO answered VALUES(?,?,?)", (seq, message, text))
        self._tally.state(message, seq, facts["state"], facts["at"], facts["code"], self._tally.open(message))
        self._sums.news = seq

    def _ended(self, question: int, until: int) -> None:
        """When a question can no longer be called back; what was refused never can."""
        if until < 0:
            self._run("DELETE FROM asked WHERE question = ?", (question,))
        else:
            self._run("UPDATE asked SET until = ? WHERE question = ?", (until, question))

    def _signed_up(self, said: Facts) -> None:
        """Each system's word is its own: it takes back what it said, and nobody else's."""
        by = token(said["by"])
        for text in said["bodies"]:
            if said["withdrawn"]:
                self._run("DELETE FROM signup WHERE body = ? AND by = ?", (token(text), by))
            else:
                self._run(
                    "INSERT INTO signup VALUES(?1,?2,?3) ON CONFLICT(body, by) DO UPDATE SET"
                    " sure = max(sure, ?3)",
                    (token(text), by, int(said["sure"])),
                )

    def nonce(self, seq: int, facts: Facts) -> None:
        self._sums.nonces = max(self._sums.nonces, facts["at"])
        self._add_nonce((token(facts["nonce"]), facts["nonceUntil"]))

    def refused(self, seq: int, facts: Facts) -> None:
        self._add_refused((seq, facts["from"], int(facts["sealed"])))
