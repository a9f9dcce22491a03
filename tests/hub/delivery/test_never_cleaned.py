"""Nothing undelivered is ever cleaned up, whatever happens in whatever order."""

from __future__ import annotations

import sqlite3
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hub.index.questions import SqliteIndex
from hub.index.schema import migrate
from hub.index.tokens import hexed

UNDONE = {"waiting", "sealed", "dead"}
DAY = 86_400_000_000


class Deliveries(RuleBasedStateMachine):
    """Any sequence of entries the hub can write, folded as it folds them, group by group."""

    def __init__(self):
        super().__init__()
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        migrate(self.connection)
        self.index = SqliteIndex(self.connection)
        self.seq, self.now, self.gates = 0, DAY * 20_000, 0
        self.model: dict[int, str] = {}  # every delivery there ever was: undone | delivered
        self.held: dict[int, int] = {}

    def entry(self, kind, **facts):
        self.seq += 1
        self.index.apply(self.seq, {"kind": kind, "at": self.now, **facts})
        return self.seq

    def decision(self, state, plan, *, seals=(), waits=(), hidden=0):
        return {
            "state": state, "reason": "", "hidden": hidden, "waits": [hexed(one) for one in waits],
            "seals": [hexed(one) for one in seals], "lifts": [], "timers": [], "parents": [], "deadlines": [],
            "record": None, "deliveries": plan,
        }  # fmt: skip

    def plan(self, count, sealed, after, until):
        return [
            {
                "to": f"D0{place}", "message": "m", "sealed": sealed, "order": hexed(place + 1), "key": "k",
                **({"after": self.now + after} if after else {}),
                **({"until": self.now + until} if until else {}),
            }
            for place in range(count)
        ]  # fmt: skip

    def message(self, decision):
        return self.entry(
            "message", hubId=str(UUID(int=self.seq + 1)), msgId=str(self.seq), msgType="record.put",
            stage="eng-project", digest="00", known=hexed(self.seq + 1), decision=decision, **{"from": "T01"},
        )  # fmt: skip

    @rule(
        count=st.integers(0, 4), sealed=st.booleans(),
        after=st.sampled_from([0, 5, 10**9]), until=st.sampled_from([0, 7, 10**9]),
    )  # fmt: skip
    def accepted(self, count, sealed, after, until):
        self.gates += sealed
        seals = (self.gates,) if sealed else ()
        seq = self.message(
            self.decision("accepted", self.plan(count, sealed, after, until), seals=seals, hidden=2 * sealed)
        )
        self.model |= {seq * 64 + place: "undone" for place in range(count)}

    @rule(token=st.integers(10**6, 10**6 + 3))
    def held_back(self, token):
        seq = self.message(self.decision("held", [], waits=(token,)))
        self.held[seq] = token

    @precondition(lambda self: self.held)
    @rule(count=st.integers(0, 3), good=st.booleans())
    def judged_again(self, count, good):
        message, _ = self.held.popitem()
        plan = self.plan(count, False, 0, 0) if good else []
        made = self.decision("accepted" if good else "refused", plan)
        seq = self.entry("decision", hubId=str(UUID(int=message)), message=message, decision=made)
        self.model |= {seq * 64 + place: "undone" for place in range(len(plan))}

    @rule()
    def a_gate_opens(self):
        self.entry("gate", gates=[hexed(gate) for gate in range(1, self.gates + 1)], cause="time")

    @precondition(lambda self: self.model)
    @rule(data=st.data(), how=st.sampled_from(["delivered", "retry", "unknown", "refused", None]))
    def attempted(self, data, how):
        row = self.index.delivery(data.draw(st.sampled_from(sorted(self.model))))
        if row.state != "waiting":
            return
        n = row.attempts + 1
        self.entry("attempt", delivery=row.id, n=n, quiet=False)
        if how is None:  # the hub died before it knew
            return
        state = {"delivered": "delivered", "refused": "dead"}.get(how, "waiting")
        self.outcome(row.id, n, how, state)
        if state == "delivered":
            self.model[row.id] = "delivered"

    def outcome(self, delivery, n, how, state):
        self.entry(
            "outcome", delivery=delivery, n=n, outcome=how, code=how, blame="", foreign="", state=state,
            next=self.now, quiet=False,
        )  # fmt: skip

    @rule()
    def time_runs_out(self):
        for delivery in self.index.expired(self.now, 100):
            self.outcome(delivery, 0, "expired", "dead")

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def somebody_asks_again(self, data):
        ids = data.draw(st.lists(st.sampled_from(sorted(self.model)), unique=True, max_size=3))
        dead = [one for one in ids if self.index.delivery(one).state == "dead"]
        if dead:
            self.entry("requeue", deliveries=dead, by="centre")

    @rule(passing=st.sampled_from([1, 8, 10**9, 400 * DAY]))
    def time_passes(self, passing):
        self.now += passing
        self.entry("nonce", nonce=hexed(self.seq + 10**9), nonceUntil=self.now)
        self.index.fold.flush()

    @rule()
    def a_head_is_signed(self):
        self.entry("head", head={"size": self.seq + 1, "root": "00", "alg": "sm3"}, deliveries=[])

    @invariant()
    def all_of_it_is_there(self):
        found = dict(self.index.rows.run("SELECT id, state FROM delivery"))
        assert set(found) == set(self.model), "every delivery there ever was"
        for delivery, state in found.items():
            assert (state in UNDONE) == (self.model[delivery] == "undone"), (delivery, state)

    @invariant()
    def what_is_undone_is_found_by_whoever_looks(self):
        listed = {row.id for row in self.index.listed("state != 'delivered'", (), 10**6)}
        assert listed == {one for one, state in self.model.items() if state == "undone"}
        waiting = list(self.index.listed("state = 'waiting'", (), 10**6))
        assert {row.receiver for row in waiting} == set(self.index.receivers())

    def teardown(self):
        self.connection.close()


TestDeliveries = Deliveries.TestCase
TestDeliveries.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
