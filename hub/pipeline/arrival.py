"""A message the steps let through, with all that can be said of it without looking anything up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from hub.index.tokens import Tokens, hexed
from hub.pipeline.exchange import Exchange
from hub.pipeline.facts import Facts, micros, outline
from hub.pipeline.nonces import Used, kept
from hub.pipeline.people import NOBODY, Known, People, people_of
from hub.standard import Standard


class Heard(NamedTuple):
    """What a callback answers: its question, the token its asker finds it by, how far the state is (`rank`),
    the question's own seal, and whom it names."""

    question: int
    token: int
    rank: int
    hidden: int
    gates: tuple[int, ...]
    people: People

    def facts(self) -> dict[str, Any]:
        """The journal's form."""
        return {"question": self.question, "by": hexed(self.token), "rank": self.rank}


class Arrival(NamedTuple):
    """`nonce` is None for callers whose dialect knows none, `facts` for messages that carry no record;
    `people_known` are the tokens of `people`, `raw_digest` is b"" where nobody had to make it yet."""

    raw: bytes
    envelope: Mapping[str, Any]
    hub_id: str
    known: int
    facts: Facts | None
    digest: bytes
    now: int
    auth: Mapping[str, str]
    nonce: Used | None = None
    people: People = NOBODY
    people_known: Known = ()
    trace: str = ""
    raw_digest: bytes = b""
    heard: Heard | None = None

    def answering(self, heard: Heard, tokens: Tokens) -> Arrival:
        """The same as the callback it is: it names whom a reply names."""
        made = iter(tokens.many(heard.people.names()))
        return self._replace(heard=heard, people=heard.people, people_known=heard.people.known_by(made))


def arrival(
    exchange: Exchange, hub_id: str, standard: Standard, tokens: Tokens, window: timedelta, trace: str
) -> Arrival:
    """All tokens of a message are made in one call: one by one they cost three times as much (measured)."""
    raw, envelope, written = exchange.raw, exchange.envelope, exchange.written
    head, now = envelope["head"], micros(exchange.now)
    auth, whose, nonce = proof(exchange)
    sketch = outline(envelope, hub_id, standard) if "stage" in head else None
    people = people_of(raw, envelope, standard)
    names: list[tuple[str, ...]] = [("known", head["from"], head["msgId"])]
    if nonce:
        names.append(("nonce", whose, nonce))
    if sketch is not None:
        names += sketch.names
    made = iter(tokens.many(names + people.names()))
    known = next(made)
    used = Used(next(made), now, kept(now, window)) if nonce else None
    facts = None
    if sketch is not None:
        assert written is not None  # noqa: S101 - it is there with the envelope
        facts = sketch.facts([next(made) for _ in sketch.names], written.record_digest())
    return Arrival(
        raw, envelope, hub_id, known, facts, exchange.digest, now, auth, used, people, people.known_by(made),
        trace, b"" if written is None else written.raw_digest,
    )  # fmt: skip


def proof(exchange: Exchange) -> tuple[Mapping[str, str], str, str]:
    """How the sender was proved, and the nonce of that proof with its key; "" where its dialect has none."""
    if exchange.foreign:
        return {"by": "dialect"}, exchange.system, exchange.nonce
    head = exchange.head
    sign = head["sign"]
    return {"by": "signature", "keyId": sign["keyId"], "alg": sign["alg"]}, sign["keyId"], head["nonce"]
