"""One attempt: sessions, expired ones, and what each kind of failure means for the next."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta

import pytest
from core_kit import Clock, FakeDialect, FakePeers

from hub.delivery.attempt import Caller
from hub.delivery.limits import Limits
from hub.delivery.transport import TransportError
from hub.errors import SenderError
from hub.failpoints import FailPoints
from hub.ports import Blame, Kind, Outcome, Outgoing, Session, WireReply, WireRequest

SAID = Outgoing("notice.publish", "eng-tender-notice", "insert", 1, {"A": "1"}, key="k")


@dataclass(frozen=True)
class Row:
    id: str = "D01"
    kind: str = "approval"
    dialect: str = "fake"
    variant: str = ""


class WithLogin(FakeDialect):
    """Needs a token that the peer hands out."""

    def login(self, call):
        return None if call.session else WireRequest("POST", "/login", {}, b"{}")

    def session(self, reply, call):
        told = json.loads(reply.body)
        if told["token"] is None:
            return Outcome(Kind.UNKNOWN, "receiver.internal", Blame.RECEIVER)
        return Session(told["token"], call.now + timedelta(seconds=60))

    def encode(self, outgoing, call):
        return WireRequest("POST", "/put", {"token": call.session.value, "nonce": call.nonce}, b"{}")


class Peer:
    """Hands out tokens and takes only the newest."""

    def __init__(self, *errors):
        self.tokens, self.logins, self.puts = iter("abcdefgh"), 0, []
        self.valid, self.errors = None, list(errors)

    async def send(self, system, request, limits):
        await asyncio.sleep(0.005)
        if self.errors:
            raise self.errors.pop(0)
        if request.path == "/login":
            self.logins += 1
            self.valid = next(self.tokens)
            return WireReply(200, {}, json.dumps({"token": self.valid}).encode())
        self.puts.append(request)
        good = request.headers.get("token") in {None, self.valid}
        told = {"kind": "delivered"} if good else {"kind": "retry", "code": "auth.expired"}
        return WireReply(200, {}, json.dumps(told).encode())

    async def close(self):
        return None


def _caller(peer, dialect=None, clock=None):
    numbers = iter(range(100))
    return Caller(
        Row(),
        dialect or WithLogin(),
        peer,
        FakePeers(),
        clock or Clock(),
        lambda: f"n{next(numbers)}",
        FailPoints(),
        Limits(10.0),
    )


async def test_a_session_is_fetched_once_for_all_and_again_when_it_ends():
    peer, clock = Peer(), Clock()
    caller = _caller(peer, clock=clock)
    outcomes = await asyncio.gather(*(caller.deliver(SAID, f"k{n}", unsure=False) for n in range(5)))
    assert {outcome.kind for outcome in outcomes} == {Kind.DELIVERED} and peer.logins == 1
    clock.on(61)
    await caller.deliver(SAID, "k9", unsure=False)
    assert peer.logins == 2
    assert len({request.headers["nonce"] for request in peer.puts}) == 6, "a nonce is never used twice"


async def test_a_session_the_peer_forgot_is_renewed_within_the_attempt():
    peer = Peer()
    caller = _caller(peer)
    await caller.deliver(SAID, "k1", unsure=False)
    peer.valid = "other"
    assert (await caller.deliver(SAID, "k2", unsure=False)).kind is Kind.DELIVERED
    assert peer.logins == 2


@pytest.mark.parametrize(
    ("error", "kind", "blame"),
    [
        (TransportError("network.refused", sent=False), Kind.RETRY, Blame.NETWORK),
        (TransportError("network.tls", sent=False), Kind.REFUSED, Blame.HUB),
        (TransportError("network.timeout", sent=True), Kind.UNKNOWN, Blame.NETWORK),
        (TransportError("receiver.answer-too-large", sent=True), Kind.UNKNOWN, Blame.RECEIVER),
    ],
)
async def test_what_the_wire_says(error, kind, blame):
    outcome = await _caller(Peer(error), FakeDialect()).deliver(SAID, "k", unsure=False)
    assert (outcome.kind, outcome.code, outcome.blame) == (kind, error.code, blame)


async def test_a_login_that_fails_leaves_the_effect_certain():
    """Nothing was said yet, so the next attempt need not ask."""
    outcome = await _caller(Peer(TransportError("network.timeout", sent=True))).deliver(
        SAID, "k", unsure=False
    )
    assert outcome.kind is Kind.RETRY


async def test_a_question_that_gets_no_answer_keeps_the_doubt():
    error = TransportError("network.refused", sent=False)
    caller = _caller(Peer(error), FakeDialect(keyless=True))
    assert (await caller.deliver(SAID, "k", unsure=True)).kind is Kind.UNKNOWN


async def test_a_message_the_dialect_cannot_carry_is_the_senders():
    dialect = FakeDialect()

    def encode(outgoing, call):
        raise SenderError("字段放不下", code="mapping.length")

    dialect.encode = encode
    outcome = await _caller(Peer(), dialect).deliver(SAID, "k", unsure=False)
    assert (outcome.kind, outcome.code, outcome.blame) == (Kind.REFUSED, "mapping.length", Blame.SENDER)
