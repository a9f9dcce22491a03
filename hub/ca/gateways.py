"""Asking the gateways of CAs: only where it is called for, in their time, never on the loop, and one that
fails again and again is left alone.

A gateway is a listed peer with an application's name and key (`sof_app`, `sof_key` in `peers.toml`). Its
breaker is its own: trouble with a signature server stops no delivery. What is asked leaves no trace here;
that its CA hears who verifies what is why it is asked only when we cannot say, or the policy wants both.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from hub.ca.agreeing import Heard, open_only
from hub.ca.policy import ALWAYS, NEVER
from hub.ca.question import Circumstances, Proof
from hub.ca.verifying import Judged
from hub.delivery.breakers import Breakers
from hub.delivery.limits import Limits
from hub.delivery.transport import Peers, TransportError
from hub.faults import place
from hub.ports import (
    Blame,
    Gateway,
    GatewayQuestion,
    GatewayTalk,
    GatewayWord,
    Kind,
    Outcome,
    WireReply,
    WireRequest,
)

log = logging.getLogger(__name__)
CREDENTIALS = ("sof_app", "sof_key")
AVOIDED, TIMEOUT = "peer.avoided", "receiver.timeout"
_NOW = timedelta(minutes=5)  # a gateway speaks of this moment only
_AT_ONCE = 8
_JUDGED = {"raw": "raw", "detached": "detached", "timestamp": "timestamp", "xml": "xml", "cms": "attached"}
_KINDS = {
    "answered": Outcome(Kind.DELIVERED, "ok"),
    "refused": Outcome(Kind.REFUSED, "refused", Blame.RECEIVER),
    "retry": Outcome(Kind.RETRY, "retry", Blame.RECEIVER),
    "unknown": Outcome(Kind.UNKNOWN, "unknown", Blame.RECEIVER),
}


class Carrier(Protocol):
    """`hub.delivery.transport.Transport`"""

    async def send(self, system: str, request: WireRequest, limits: Limits) -> WireReply: ...


Work = Callable[[Callable[[], Any]], Awaitable[Any]]


@dataclass(slots=True)
class Gateways:
    """`spoken` are the installed adapters; `work` does in a thread what should not be on the loop."""

    spoken: Mapping[str, Gateway]
    peers: Peers
    carrier: Carrier
    breakers: Breakers
    clock: Callable[[], datetime]
    nonce: Callable[[], str]
    ticks: Callable[[], float]
    work: Work
    _turns: dict[str, asyncio.Semaphore] = field(default_factory=dict)

    def of(self, system: str) -> Gateway | None:
        """Who speaks to this CA's gateway; None where it has none, or none that we may call."""
        peer = self.peers.get(system)
        if peer is None or not all(peer.credentials.get(name) for name in CREDENTIALS):
            return None
        return next((one for one in self.spoken.values() if one.speaks(system)), None)

    async def beside(
        self, policy: str, found: Judged, asked: Proof | None, about: Circumstances
    ) -> Heard | None:
        """What the gateway of the signer's CA says, where it is to be asked at all."""
        system = gateway_of(found)
        if policy == NEVER or not system or not self.spoken or not _present(found, about, self.clock()):
            return None
        if policy != ALWAYS and not open_only(found.verdict):
            return None
        gateway = self.of(system)
        question = question_of(found, asked, whole=policy == ALWAYS)
        if gateway is None or question is None:
            return None
        return await self.ask(gateway, system, question)

    async def ask(self, gateway: Gateway, system: str, question: GatewayQuestion) -> Heard:
        """Never raises, and never takes longer than the gateway's profile says."""
        began, fuse = self.ticks(), self.breakers.of(system)
        at = self.clock()
        if not fuse.allows():
            return Heard(system, question.operation, GatewayWord("retry", AVOIDED), at)
        word = GatewayWord("unknown", TIMEOUT)
        turn = self._turns.setdefault(system, asyncio.Semaphore(_AT_ONCE))
        try:
            bounds = gateway.bounds(system)
            async with asyncio.timeout(bounds.total), turn:
                limits = Limits(bounds.total, bounds.connect, bounds.answer)
                word = await self._talk(gateway, system, question, limits)
        except TransportError as error:
            word = GatewayWord("unknown", TIMEOUT if error.sent else error.code)
        except TimeoutError:
            pass
        except Exception as error:  # a codec that broke its word has said nothing
            log.error("gateway of %s: %s", system, place(error))
            word = GatewayWord("unknown", "hub.internal")
        finally:
            fuse.judge(_KINDS[word.kind], shown=False)
        spent = round((self.ticks() - began) * 1000)
        return Heard(system, question.operation, word, at, spent, gateway.fresh(system))

    async def _talk(
        self, gateway: Gateway, system: str, question: GatewayQuestion, limits: Limits
    ) -> GatewayWord:
        peer = self.peers.get(system)
        credentials = {} if peer is None else peer.credentials
        talk = gateway.ask(system, question, credentials, self.clock, self.nonce)
        said = await self.work(partial(_step, talk, None))
        while isinstance(said, WireRequest):
            reply = await self.carrier.send(system, said, limits)
            said = await self.work(partial(_step, talk, reply))
        word: GatewayWord = said
        return word


def _step(talk: GatewayTalk, reply: WireReply | None) -> WireRequest | GatewayWord:
    try:
        return next(talk) if reply is None else talk.send(reply)
    except StopIteration as ended:
        word: GatewayWord = ended.value
        return word


def gateway_of(found: Judged) -> str:
    """Whose gateway knows the signer: its CA's, or that of the platform which our list of lists names for the
    province through whose list we know the CA; nobody's where it names none."""
    who = found.who
    if who is None or who.ca is None or who.member is None:
        return ""
    return who.ca.id if who.member.peer is None else who.member.peer.system


def _present(found: Judged, about: Circumstances, now: datetime) -> bool:
    """Is it judged as of now? Of the past a gateway knows nothing."""
    moment = found.verdict.moment or about.at
    return abs(now - moment.at) <= _NOW and abs(now - about.at.at) <= _NOW


def question_of(found: Judged, asked: Proof | None, *, whole: bool) -> GatewayQuestion | None:
    """Only the certificate where its status alone is open; else the same question that we were asked. What
    gateways do not judge as such (PDF, OFD, seals) is asked about by its signer's certificate."""
    signer = found.verdict.signer or b""
    if asked is not None and whole:
        apart = asked.kind == "detached" or (asked.kind == "auto" and asked.data is not None)
        operation = _JUDGED.get("detached" if found.kind == "cms" and apart else found.kind)
        data = asked.data or b""
        if operation in ("attached", "xml") or (operation is not None and data):
            return GatewayQuestion(operation, signer, data, asked.signature)
    return GatewayQuestion("certificate", signer) if signer else None
