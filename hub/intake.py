"""What comes in, and which way it goes: a message to keep, a question to mediate, a word on an earlier one.

Whoever takes up a piece of work keeps the `Live` it began with; a reload meanwhile is for the next one.
"""

from __future__ import annotations

from dataclasses import replace

from hub.ca.syncing import SYNC
from hub.errors import HubError
from hub.files.enclosed import room
from hub.index.port import MessageRow
from hub.live import Live
from hub.parts import Parts
from hub.pipeline import Exchange
from hub.ports import CALLBACK, Answer, Dialect, Incoming
from hub.tracing.spans import span, tell


def _tell(row: MessageRow | None) -> None:
    """Spans are of messages anybody may know of, and of nothing else."""
    if row is not None and not row.hidden:
        tell({"hutong.hub_id": row.hub_id, "hutong.stage": row.stage, "hutong.sender": row.sender})


class Intake:
    """The ways in of one hub; refusals are answers, not exceptions, but for `unpack`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def message(self, raw: bytes, bearer: frozenset[str] | None) -> Answer:
        """One native message; `bearer`: the members a certificate shown by the connection stands for."""
        live = self._parts.live
        exchange = await self._judged(live, raw, bearer)
        if exchange.answer is None and live.services.mediated(exchange.head["msgType"]):
            return Answer(422, "service.path", "该报文类型须即问即答,请用 /v1/services/{报文类型}")
        with span("hutong.commit"):
            answer, row = await live.ingress.settle(exchange)
        _tell(row)
        return answer

    async def question(self, raw: bytes, bearer: frozenset[str] | None) -> Answer:
        """One signed question; `data` of a good answer are the reply fields."""
        live = self._parts.live
        began = live.services.ticks()
        return await self._mediate(live, await self._judged(live, raw, bearer), began)

    async def foreign(self, system: str, incoming: Incoming) -> Answer:
        """One message of a foreign caller, after its dialect's own proof."""
        live = self._parts.live
        if not incoming.stage and incoming.op == CALLBACK:
            if self._asked_by_auth(system, incoming):
                said = await self._parts.auth.tickets.hear(system, incoming.fields)
                if said is not None:
                    return said
            return await live.hearing.hear(system, incoming)
        if not incoming.stage and live.services.mediated(incoming.message):
            began = live.services.ticks()
            return await self._mediate(live, live.ingress.foreign(system, incoming), began)
        if not incoming.stage and incoming.message == SYNC and not incoming.findings:
            return await self._parts.ca.syncing.take(
                system, incoming.fields, lambda: live.ingress.submit_foreign(system, incoming)
            )
        return await live.ingress.submit_foreign(system, incoming)

    async def unpack(self, system: str, incoming: Incoming) -> Incoming:
        """A foreign call without the octets of its files, kept if it may be taken; raises HubError."""
        if self._asked_by_auth(system, incoming):
            return incoming  # a signature for a login is judged, and never laid on a shelf
        taken = incoming.authenticated and not incoming.findings and self._parts.members.online(system)
        return await self._parts.enclosures.incoming(system if taken else "", incoming)

    async def pack(self, dialect: Dialect, system: str, incoming: Incoming, answer: Answer) -> Answer:
        """An answer with the octets that the caller's dialect writes out, of files the caller may read."""
        limit = room(dialect, system, incoming.message, incoming.stage)
        if not limit or not answer.data:
            return answer
        return replace(answer, data=await self._parts.enclosures.beside(system, answer.data, [limit]))

    async def _judged(self, live: Live, raw: bytes, bearer: frozenset[str] | None) -> Exchange:
        """After all steps; where its key is a certificate's nobody has judged yet, that comes first."""
        with span("hutong.checks"):
            exchange = live.ingress.native(raw, bearer)
        if exchange.answer is None or exchange.answer.code != "auth.key":
            return exchange
        try:
            known = await self._parts.signers.settle(exchange.head["sign"]["keyId"])
        except HubError as error:
            again = Answer(error.status, error.code, error.detail, retry_after=error.retry_after)
            return exchange._replace(answer=again)
        return live.ingress.native(raw, bearer) if known else exchange

    async def _mediate(self, live: Live, exchange: Exchange, began: float) -> Answer:
        if exchange.answer is None and not live.services.mediated(exchange.head["msgType"]):
            told = Answer(422, "service.unknown", "该报文类型不是请求应答服务,请用 /v1/messages")
            exchange = exchange._replace(answer=told)
        elif exchange.answer is None:
            exchange = exchange._replace(answer=live.services.misstated(exchange.envelope))
        kept, row = await live.ingress.settle(exchange)
        _tell(row)
        return await live.services.answer(kept, row, began)

    def _asked_by_auth(self, system: str, incoming: Incoming) -> bool:
        """Does a provider call back what a login asked of it? That goes no further than memory."""
        number = str(incoming.fields.get("requestNo", ""))
        known = incoming.op == CALLBACK and incoming.authenticated and self._parts.members.online(system)
        return known and self._parts.auth.tickets.awaits(system, number)
