"""Keeping a message: inside the writer's transaction it is judged, routed, and written down once.

Whatever waited for it (children of a registered project, the next version of a record) is judged
again in the same transaction, so that a crash can never separate a parent from its children.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.index.port import MessageRow
from hub.index.tokens import Tokens, hexed, token
from hub.journal.claims import JUDGING
from hub.journal.closing import Closing
from hub.journal.entry import Kind, bound
from hub.journal.port import TooLongError, Tx
from hub.message import parse
from hub.pipeline.arrival import Arrival
from hub.pipeline.decision import EARLY, OPEN, SEALED, Planned, Verdict, decision
from hub.pipeline.facts import Facts, deal_of, derive, event_times
from hub.pipeline.nonces import spend
from hub.pipeline.people import closed_with
from hub.pipeline.routing import Leg
from hub.pipeline.sections import owners_word
from hub.pipeline.stateful import Case, judge
from hub.pipeline.window import window_of
from hub.standard import Standard

ERASED = "privacy.erased"
REQUEST_REPLY = "request-reply"
DEFER_LIMIT = 10_000  # children released by one parent in one transaction
MANY_FILES = 100  # named by one record; more are not written down where others wait


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The parts acceptance needs; `key_of` names the effect of a message at a receiver, `legs` tells who gets
    a record: (stage, sender, region, sealed), `notified` who gets a message without one that names nobody:
    (message, sender, owner of the deal, sealed), `asking` under which tokens a question may be called back
    and until when, `urgent` whether an envelope goes first."""

    standard: Standard
    tokens: Tokens
    legs: Callable[[str, str, str, bool], tuple[Leg, ...]]
    kind_of: Mapping[str, str]
    new_id: Callable[[], str]
    key_of: Callable[[str, str], str]
    urgent: Callable[[Mapping[str, Any]], bool] = lambda _: False
    notified: Callable[[str, str, str, bool], tuple[Leg, ...]] = lambda *_: ()
    asking: Callable[[Mapping[str, Any]], tuple[tuple[int, int], ...]] = lambda _: ()

    def known_key(self, sender: str, msg_id: str) -> int:
        return self.tokens.of("known", sender, msg_id)

    def facts(self, envelope: Mapping[str, Any], hub_id: str) -> Facts | None:
        """What a record means; None for a message that carries none."""
        if "stage" not in envelope["head"]:
            return None
        return derive(envelope, hub_id, self.standard, self.tokens)

    def keep(self, tx: Tx, arrival: Arrival) -> tuple[MessageRow | None, bool]:
        """Append the message. Its row, or that of an earlier sending (then True); None for a used nonce."""
        head = arrival.envelope["head"]
        stage = head.get("stage", "")
        found = tx.index.known(arrival.known)
        if found is not None:
            return (found, True) if self._spent(tx, arrival, found) else (None, True)
        if arrival.nonce is not None and tx.index.nonce_used(arrival.nonce.token):
            return None, False
        hub_id, facts = arrival.hub_id, arrival.facts
        if facts is not None and not tx.patient and any(map(tx.index.sealed, facts.opens)):
            raise TooLongError  # thousands may have waited for this gate
        files = _files(arrival.envelope)
        if len(files) > MANY_FILES and not tx.patient:
            raise TooLongError
        if arrival.heard is None:
            made = self._judge(tx, arrival.envelope, hub_id, facts, arrival.now)
        else:  # as hidden as its question
            made = decision(Verdict("accepted"), hidden=arrival.heard.hidden, seals=arrival.heard.gates)
        gates = tuple([token(gate) for gate in made["seals"]])
        seq = tx.append(
            Kind.MESSAGE,
            arrival.now,
            _said(arrival, made, files) | self._called(arrival),
            arrival.raw,
            closing=self._closing(arrival, stage, gates),
        )
        if made["state"] == "accepted" and facts is not None:
            self._release_waiting(tx, facts, arrival.now)
        state, reason = made["state"], made["reason"]
        row = MessageRow(
            seq, hub_id, head["from"], head["msgId"], head["msgType"], stage, arrival.now, arrival.digest,
            state, reason, state, reason, made["hidden"],
        )  # fmt: skip
        return row, False

    def _called(self, arrival: Arrival) -> dict[str, Any]:
        """What a callback answers; under what a question may be called back."""
        if arrival.heard is not None:
            return {"heard": arrival.heard.facts()}
        asking = self.asking(arrival.envelope) if arrival.facts is None else ()
        return {"asking": [[hexed(key), until] for key, until in asking]} if asking else {}

    def _closing(self, arrival: Arrival, stage: str, gates: tuple[int, ...]) -> Closing | None:
        """A question may name a person or a bidder whatever its service; what is sealed is closed too."""
        people = arrival.people
        if stage != "" and stage not in self.standard.closed and not gates and not people.people:
            return None
        kind = stage or str(arrival.envelope["head"]["msgType"])  # how long it must be kept goes by this
        return closed_with(people, arrival.people_known, self.tokens, kind, gates)

    def _spent(self, tx: Tx, arrival: Arrival, found: MessageRow) -> bool:
        """Two calls of a dialect at once use up both proofs; a used one serves the same content only."""
        if arrival.auth["by"] != "dialect" or arrival.nonce is None:
            return True
        return spend(tx, arrival.nonce) or found.digest == arrival.digest

    def release(self, tx: Tx, seq: int, now: int) -> bool:
        """An officer lets a held amount go; False when the message is not held for that."""
        row = tx.index.message(seq)
        if row is None or row.state != "held" or row.reason != "R04":
            return False
        facts = self._again(tx, row, now, released=True)
        if facts is not None:
            self._release_waiting(tx, facts, now)
        return True

    def _release_waiting(self, tx: Tx, facts: Facts, now: int) -> None:
        """Judge again all that waited for these facts, and for what that brings."""
        queue = deque([facts])
        for _ in range(DEFER_LIMIT):
            if not queue:
                return
            one = queue.popleft()
            for key in (one.registers, one.record_key):
                waiting = tx.index.waiting_for(key) if key is not None else ()
                if waiting and not tx.patient:
                    raise TooLongError
                for seq in waiting:
                    row = tx.index.message(seq)
                    accepted = self._again(tx, row, now, released=False) if row is not None else None
                    if accepted is not None:
                        queue.append(accepted)

    def _again(self, tx: Tx, row: MessageRow, now: int, *, released: bool) -> Facts | None:
        """Decide a held message anew; its facts when it is accepted now."""
        entry = tx.journal.entry(row.seq, JUDGING)
        if entry is None:
            return None
        if entry.gone:
            self._erased(tx, row, now)
            return None
        envelope = parse(entry.raw).value
        facts = self.facts(envelope, row.hub_id)
        made = self._judge(tx, envelope, row.hub_id, facts, now, released=released)
        same = (made["state"], made["reason"]) == (row.state, row.reason)
        if same and made["state"] == "held":
            return None
        tx.append(Kind.DECISION, now, {"hubId": row.hub_id, "message": row.seq, "decision": made})
        return facts if made["state"] == "accepted" else None

    def _erased(self, tx: Tx, row: MessageRow, now: int) -> None:
        """What a person had erased while it was held cannot be judged, nor delivered, any more."""
        made = decision(Verdict("refused", ERASED), hidden=row.hidden)
        tx.append(Kind.DECISION, now, {"hubId": row.hub_id, "message": row.seq, "decision": made})

    def _judge(
        self,
        tx: Tx,
        envelope: Mapping[str, Any],
        hub_id: str,
        facts: Facts | None,
        now: int,
        *,
        released: bool = False,
    ) -> dict[str, Any]:
        if facts is None:
            return self._bare(tx, envelope, hub_id)
        fields = envelope["body"]["fields"]
        verdict = judge(Case(facts, fields, tx.index, now, released=released))
        due = facts.own_time is not None and facts.own_time <= now
        seals = () if due else tuple(gate for gate in facts.seals if not tx.index.lifted(gate))
        later = facts.own_time if facts.own_time is not None and not due else None
        # A notice that speaks only tomorrow lifts its gates tomorrow.
        lifts, timers = (
            (facts.opens, ()) if later is None else ((), tuple((gate, later) for gate in facts.opens))
        )
        if later is not None:
            timers += tuple((gate, later) for gate in facts.seals)
        hidden = OPEN if not seals else SEALED if facts.secret else EARLY
        plan: tuple[Planned, ...] = ()
        if _goes(verdict):  # nothing else of it has an effect
            facts = owners_word(facts, tx.index)
            plan = self._plan(envelope, facts, hub_id, sealed=bool(seals))
        return decision(
            verdict, hidden=hidden, facts=facts, seals=seals, lifts=lifts, plan=plan,
            timers=timers if _goes(verdict) else (),
        )  # fmt: skip

    def _plan(
        self, envelope: Mapping[str, Any], facts: Facts, hub_id: str, *, sealed: bool
    ) -> tuple[Planned, ...]:
        legs = self.legs(facts.stage, facts.sender, facts.region, sealed)
        return self._planned(envelope, legs, hub_id, facts.record_key)

    def _planned(
        self, envelope: Mapping[str, Any], legs: tuple[Leg, ...], hub_id: str, order: int
    ) -> tuple[Planned, ...]:
        urgent, window = self.urgent(envelope), window_of(envelope["body"])
        return tuple(
            Planned(
                leg.receiver, leg.message, leg.sealed, order, self.key_of(hub_id, leg.receiver), urgent,
                window.after, window.until,
            )
            for leg in legs
        )  # fmt: skip

    def _bare(self, tx: Tx, envelope: Mapping[str, Any], hub_id: str) -> dict[str, Any]:
        """A message without a stage: a question, or a notification to one system or to subscribers."""
        head = envelope["head"]
        seals = self._service_seals(envelope, hub_id)
        seals = tuple(gate for gate in seals if not tx.index.lifted(gate))
        plan: tuple[Planned, ...] = ()
        legs = self._notices(tx, envelope, sealed=bool(seals))
        if legs:
            key = str(envelope["body"].get("key", hub_id))
            order = self.tokens.of("record", head["from"], head["msgType"], key)
            plan = self._planned(envelope, legs, hub_id, order)
        return decision(
            Verdict("accepted"), hidden=SEALED if seals else OPEN, seals=seals, plan=plan,
            timers=event_times(envelope, self.tokens),
        )  # fmt: skip

    def _notices(self, tx: Tx, envelope: Mapping[str, Any], *, sealed: bool) -> tuple[Leg, ...]:
        """Who is told: the one it is addressed to, else who subscribed to what is addressed to nobody."""
        head = envelope["head"]
        message, sender, to = head["msgType"], head["from"], str(head.get("to", "hub"))
        service = self.standard.services.get(message)
        if service is None or service.pattern == REQUEST_REPLY:
            return ()
        if to in self.kind_of:
            return (Leg(to, message, sealed),) if to != sender else ()
        if to != "hub":
            return ()
        tender = deal_of(envelope["body"]["fields"])
        owner = tx.index.parent_owner(self.tokens.of("tender", tender)) if tender else None
        return self.notified(message, sender, owner or "", sealed)

    def _service_seals(self, envelope: Mapping[str, Any], hub_id: str) -> tuple[int, ...]:
        """What a bid caused tells of the bid: sealed with its section, or for good when it names none."""
        service = self.standard.services.get(envelope["head"]["msgType"])
        if service is None or not (service.sealed or any(row.sealed for row in service.request)):
            return ()
        section = envelope["body"]["fields"].get("section")
        code = section.get("BID_SECTION_CODE") if isinstance(section, dict) else None
        if code:
            return (self.tokens.of("gate", "eng-bid-opening", str(code)),)
        return (self.tokens.of("never", hub_id),)


def _said(arrival: Arrival, made: Mapping[str, Any], files: list[str]) -> dict[str, Any]:
    """What the journal keeps of a message; what it has not is not written."""
    head = arrival.envelope["head"]
    said: dict[str, Any] = {
        "hubId": arrival.hub_id,
        "from": head["from"],
        "msgId": head["msgId"],
        "msgType": head["msgType"],
        "stage": head.get("stage", ""),
        "digest": arrival.digest.hex(),
        "known": hexed(arrival.known),
        "auth": arrival.auth,
        "size": len(arrival.raw),
        "decision": made,
    }
    if arrival.raw_digest:  # made with the message's own: a third of its bytes' hashing (2.5 kB: 6 us)
        said["raw"] = bound(arrival.raw_digest)
    if arrival.nonce is not None:
        said["nonce"], said["nonceUntil"] = hexed(arrival.nonce.token), arrival.nonce.until
    if files:
        said["files"] = files
    if arrival.trace:
        said["trace"] = arrival.trace
    return said


def _files(envelope: Mapping[str, Any]) -> list[str]:
    """What a record says of its files, for the index."""
    named = envelope["body"].get("files") if "stage" in envelope["head"] else None
    return [row["digest"] for row in named if isinstance(row.get("digest"), str)] if named else []


def _goes(verdict: Verdict) -> bool:
    return verdict.state == "accepted" and not verdict.duplicate
