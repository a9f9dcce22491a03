"""Limits, equal questions under way at once, and what happens when a provider does not answer."""

from __future__ import annotations

import asyncio
import time

import pytest
from asking import CREDIT, FOUND, Steady, ask, asking, good, story
from core_kit import CENTRE, NOW, STANDARD, Bench, until

from hub.delivery.breakers import Breakers
from hub.delivery.transport import TransportError
from hub.engine import Reader
from hub.ports import Blame, Kind, Outcome, Outgoing
from hub.services import terms as terms_of
from hub.services.chain import Chain, Question
from hub.services.tables import read_all
from hub.services.terms import Provider, Terms
from tests.rows import each

T01, T03 = Reader("T01"), Reader("T03")
AWAY = TransportError("network.refused", sent=False)


class Door:
    """A provider that answers when told to."""

    def __init__(self, data=FOUND) -> None:
        self.open, self.data, self.calls = asyncio.Event(), data, 0

    async def __call__(self, said):
        self.calls += 1
        await self.open.wait()
        return (
            self.data if isinstance(self.data, TransportError) else {"kind": "delivered", "data": self.data}
        )


class Waiting(Steady):
    """Moves on by what a question may wait once its provider is asked: the machine's pace does not count."""

    def __init__(self, hub, door, seconds) -> None:
        self._door, self._seconds, self._start = door, seconds, time.monotonic()
        super().__init__(hub)

    def __call__(self):
        return self._start + (self._seconds if self._door.calls else 0.0)


async def _opened(tmp_path, **settings):
    bench = Bench(tmp_path, **settings)
    return bench, await bench.open("T01", "T03")


async def test_a_caller_may_wait_less_long_and_its_trace_says_what_took_how_long(tmp_path):
    bench, hub = await _opened(tmp_path)
    bench.transport.behave["D01"] = door = Door()
    Waiting(hub, door, 0.1)
    answer = await ask(bench, hub, ext={"REPLY_WITHIN": "0.1", "ours": "x"})
    assert (answer.status, answer.code) == (504, "upstream.timeout"), answer
    said = story(hub, T01, "T01", "q1")
    assert said["source"] == "none" and said["limit"] == said["took"]["whole"] == 100, said
    assert set(said["took"]) == {"kept", "providers", "whole"}
    assert hub.find(T01, "T01", "q1")["state"] == "unanswered"
    door.open.set()
    assert [(one["provider"], one["outcome"]) for one in said["attempts"]] == [("D01", "open")]
    whole = await ask(bench, hub, number="q2", ext={"ours": "x"})
    assert whole.status == 200 and door.calls == 1, "the call went on, and served the next one"
    await hub.drain()


async def test_the_limit_is_not_told_to_the_provider_and_must_be_one(tmp_path):
    bench, hub = await _opened(tmp_path)
    seen: list[Outgoing] = []
    bench.transport.behave["D01"] = good(FOUND)
    encode = bench.dialects["soap11-wsse"].encode
    bench.dialects["soap11-wsse"].encode = lambda said, call: (seen.append(said), encode(said, call))[1]
    await ask(bench, hub, ext={"REPLY_WITHIN": "3", "ours": "x"})
    assert dict(seen[0].ext) == {"ours": "x"}
    for wrong in ("0", "-1", "soon", "NaN", "1e9", True):
        answer = await ask(bench, hub, number=f"w{wrong}", ext={"REPLY_WITHIN": wrong})
        assert (answer.status, answer.code) == (422, "service.limit"), (wrong, answer)
        assert hub.find(T01, "T01", f"w{wrong}") is None
    await hub.drain()


async def test_time_spent_before_a_provider_is_asked_counts(tmp_path):
    bench, hub = await _opened(tmp_path)
    bench.transport.behave["D01"] = good(FOUND)
    live = hub.live
    kept, row = await live.ingress.settle(live.ingress.native(bench.signed(asking(bench))))
    answer = await live.services.answer(kept, row, live.services.ticks() - 60.0)
    assert (answer.status, answer.code) == (504, "service.late") and not bench.transport.got["D01"]
    assert story(hub, T01, "T01", "q1")["took"]["kept"] >= 60_000
    await hub.drain()


async def test_of_a_sealed_question_no_time_is_told(tmp_path):
    bench, hub = await _opened(tmp_path)
    bench.transport.behave["R01"] = bench.transport.behave["N03"] = Door(CREDIT)
    answer = await ask(bench, hub, "credit.query", ext={"REPLY_WITHIN": "0.05"})
    assert answer.status == 504 and set(answer.story) == {"hubId", "source"}
    trace = hub.find(T01, "T01", "q1")
    assert trace["answers"] == [] and trace["states"][-1]["state"] == "unanswered"
    facts = hub._parts.reading.journal.heads(0, 1000)
    assert not any("story" in one.facts for one in facts)
    await hub.drain()


async def test_equal_questions_at_once_are_one_call_and_each_has_its_own_trace(tmp_path):
    bench, hub = await _opened(tmp_path)
    bench.transport.behave["D01"] = door = Door()
    asked = [
        asyncio.ensure_future(ask(bench, hub, number=number, sender=sender))
        for number, sender in (("a", "T01"), ("b", "T03"), ("c", "T01"), ("d", "T03"))
    ]
    await until(lambda: door.calls and all(hub.find(T01, "T01", one) for one in "ac"))
    await until(lambda: all(hub.find(T03, "T03", one) for one in "bd"))
    await asyncio.sleep(0)
    asked[2].cancel()
    asked[0].cancel()  # even the one for whom the call was begun
    await asyncio.sleep(0)
    door.open.set()
    b, d = await asked[1], await asked[3]
    assert dict(b.data) == dict(d.data) == FOUND and door.calls == 1
    assert b.story["source"] == d.story["source"] == "coalesced"
    one, other = story(hub, T03, "T03", "b"), story(hub, T03, "T03", "d")
    assert one["entry"] != other["entry"] and one["attempts"] == other["attempts"] != []
    assert "question" not in one and story(hub, CENTRE, "T03", "b")["question"]
    await hub.drain()


async def test_a_failure_is_shared_once_and_not_remembered(tmp_path):
    bench, hub = await _opened(tmp_path)
    bench.transport.behave["D01"] = door = Door(AWAY)
    asked = [asyncio.ensure_future(ask(bench, hub, number=number)) for number in "ab"]
    await until(lambda: door.calls and all(hub.find(T01, "T01", one) for one in "ab"))
    door.open.set()
    assert [answer.status for answer in await asyncio.gather(*asked)] == [502, 502]
    assert door.calls == 2, "two tries of one call"
    bench.transport.behave["D01"] = good(FOUND)
    assert (await ask(bench, hub, number="c")).story["source"] == "provider"
    assert not len(hub.live.services.sources.memory.flights)
    await hub.drain()


async def test_a_question_of_another_caller_about_a_bidder_is_another_call(tmp_path):
    bench, hub = await _opened(tmp_path)
    bench.transport.behave["R01"] = door = Door(CREDIT)
    asked = [
        asyncio.ensure_future(ask(bench, hub, "credit.query", sender=sender)) for sender in ("T01", "T03")
    ]
    await until(lambda: door.calls == 2)
    door.open.set()
    assert [answer.story["source"] for answer in await asyncio.gather(*asked)] == ["provider", "provider"]
    await hub.drain()


async def test_the_next_provider_answers_and_the_answer_says_which(tmp_path):
    bench, hub = await _opened(tmp_path)
    bench.transport.behave["R01"] = lambda said: AWAY
    bench.transport.behave["N03"] = good({**CREDIT, "sourceSystem": "N03"})
    answer = await ask(bench, hub, "credit.query")
    assert answer.status == 200 and answer.story["provider"] == "N03", answer
    named = asking(bench, "credit.query", number="q2", point="award")
    named["head"]["to"] = "R01"
    assert (await hub.service(bench.signed(named))).status == 502, "whoever names one is not sent elsewhere"
    await hub.drain()


async def test_where_a_question_goes_is_told_by_what_it_asks(tmp_path):
    bench, hub = await _opened(tmp_path)
    bench.transport.behave["D07"] = good(FOUND)
    fields = {"queryKind": "permit-no", "WATER_PERMIT_NO": "甘水〔2026〕1号"}
    answer = await ask(bench, hub, **fields)
    assert answer.story["provider"] == "D07" and not bench.transport.got["D01"], answer
    await hub.drain()


async def test_when_nobody_can_answer_it_says_so_and_asks_again(tmp_path):
    bench, hub = await _opened(tmp_path)
    bench.transport.behave["C01"] = lambda said: AWAY
    answer = await ask(bench, hub, "ca.status")
    assert (answer.status, answer.data["status"], answer.story["source"]) == (200, "unknown", "degraded"), (
        answer
    )
    assert [note.code for note in answer.findings] == ["service.degraded"]
    again = await hub.service(bench.signed(asking(bench, "ca.status")))
    assert again.story["source"] == "degraded" and len(bench.transport.got["C01"]) >= 3
    assert len(hub.live.services.sources.memory.shelf) == 0
    await hub.drain()


async def test_a_system_in_trouble_is_left_alone_by_both(tmp_path):
    bench, hub = await _opened(tmp_path, breaker_failures=2, breaker_pause=30.0)
    bench.transport.behave["D01"] = lambda said: AWAY
    assert (await ask(bench, hub)).status == 502  # two tries
    assert hub._parts.breakers.of("D01").breaker.state(NOW.timestamp()) == "open"
    asked = len(bench.transport.got["D01"])
    assert (await ask(bench, hub, number="q2")).status == 502
    assert len(bench.transport.got["D01"]) == asked, "left alone"
    assert [one["code"] for one in story(hub, T01, "T01", "q2")["attempts"]] == ["peer.avoided"]
    bench.clock.on(31)
    bench.transport.behave["D01"] = good(FOUND)
    assert (await ask(bench, hub, number="q3")).status == 200, "one probe, and it is well again"
    await hub.drain()


async def test_no_caller_makes_a_provider_look_sick_by_its_own_haste(tmp_path):
    bench, hub = await _opened(tmp_path, breaker_failures=1, breaker_pause=30.0)
    bench.transport.behave["R01"] = Door()
    Steady(hub)
    terms = hub.live.services.terms["credit.query"]
    chain = hub.live.services.sources.chain
    question = Question(terms, terms.ways("R01", {}), _said(), lambda system: "k", shown=True)
    await chain.ask(question, chain.ticks() + 0.05, cut=True)
    assert question.attempts[0].code == "upstream.timeout"
    assert hub._parts.breakers.of("R01").breaker.state(NOW.timestamp()) == "closed"
    await hub.drain()


def _said():
    return Outgoing("guarantee.verify", "", "query", 1, {})


class Scripted:
    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes, self.keys = list(outcomes), []

    async def deliver(self, outgoing, key, *, unsure):
        self.keys.append(key)
        return self.outcomes.pop(0)


OK = Outcome(Kind.DELIVERED, "ok", data={"x": "1"})
BUSY = Outcome(Kind.RETRY, "busy", Blame.RECEIVER)
LOST = Outcome(Kind.UNKNOWN, "network.reset", Blame.NETWORK)
OLD = Outcome(Kind.REFUSED, "credit.stale", Blame.RECEIVER)
NO = Outcome(Kind.REFUSED, "not.yours", Blame.RECEIVER)
TLS = Outcome(Kind.REFUSED, "network.tls", Blame.HUB)


@pytest.mark.parametrize(
    ("harmless", "first", "second", "status", "calls"),
    [
        (True, [LOST, OK], [], 200, (2, 0)),
        (True, [LOST, LOST], [OK], 200, (2, 1)),
        (False, [LOST], [OK], 502, (1, 0)),  # it may have taken effect: nobody else is asked
        (False, [BUSY, BUSY], [OK], 200, (2, 1)),
        (True, [OLD], [OK], 200, (1, 1)),  # a refusal that the standard calls passing
        (True, [NO], [OK], 422, (1, 0)),
        (True, [TLS], [OK], 200, (1, 1)),
        (True, [BUSY, BUSY], [NO], 422, (2, 1)),
        (True, [], [OK], 200, (0, 1)),  # nobody speaks to the first
    ],
)
async def test_what_is_asked_again_and_of_whom(harmless, first, second, status, calls):
    speakers = {"A": Scripted(*first) if first else None, "B": Scripted(*second)}
    ways = (Provider("A", 2, 1.0), Provider("B", 1, 1.0))
    terms = Terms("s", 5.0, (), ways, {}, frozenset({"credit.stale"}), harmless)
    ticks = asyncio.get_running_loop().time
    breakers = Breakers(9, 1.0, ticks)
    chain = Chain(speakers.get, breakers.of, lambda *_: [], ticks, lambda: 0, __import__("random"), 2)
    question = Question(terms, ways, _said(), lambda system: f"key-{system}", shown=True)
    reached = await chain.ask(question, ticks() + 5.0, cut=False)
    assert reached.answer.status == status, (reached, question.attempts)
    assert tuple(len(one.keys) if one else 0 for one in speakers.values()) == calls
    assert all(set(one.keys) <= {f"key-{name}"} for name, one in speakers.items() if one)


def _ticket(wait=0):
    return Outcome(Kind.RETRY, "receiver.pending", Blame.RECEIVER, data={"retry_after": wait})


def _fetching(speaker, breakers, tries=1, seconds=2.0):
    """A chain with one provider, a question to it, and the clock."""
    ways = (Provider("A", tries, 1.0),)
    terms = Terms("s", seconds, (), ways, {}, frozenset(), True)
    ticks = asyncio.get_running_loop().time
    rng = __import__("random")
    chain = Chain(lambda _: speaker, breakers.of, lambda *_: [], ticks, lambda: 0, rng, 2)
    return chain, Question(terms, ways, _said(), lambda system: "k", shown=True), ticks


@pytest.mark.parametrize("tickets", [1, 3])
async def test_a_ticket_is_fetched_with_the_same_question_and_uses_up_no_try(tickets):
    speaker = Scripted(*[_ticket() for _ in range(tickets)], OK)
    breakers = Breakers(1, 1.0, asyncio.get_running_loop().time)
    chain, question, ticks = _fetching(speaker, breakers)
    reached = await chain.ask(question, ticks() + 30.0, cut=False)
    assert (reached.answer.status, speaker.keys) == (200, ["k"] * (tickets + 1))
    assert [one.code for one in question.attempts] == ["receiver.pending"] * tickets + ["ok"]
    assert breakers.of("A").breaker.state(ticks()) == "closed", "one that gives tickets is at work"


async def test_a_failure_after_the_ticket_is_a_try():
    speaker = Scripted(_ticket(), BUSY, _ticket(), OK)
    chain, question, ticks = _fetching(speaker, Breakers(9, 1.0, asyncio.get_running_loop().time), tries=2)
    assert (await chain.ask(question, ticks() + 30.0, cut=False)).answer.status == 200
    assert len(speaker.keys) == 4


async def test_what_takes_longer_than_there_is_time_says_when_to_ask_again():
    speaker = Scripted(_ticket(60), OK)
    chain, question, ticks = _fetching(speaker, Breakers(9, 1.0, asyncio.get_running_loop().time))
    reached = await chain.ask(question, ticks() + 2.0, cut=False)
    told = reached.answer
    assert (told.status, told.code, told.retry_after) == (502, "upstream.unavailable", 60)
    assert len(speaker.keys) == 1, "nobody waits for what cannot come in time"


async def test_tickets_without_end_end_with_the_time():
    class Never(Scripted):
        async def deliver(self, outgoing, key, *, unsure):
            self.keys.append(key)
            return _ticket()

    speaker = Never()
    chain, question, ticks = _fetching(speaker, Breakers(9, 1.0, asyncio.get_running_loop().time))
    reached = await chain.ask(question, ticks() + 1.5, cut=False)
    assert (reached.answer.status, reached.answer.retry_after) == (502, 1)
    assert 2 <= len(speaker.keys) <= 7, "longer apart each time"


@each(
    ("service", "first"),
    [
        ("tax.query", ["D16"]),
        ("venue.query", ["M09"]),
        ("seat.query", ["M09"]),
        ("venue.reserve", ["P01"]),
        ("witness.video", ["P11", "L03"]),
        ("credit.query", ["R01", "N03", "R02", "D10"]),
        ("ca.verify", ["C05", "C01", "C03", "C02"]),
        ("ca.status", ["C05"]),
        ("ca.sign", ["C01", "C03"]),
        ("tsa.stamp", ["C03"]),
        ("guarantee.apply", ["F01"]),
        ("deposit.refund", ["F03"]),
        ("person.verify", ["D14", "N04"]),
        ("auth.identity", ["N05"]),
        ("entity.verify", ["N04", "N05"]),
    ],
)
def test_who_answers_what_in_which_order(service, first):
    terms = terms_of.load(STANDARD, read_all())[service]
    assert [one.system for one in terms.ways("hub", {})] == first
    assert all(one.seconds < terms.seconds for one in terms.providers)


@pytest.mark.parametrize(
    ("service", "field", "value", "first"),
    [
        ("qualification.query", "sector", "A07", "D06"),
        ("qualification.query", "sector", "A03", "D10"),
        ("performance.query", "tradeClass", "A06", "D10"),
        ("venue.query", "TRA_PLACE_CODE", "621100", "M11"),
        ("ca.status", "certificate", {"caId": "C02"}, "C02"),
    ],
)
def test_whose_field_it_is_is_asked_first(service, field, value, first):
    terms = terms_of.load(STANDARD, read_all())[service]
    assert terms.ways("hub", {field: value})[0].system == first
    assert first not in [one.system for one in terms.ways("hub", {field: "A99"})]


async def test_calls_to_one_provider_wait_for_their_turn_within_their_time():
    door = asyncio.Event()

    class Slow:
        now = most = 0

        async def deliver(self, outgoing, key, *, unsure):
            Slow.now += 1
            Slow.most = max(Slow.most, Slow.now)
            await door.wait()
            Slow.now -= 1
            return OK

    ways = (Provider("A", 1, 5.0),)
    terms = Terms("s", 5.0, (), ways, {}, frozenset(), True)
    ticks = asyncio.get_running_loop().time
    chain = Chain(lambda _: Slow(), Breakers(9, 1.0, ticks).of, lambda *_: [], ticks, lambda: 0, None, 2)

    def go(seconds):
        question = Question(terms, ways, _said(), lambda system: "k", shown=True)
        return asyncio.ensure_future(chain.ask(question, ticks() + seconds, cut=False))

    first, hasty = [go(5.0) for _ in range(4)], go(0.05)
    late = await hasty
    assert (late.answer.status, late.answer.code) == (504, "service.late")
    door.set()
    assert {one.answer.status for one in await asyncio.gather(*first)} == {200} and Slow.most == 2


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("terms.csv", {"service": "project.query", "keeps": "nothing"}),
        ("terms.csv", {"service": "project.query", "seconds": "0"}),
        ("terms.csv", {"service": "eng-project"}),
        ("providers.csv", {"provider": "R01"}),
        ("providers.csv", {"when": "nothing=1"}),
        ("degraded.csv", {"field": "nothing"}),
    ],
)
def test_a_row_about_what_is_not_there_stops_the_start(table, change):
    tables = read_all()
    assert len(terms_of.load(STANDARD, tables)) > 50
    tables[table][1].update(change)
    with pytest.raises(ValueError, match=r"terms|providers|degraded|no service"):
        terms_of.load(STANDARD, tables)
