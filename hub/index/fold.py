"""The fold: one journal entry after another becomes rows. Deterministic: no clock, no chance, no catalogue.

Whatever was decided (routing, seals, refusals) stands in the entry; here it is only written down, so
that applying all entries again gives the same tables under any later version of the rules.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from hub.index.days import day_of
from hub.index.gathered import Gathered
from hub.index.persons import LAST, PersonRows, erased_by
from hub.index.tokens import token

Facts = Mapping[str, Any]
Mark = tuple[Counter[str], int, int]
PER_ENTRY = 64  # deliveries one entry may plan: their ids are entry * 64 + place, the same in every fold
NEWS = "~news"


class Fold:
    """Applies entries; rows and counts are gathered and written once per group (`flush`)."""

    def __init__(self, rows: Gathered, persons: PersonRows) -> None:
        self._rows = rows
        self._run = rows.run
        self._add_known = rows.adder("known")
        self._add_file_ref = rows.adder("file_ref")
        self._add_waiting = rows.adder("waiting")
        self._add_parent = rows.adder("parent")
        self._add_deadline = rows.adder("deadline")
        self._add_timer = rows.adder("timer")
        self._add_record = rows.adder("record")
        self._add_seal = rows.adder("seal")
        self._add_state = rows.adder("state")
        self._add_attempt = rows.adder("attempt")
        self._add_nonce = rows.adder("nonce")
        self._add_refused = rows.adder("refused")
        self._add_message = rows.adder("message")
        self._add_delivery = rows.adder("delivery")
        self._persons = persons
        self._counts: Counter[str] = Counter()
        self._news = 0
        self._place = 0  # the highest in the keystore
        self._nonces = 0  # the newest time at which a nonce was used: older ones may be forgotten
        self._woken: set[str] = set()
        self._apply: dict[str, Callable[[int, Facts], None]] = {
            "message": self._message,
            "decision": self._decision,
            "attempt": self._attempt,
            "outcome": self._outcome,
            "requeue": self._requeue,
            "gate": self._gate,
            "answer": self._answer,
            "event": self._event,
            "refused": self._refused,
            "nonce": self._nonce,
            "file": self._file,
            "head": self._head,
            "stamp": self._stamp,
            "key": self._key,
            "watermark": self._watermark,
        }

    def apply(self, seq: int, facts: Facts) -> frozenset[str]:
        """Fold one entry; unknown kinds (padding, later versions) change nothing."""
        self._woken = set()
        handler = self._apply.get(facts["kind"])
        if handler is not None:
            handler(seq, facts)
        if "keys" in facts:
            self._place = max(self._place, self._persons.note(seq, facts["keys"]))
        return frozenset(self._woken)

    def flush(self) -> None:
        """Write what was gathered; must run before the commit."""
        self._rows.settle_all()
        for name, more in self._counts.items():
            self._run(
                "INSERT INTO counter VALUES(?,?) ON CONFLICT DO UPDATE SET value = value + excluded.value",
                (name, more),
            )
        if self._nonces:
            self._run("DELETE FROM nonce WHERE until < ?", (self._nonces,))
        for name, highest in ((LAST, self._place), (NEWS, self._news)):
            if highest:
                self._run(
                    "INSERT INTO counter VALUES(?,?)"
                    " ON CONFLICT DO UPDATE SET value = max(value, excluded.value)",
                    (name, highest),
                )
        self.forget()

    def forget(self) -> None:
        self._rows.forget()
        self._counts.clear()
        self._news = self._nonces = self._place = 0

    def mark(self) -> Mark:
        """Where a piece begins: what was gathered before is written, so that undoing finds only its own."""
        self._rows.settle_all()
        return Counter(self._counts), self._news, self._place

    def reset(self, mark: Mark) -> None:
        self._rows.forget()
        self._counts, self._news, self._place = mark

    def _message(self, seq: int, facts: Facts) -> None:
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
            self._nonce(seq, facts)
        named = facts.get("files", ())
        for place, digest in enumerate(named):
            self._add_file_ref((seq, place, digest))
        # Counted whatever it is, and therefore told to nobody but the limits of its sender.
        used = f"~use.{day_of(facts['at'])}.{facts['from']}"
        self._counts[used + ".messages"] += 1
        self._counts[used + ".bytes"] += facts.get("size", 0)
        self._decide(seq, seq, facts["at"], decision, None if decision["hidden"] else facts["from"])
        if state == "accepted" and not decision["hidden"]:
            self._arrived(facts["stage"] or facts["msgType"])
        if named:
            self._show_files(seq)
        if "asking" in facts:
            self._asking(seq, facts)
        if "heard" in facts:
            self._heard(seq, facts["heard"])
        self._news = seq

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

    def _arrived(self, name: str) -> None:
        """Count what has come of a stage or message type and may be known: it ends remembered answers."""
        self._counts["~of." + name] += 1

    def _decision(self, seq: int, facts: Facts) -> None:
        message, decision = facts["message"], facts["decision"]
        self._run("DELETE FROM waiting WHERE seq = ?", (message,))
        self._run(
            "UPDATE message SET state = ?, reason = ? WHERE seq = ?",
            (decision["state"], decision["reason"], message),
        )
        self._run("DELETE FROM seal WHERE seq = ?", (message,))
        self._decide(seq, message, facts["at"], decision, self._open(message))
        if decision["state"] == "accepted" and self._open(message) is not None:
            self._arrived(self._name(message))
        self._show_files(message)
        if not decision["hidden"] and self._open(message) is None:
            self._unseal(message, facts["at"])
        self._news = seq

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
        self._plan(entry, message, at, decision["deliveries"])
        self._state(message, entry, decision["state"], at, decision["reason"], sender)
        self._lift([token(gate) for gate in decision["lifts"]], at)

    def _plan(self, entry: int, message: int, at: int, plan: list[Facts]) -> None:
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
                self._woken.add(row["to"])

    def _state(self, message: int, entry: int, state: str, at: int, reason: str, sender: str | None) -> None:
        if entry != message:  # the first one stands in the message's own row
            self._add_state((message, entry, state, at, reason))
        if sender is not None:
            self._counts[f"message.{state}"] += 1
            self._counts[f"from.{sender}.{state}"] += 1

    def _settle(self, message: int, entry: int, at: int) -> None:
        """Say `delivered` once nothing of an accepted message is on its way any more."""
        states = "SELECT 1, state != 'delivered' FROM delivery WHERE seq = ? ORDER BY 2 DESC LIMIT 1"
        row = self._rows.by_second("delivery", message, states, (message,)).fetchone()
        if row == (1, 0):
            done = "UPDATE message SET state = 'delivered' WHERE seq = ?"
            self._rows.by("message", message, done, (message,))
            self._state(message, entry, "delivered", at, "", self._open(message))

    def _name(self, message: int) -> str:
        """The stage of a message, or its type where it has none."""
        name = "SELECT iif(stage = '', msg_type, stage) FROM message WHERE seq = ?"
        return str(self._run(name, (message,)).fetchone()[0])

    def _open(self, message: int) -> str | None:
        """The sender, if this message may be counted."""
        row = self._rows.by(
            "message", message, "SELECT sender FROM message WHERE seq = ? AND hidden = 0", (message,)
        ).fetchone()
        return None if row is None else str(row[0])

    def _attempt(self, seq: int, facts: Facts) -> None:
        delivery, n = facts["delivery"], facts["n"]
        self._rows.by(
            "delivery", delivery, "UPDATE delivery SET attempts = ?, unsure = 1 WHERE id = ?", (n, delivery)
        )
        self._add_attempt((delivery, n, facts["at"], seq, 0, 0, "", "", "", ""))
        if not facts["quiet"]:
            self._news = seq

    def _outcome(self, seq: int, facts: Facts) -> None:
        delivery, n, kind, state = facts["delivery"], facts["n"], facts["outcome"], facts["state"]
        said = facts["at"], seq, kind, facts["code"], facts["blame"], facts["foreign"]
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
        if self._open(message) is not None:
            counted = state if state != "waiting" else "retried"
            self._counts[f"delivery.{counted}"] += 1
            self._counts[f"to.{receiver}.{counted}"] += 1
        if state == "delivered":
            self._settle(message, seq, facts["at"])
        if not facts["quiet"]:
            self._news = seq

    def _requeue(self, seq: int, facts: Facts) -> None:
        for delivery in facts["deliveries"]:
            row = self._run("SELECT receiver FROM delivery WHERE id = ?", (delivery,)).fetchone()
            self._run(
                "UPDATE delivery SET state = 'waiting', next_at = ?, base = attempts, expires = 0"
                " WHERE id = ?",
                (facts["at"], delivery),
            )
            self._woken.add(row[0])
        self._news = seq

    def _gate(self, seq: int, facts: Facts) -> None:
        self._lift([token(gate) for gate in facts["gates"]], facts["at"])
        self._news = seq

    def _lift(self, gates: list[int], at: int) -> None:
        for gate in gates:
            self._run("INSERT OR IGNORE INTO gate VALUES(?,?)", (gate, at))
            self._run("DELETE FROM timer WHERE gate = ?", (gate,))
            sealed = [row[0] for row in self._run("SELECT seq FROM seal WHERE gate = ?", (gate,))]
            self._run("DELETE FROM seal WHERE gate = ?", (gate,))
            for message in sealed:
                if self._run("SELECT 1 FROM seal WHERE seq = ? LIMIT 1", (message,)).fetchone() is None:
                    self._unseal(message, at)

    def _unseal(self, message: int, at: int) -> None:
        """Everything that waited goes, and only now does this message count anywhere."""
        self._run("UPDATE message SET hidden = 0 WHERE seq = ?", (message,))
        self._run("INSERT OR IGNORE INTO lifted VALUES(?,?)", (message, at))
        self._arrived(self._name(message))
        sender = self._open(message)
        states = (
            "SELECT first_state FROM message WHERE seq = ?1 UNION ALL SELECT state FROM state WHERE seq = ?1"
        )
        for row in self._run(states, (message,)).fetchall():
            self._counts[f"message.{row[0]}"] += 1
            self._counts[f"from.{sender}.{row[0]}"] += 1
        for receiver, kind, tries in self._run(
            "SELECT receiver, state, attempts FROM delivery WHERE seq = ?", (message,)
        ).fetchall():
            if kind in {"delivered", "dead"}:
                self._counts[f"delivery.{kind}"] += 1
                self._counts[f"to.{receiver}.{kind}"] += 1
            if tries > 1:
                self._counts["delivery.retried"] += tries - 1
                self._counts[f"to.{receiver}.retried"] += tries - 1
            if kind == "sealed":
                self._woken.add(receiver)
        self._run(
            "UPDATE delivery SET state = 'waiting', next_at = max(next_at, ?)"
            " WHERE seq = ? AND state = 'sealed'",
            (at, message),
        )
        self._show_files(message)

    def _show_files(self, message: int) -> None:
        """Receivers who may be told of a message may ask for the files it names. Of what is sealed nothing
        stands in `file_open`: to a stranger's question a sealed file and none are the same missing row."""
        self._run(
            "INSERT OR IGNORE INTO file_open SELECT r.digest, d.receiver, d.seq FROM file_ref AS r"
            " JOIN delivery AS d ON d.seq = r.seq WHERE r.seq = ? AND d.state != 'sealed'",
            (message,),
        )

    def _file(self, seq: int, facts: Facts) -> None:
        self._run(
            "INSERT OR IGNORE INTO file VALUES(?,?,?,?,?,?)",
            (seq, UUID(facts["hubId"]).bytes, facts["owner"], facts["digest"], facts["size"], facts["at"]),
        )
        self._news = seq

    def _answer(self, seq: int, facts: Facts) -> None:
        message = facts["message"]
        if facts["final"]:
            self._run("INSERT OR REPLACE INTO answer VALUES(?,?)", (message, seq))
        self._run(
            "UPDATE message SET state = ?, reason = ? WHERE seq = ?", (facts["state"], facts["code"], message)
        )
        if "ended" in facts:
            self._ended(message, facts["ended"])
        if "story" in facts:
            text = json.dumps(facts["story"], ensure_ascii=False, sort_keys=True)
            self._run("INSERT INTO answered VALUES(?,?,?)", (seq, message, text))
        self._state(message, seq, facts["state"], facts["at"], facts["code"], self._open(message))
        self._news = seq

    def _ended(self, question: int, until: int) -> None:
        """When a question can no longer be called back; what was refused never can."""
        if until < 0:
            self._run("DELETE FROM asked WHERE question = ?", (question,))
        else:
            self._run("UPDATE asked SET until = ? WHERE question = ?", (until, question))

    def _watermark(self, seq: int, facts: Facts) -> None:
        self._run("INSERT OR REPLACE INTO watermark VALUES(?,?,?)", (facts["system"], facts["source"], seq))

    def _event(self, seq: int, facts: Facts) -> None:
        """`payload`: `system` or `systems`, their `state` now, and the whole `record` where there is one."""
        payload = facts["payload"]
        self._run("INSERT INTO event VALUES(?,?)", (UUID(facts["hubId"]).bytes, seq))
        self._persons.erase(seq, facts["at"], erased_by(facts))
        for system in payload.get("systems") or ([payload["system"]] if "system" in payload else []):
            row = self._run("SELECT state, data FROM member WHERE system = ?", (system,)).fetchone()
            state = payload.get("state", row[0] if row else "none")
            record = payload.get("record") or {
                **(json.loads(row[1]) if row else {}),
                "system": system,
                "state": state,
            }
            text = json.dumps({**record, "event": facts["hubId"]}, ensure_ascii=False, sort_keys=True)
            self._run("INSERT OR REPLACE INTO member VALUES(?,?,?)", (system, state, text))
        self._news = seq

    def _nonce(self, seq: int, facts: Facts) -> None:
        self._nonces = max(self._nonces, facts["at"])
        self._add_nonce((token(facts["nonce"]), facts["nonceUntil"]))

    def _refused(self, seq: int, facts: Facts) -> None:
        self._add_refused((seq, facts["from"], int(facts["sealed"])))

    def _head(self, seq: int, facts: Facts) -> None:
        text = json.dumps({"head": facts["head"]}, ensure_ascii=False, sort_keys=True)
        self._run("INSERT INTO tree VALUES(?,?,?)", (facts["head"]["size"], seq, text))
        if facts.get("pulse"):
            self._run("INSERT INTO pulse VALUES(?,?)", (facts["head"]["size"], facts["at"]))
        self._plan(seq, seq, facts["at"], facts["deliveries"])

    def _stamp(self, seq: int, facts: Facts) -> None:
        self._run("INSERT OR IGNORE INTO stamp VALUES(?,?,?)", (facts["size"], seq, facts["stamped"]))

    def _key(self, seq: int, facts: Facts) -> None:
        self._run("INSERT INTO log_key VALUES(?,?)", (seq, facts["change"]["to"]))
