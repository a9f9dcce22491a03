"""One attempt at one delivery: log in if need be, ask if unsure, send, understand.

The order is the promise: an attempt whose effect is unknown is never simply repeated at a receiver
that cannot tell a repetition by its key; that receiver is asked first, and asked again until it
answers. Everybody else gets the same key again. What a receiver has taken and not finished is asked
after as well, where its dialect has such a question.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from hub.credentials import CredentialError
from hub.delivery.backoff import retry_after
from hub.delivery.limits import Limits
from hub.delivery.transport import TOO_LARGE, Peer, Peers, Transport, TransportError
from hub.errors import SenderError
from hub.failpoints import FailPoints
from hub.ports import PENDING, Blame, Call, Dialect, Kind, Outcome, Outgoing, Session, WireReply, WireRequest

# A certificate that is not believed now will not be believed in a minute: a person must look.
HOPELESS = frozenset(
    {"network.tls", "network.host-key", "peer.foreign-target", "peer.forbidden-address", "peer.scheme"}
)
# Nobody has said where the receiver is: nothing is sent, and it is ours to mend.
UNLISTED = Outcome(Kind.RETRY, "peer.unlisted", Blame.HUB)


class Enclosing(Protocol):
    """Octets beside the files of what is said, and away from what was answered (`hub/files/enclosed.py`)."""

    async def outgoing(self, dialect: Dialect, system: str, saying: Outgoing) -> Outgoing: ...
    async def outcome(self, saying: Outgoing, told: Outcome) -> Outcome: ...


class System(Protocol):
    """A row of the catalogue."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def dialect(self) -> str: ...
    @property
    def variant(self) -> str: ...


@dataclass(slots=True)
class Caller:
    """Speaks to one system in its dialect. Sessions are kept between attempts."""

    system: System
    dialect: Dialect
    transport: Transport
    peers: Peers
    clock: Callable[[], datetime]
    nonce: Callable[[], str]
    failpoints: FailPoints
    limits: Limits
    enclosing: Enclosing | None = None
    _session: Session | None = field(default=None)
    _door: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def listed(self) -> bool:
        """Is it known where the system is?"""
        peer = self.peers.get(self.system.id)
        return peer is not None and bool(peer.base)

    async def deliver(self, outgoing: Outgoing, key: str, *, unsure: bool) -> Outcome:
        """One attempt; never raises for anything a peer or a message can do."""
        peer = self.peers.get(self.system.id)
        if peer is None or not peer.base:
            return UNLISTED
        try:
            if self.enclosing is not None:
                outgoing = await self.enclosing.outgoing(self.dialect, self.system.id, outgoing)
            outcome = await self._once(outgoing, self._call(peer, key), unsure=unsure)
            if outcome.code == "auth.expired" and self._session is not None:
                self._session = None
                outcome = await self._once(outgoing, self._call(peer, key), unsure=unsure)
        except CredentialError as error:
            # Nothing went out now; what may have gone out before stays as unknown as it was.
            kind = Kind.UNKNOWN if unsure else Kind.RETRY
            return Outcome(kind, error.code, Blame.HUB, foreign=error.detail)
        except SenderError as error:
            return Outcome(Kind.REFUSED, error.code, Blame.SENDER, foreign=error.detail)
        except TransportError as error:
            if error.code in HOPELESS:
                return Outcome(Kind.REFUSED, error.code, Blame.HUB, foreign=error.detail)
            kind = Kind.UNKNOWN if error.sent else Kind.RETRY
            return Outcome(kind, error.code, _blame(error.code), foreign=error.detail)
        return outcome if self.enclosing is None else await self.enclosing.outcome(outgoing, outcome)

    async def _once(self, outgoing: Outgoing, call: Call, *, unsure: bool) -> Outcome:
        async with self._door:  # one login for all that wait for it
            ready = await self._login(call)
        if isinstance(ready, Outcome):
            return ready
        call = ready
        question = self.dialect.ask(outgoing, call) if unsure else None
        if question is not None:
            told = await self._ask(question)
            there = self.dialect.asked(told, outgoing, call)
            if isinstance(there, Outcome):
                return _patient(_looked(there), told, call)
            if there is None:
                # Not knowing is no leave to send again: stay unsure, ask later.
                return Outcome(Kind.UNKNOWN, "ask.unclear", Blame.RECEIVER)
            if there:
                return Outcome(Kind.DUPLICATE, "ask.found", None)
            call = replace(call, nonce=self.nonce())
        request = self.dialect.encode(outgoing, call)
        reply = await self.transport.send(self.system.id, request, self.limits)
        self.failpoints.hit("after-send")
        return _patient(self.dialect.decode(reply, outgoing, call), reply, call)

    async def _ask(self, question: WireRequest) -> WireReply:
        try:
            return await self.transport.send(self.system.id, question, self.limits)
        except TransportError as error:
            # The earlier attempt stays unknown.
            raise TransportError(error.code, sent=True, detail=error.detail) from error

    async def _login(self, call: Call) -> Call | Outcome:
        """The call with a session that holds, or the reason why there is none. Nothing was said yet."""
        if self._session is not None and self._session.expires > call.now:
            call = replace(call, session=self._session)
        request = self.dialect.login(call)
        if request is None:
            return call
        try:
            reply = await self.transport.send(self.system.id, request, self.limits)
        except TransportError as error:
            raise TransportError(error.code, sent=False, detail=error.detail) from error
        session = self.dialect.session(reply, call)
        if isinstance(session, Outcome):
            return session if session.kind is not Kind.UNKNOWN else replace(session, kind=Kind.RETRY)
        self._session = session
        return replace(call, session=session, nonce=self.nonce())

    def _call(self, peer: Peer, key: str) -> Call:
        return Call(
            system=self.system.id,
            variant=self.system.variant,
            credentials=peer.credentials,
            now=self.clock(),
            nonce=self.nonce(),
            key=key,
        )


def _looked(there: Outcome) -> Outcome:
    """What a question told. Putting it off leaves the earlier attempt as unknown as it was."""
    if there.kind is Kind.RETRY and there.code != PENDING:
        return replace(there, kind=Kind.UNKNOWN)
    return there


def _patient(outcome: Outcome, reply: WireReply, call: Call) -> Outcome:
    """With the time the receiver asked for, where there will be a next attempt."""
    if outcome.kind is not Kind.RETRY and outcome.kind is not Kind.UNKNOWN:
        return outcome
    return replace(outcome, wait=retry_after(reply.headers, call.now))


def _blame(code: str) -> Blame:
    """Whose fault silence is: an answer too large the receiver's, a missing driver ours, else the wire's."""
    if code == TOO_LARGE:
        return Blame.RECEIVER
    return Blame.HUB if code.startswith("peer.") else Blame.NETWORK
