"""The way in: run the steps, keep what passes, answer with the receipt. The one part here that waits."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol

from certs.algorithms.digest import mac
from hub.errors import HubError
from hub.index.port import MessageRow
from hub.journal.port import Tx
from hub.message import Finding, Key, canonical, wall
from hub.pipeline import STEPS, Exchange, World, run
from hub.pipeline.acceptance import Acceptance
from hub.pipeline.arrival import Arrival, Heard, arrival, proof
from hub.pipeline.check import check
from hub.pipeline.exchange import Step
from hub.pipeline.facts import micros
from hub.pipeline.nonces import Used, spend, used
from hub.pipeline.refused import refused_facts, write_down
from hub.pipeline.repeat import nonce_finding
from hub.pipeline.shares import QUOTA, Shares
from hub.pipeline.window import window
from hub.ports import Answer, Incoming
from hub.tracing.spans import carried

REUSED = "auth.nonce-reused"
WHO = tuple(step for step in STEPS if step not in (check, window))
Matching = Callable[[Tx], Heard | Answer]


class Committer(Protocol):
    """The writer, as far as the way in needs it."""

    async def do(self, work: Callable[[Tx], Any], *, urgent: bool = False) -> Any: ...


@dataclass(frozen=True, slots=True)
class Ingress:
    world: World
    acceptance: Acceptance
    writer: Committer
    clock: Callable[[], datetime]
    key_of_owner: Callable[[str], Key | None]
    hub_sign: Callable[[int, bytes], Mapping[str, str] | None] | None = None
    shares: Shares | None = None

    def native(self, raw: bytes, bearer: frozenset[str] | None = None) -> Exchange:
        """A native message after all steps; `bearer`: for whom the connection's certificate stands."""
        return run(Exchange(raw, self.clock(), bearer=bearer), self.world)

    async def submit_foreign(self, system: str, incoming: Incoming) -> Answer:
        """A message its own dialect has authenticated and translated."""
        exchange = self.foreign(system, incoming)
        answer, _ = await self.settle(exchange)
        return answer

    def foreign(self, system: str, incoming: Incoming) -> Exchange:
        """The unified message of a foreign caller after all steps. It carries no signature of its own."""
        return self._passed(system, incoming, STEPS, list(incoming.findings))

    def called_back(self, system: str, incoming: Incoming, wrong: list[Finding]) -> Exchange:
        """A callback after the steps that ask who speaks and whether it is known; it is no request, so that
        what is wrong with it is for whoever knows replies to say."""
        return self._passed(system, incoming, WHO, [*incoming.findings, *wrong])

    def _passed(
        self, system: str, incoming: Incoming, steps: tuple[Step, ...], wrong: list[Finding]
    ) -> Exchange:
        now = self.clock()
        envelope = unified(system, incoming, self.world.realm, now)
        nonce = str(incoming.context.get("nonce") or "")
        exchange = Exchange(canonical(envelope), now, system=system, nonce=nonce)
        if not incoming.authenticated:
            return exchange._replace(answer=Answer(401, "auth.failed", "身份验证未通过"))
        passed = run(exchange, self.world, steps)
        if not wrong or (passed.answer is not None and passed.answer.code == REUSED):
            return passed
        more = passed.answer.findings if passed.answer is not None else ()
        return passed.refuse(422, [*wrong, *more])

    async def settle(
        self, exchange: Exchange, match: Matching | None = None
    ) -> tuple[Answer, MessageRow | None]:
        """Keep what passed and its sender may send; the row tells which message it became or already was.

        `match` looks, where it is kept, for the question that a callback answers, and may refuse it.
        """
        if self.shares is None or not exchange.proved:
            return await self._settle(exchange, match)
        sender, size, entered = exchange.head["from"], len(exchange.raw), micros(exchange.now)
        place = self.shares.enter(sender, size, entered)
        if isinstance(place, Answer):
            return await self._settle(self._limited(exchange, place))
        if place is None:
            return await self._settle(exchange, match)
        answer = None
        try:
            answer, row = await self._settle(exchange, match)
            return answer, row
        finally:
            self.shares.leave(place, size, entered, kept=answer is not None and answer.status == 202)

    def _limited(self, exchange: Exchange, answer: Answer) -> Exchange:
        """A day's limit stops what is new; what is known gets its receipt."""
        known = exchange.known
        if answer.code == QUOTA and exchange.answer is None:
            known = known or self.world.known(exchange.head["from"], exchange.head["msgId"])
            if known is not None:
                return exchange._replace(known=known)
        return exchange._replace(answer=answer, examined=False)

    async def _settle(
        self, exchange: Exchange, match: Matching | None = None
    ) -> tuple[Answer, MessageRow | None]:
        try:
            if exchange.answer is not None or exchange.known is not None:
                return await self._settled(exchange)
            arrival = self._arrival(exchange)
            kept = await self.writer.do(
                lambda tx: self._keep(tx, arrival, match), urgent=self.acceptance.urgent(exchange.envelope)
            )
        except HubError as error:
            return Answer(error.status, error.code, error.detail, retry_after=error.retry_after), None
        if isinstance(kept, Answer):
            return kept, None
        row, before = kept
        if row is None:
            return self._reused(exchange), None
        if before:
            return self._again(exchange, row), row
        return Answer(202, "0000", data=self.receipt(row), findings=exchange.warnings), row

    def _keep(
        self, tx: Tx, arrival: Arrival, match: Matching | None
    ) -> tuple[MessageRow | None, bool] | Answer:
        """Kept, or the refusal of a callback that answers nothing; what is known needs no question."""
        if match is not None and tx.index.known(arrival.known) is None:
            found = match(tx)
            if isinstance(found, Answer):
                if arrival.nonce is not None:
                    spend(tx, arrival.nonce)
                return found
            arrival = arrival.answering(found, self.acceptance.tokens)
        return self.acceptance.keep(tx, arrival)

    def together(self, exchanges: Sequence[Exchange]) -> Callable[[Tx], list[Answer]]:
        """Work that keeps all of these in one piece, in their order, the refused ones as notes.

        For messages the hub fetched itself: what says how far it has read belongs into the same piece.
        """
        ready = [(one, None if one.answer or one.known else self._arrival(one)) for one in exchanges]
        notes = {
            id(one): refused_facts(one, self.world.standard, self.acceptance.new_id())
            for one in exchanges
            if one.answer is not None
        }

        def work(tx: Tx) -> list[Answer]:
            return [self._kept(tx, one, arrival, notes.get(id(one))) for one, arrival in ready]

        return work

    def _kept(
        self, tx: Tx, exchange: Exchange, arrival: Arrival | None, note: Mapping[str, Any] | None
    ) -> Answer:
        if note is not None:
            write_down(tx, micros(exchange.now), note)
        if exchange.answer is not None:
            return exchange.answer
        if arrival is None:
            assert exchange.known is not None  # noqa: S101 - else it would have an arrival
            return self._again(exchange, exchange.known)
        row, before = self.acceptance.keep(tx, arrival)
        if row is None:
            return self._reused(exchange)
        return self._again(exchange, row) if before else Answer(202, "0000", data=self.receipt(row))

    async def _settled(self, exchange: Exchange) -> tuple[Answer, MessageRow | None]:
        """What the steps decided already; the nonce of a foreign proof is used up by that too."""
        nonce = self._nonce(exchange) if exchange.foreign else None
        if nonce is not None:
            fresh = await self.writer.do(lambda tx: spend(tx, nonce))
            if not fresh and exchange.answer is None and not exchange.repeats:
                return self._reused(exchange), None
        if exchange.answer is not None:
            await self._note(exchange)
            return exchange.answer, None
        assert exchange.known is not None  # noqa: S101 - asked by `settle`
        return self._again(exchange, exchange.known), exchange.known

    async def _note(self, exchange: Exchange) -> None:
        """Keep that and why it was refused; a full queue costs the note, not the answer."""
        facts = refused_facts(exchange, self.world.standard, self.acceptance.new_id())
        if facts is None:
            return
        with contextlib.suppress(HubError):
            await self.writer.do(lambda tx: write_down(tx, micros(exchange.now), facts))

    def _reused(self, exchange: Exchange) -> Answer:
        finding = nonce_finding(exchange.nonce or exchange.head["nonce"])
        return Answer(401, finding.code, finding.advice, findings=(finding,))

    def _again(self, exchange: Exchange, row: MessageRow) -> Answer:
        """The first receipt for the same content; a conflict says nothing of what was sent first."""
        if row.digest == exchange.digest:
            return Answer(200, "0000", data=self.receipt(row))
        return Answer(409, "idempotency.conflict", "同一 msgId 已用于内容不同的报文,请换新的 msgId")

    def _arrival(self, exchange: Exchange) -> Arrival:
        acceptance, world = self.acceptance, self.world
        return arrival(
            exchange, acceptance.new_id(), world.standard, acceptance.tokens, world.window, carried()
        )

    def _nonce(self, exchange: Exchange) -> Used | None:
        """The nonce this message was proved with, as it is kept; None where its dialect has none."""
        _, whose, nonce = proof(exchange)
        if not nonce:
            return None
        return used(self.acceptance.tokens, whose, nonce, micros(exchange.now), self.world.window)

    def receipt(self, row: MessageRow) -> dict[str, Any]:
        """What the sender was told at first, word for word the same every time."""
        facts = self.provable(row)
        key = self.key_of_owner(row.sender)
        # The first receipt comes again word for word: a signature of a key pair would differ each time.
        if "sign" not in facts and key is not None and key.secret:
            facts["sign"] = {
                "alg": key.alg,
                "keyId": key.key_id,
                "value": mac(canonical(facts), key.secret, key.alg).hex(),
            }
        return facts

    def provable(self, row: MessageRow) -> dict[str, Any]:
        """The receipt as anybody can check it: by its leaf, and by the hub's own key where it signs them."""
        facts: dict[str, Any] = {
            "hubId": row.hub_id,
            "receiptState": row.first_state,
            "receivedTime": _second(row.received // 1_000_000),
            "from": row.sender,
            "msgId": row.msg_id,
            "digest": f"sm3:{row.digest.hex()}",
            "reason": row.first_reason,
        }
        block = self.hub_sign(row.seq, canonical(facts)) if self.hub_sign is not None else None
        return facts if block is None else {**facts, "sign": dict(block)}


@lru_cache(1024)  # the messages of a second say the same
def _second(received: int) -> str:
    return wall(datetime.fromtimestamp(received, UTC))


def unified(system: str, incoming: Incoming, realm: str, now: datetime) -> dict[str, Any]:
    """The native envelope of a foreign message. Time and nonce are ours: they are not part of its content.

    A record travels as `record.put`, whichever of its own operations the sender called: rows that a
    carrying message would add in `ext` are not in a foreign dialect's vocabulary.
    """
    head: dict[str, Any] = {
        "ver": "1",
        "realm": realm,
        "from": system,
        "msgId": incoming.message_id,
        "msgType": "record.put" if incoming.stage else incoming.message,
        "time": wall(now),
        "nonce": "by-dialect",
    }
    body: dict[str, Any] = {"fields": dict(incoming.fields)}
    if incoming.stage:
        head["stage"] = incoming.stage
        body |= {"op": incoming.op, "key": incoming.key, "version": incoming.version}
    if incoming.files:
        body["files"] = [dict(one) for one in incoming.files]
    if incoming.ext:
        body["ext"] = dict(incoming.ext)
    return {"head": head, "body": body}
