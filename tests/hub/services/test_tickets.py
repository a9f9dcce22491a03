"""A ticket and its answer through the real dialect: one question, two calls, one number, two nonces."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from dataclasses import dataclass
from types import SimpleNamespace

from core_kit import NOW

from adapters.gateway_gm import DIALECT, sealing
from adapters.gateway_gm.papers import Hand
from hub.catalogue import Papers
from hub.delivery.attempt import Caller
from hub.delivery.breakers import Breakers
from hub.delivery.limits import Limits
from hub.failpoints import FailPoints
from hub.ports import Outgoing, WireReply
from hub.services.chain import Chain, Question
from hub.services.terms import Provider, Terms

PAPERS = Papers.load("gateway-gm")
SECRETS = PAPERS.golden()[0]["secrets"]
FETCHED = json.loads((PAPERS.root / "samples" / "tax.query.reply.json").read_text("utf-8"))
TICKET = json.loads((PAPERS.root / "samples" / "tax.query.pending.reply.json").read_text("utf-8"))
PEER = {**SECRETS, "sign_key": SECRETS["peer_key"]}


@dataclass
class Taxes:
    """D16: the first time a ticket, then the answer, both signed with its own key."""

    asked: list

    async def send(self, system, request, limits):
        message = json.loads(request.body)
        self.asked.append((message["msgid"], request.headers["x-tif-nonce"]))
        payload = TICKET if len(self.asked) == 1 else FETCHED
        answer = sealing.written(payload, message["msgid"], message["timestamp"], PEER, Hand())
        return WireReply(200, {}, json.dumps({"code": 0, "message": "m", **answer}).encode())


async def test_the_answer_behind_a_ticket_comes_within_the_same_question():
    taxes, numbers = Taxes([]), itertools.count()
    system = SimpleNamespace(id="D16", kind="department", dialect="gateway-gm", variant="")
    peers = {"D16": SimpleNamespace(base="http://d16", credentials=SECRETS)}
    caller = Caller(
        system,
        DIALECT,
        taxes,
        peers,
        lambda: NOW,
        lambda: f"nonce-{next(numbers)}",
        FailPoints(),
        Limits(60.0),
    )
    ticks = asyncio.get_running_loop().time
    terms = Terms("tax.query", 5.0, (), (Provider("D16", 2, 2.0),), {}, frozenset(), True)
    chain = Chain(lambda _: caller, Breakers(1, 9.0, ticks).of, lambda *_: [], ticks, lambda: 0, random, 2)
    fields = {"party": {"type": "1", "code": "916201022243338110", "name": "甲"}, "months": ["2026-10"]}
    outgoing = Outgoing("tax.query", "", "query", 1, fields)
    question = Question(terms, terms.providers, outgoing, lambda _: "key", shown=True)
    reached = await chain.ask(question, ticks() + 30.0, cut=False)
    assert (reached.answer.status, reached.answer.data["verifyNo"]) == (200, "SW-20261122-0001")
    assert [one.code for one in question.attempts] == ["receiver.pending", "ok"]
    (first, one), (second, other) = taxes.asked
    assert first == second
    assert one != other
