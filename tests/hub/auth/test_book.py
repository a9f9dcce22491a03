"""Bounds and clocks of what is kept, without a hub."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from hub.auth import book as books
from hub.auth import sessions as rooms
from hub.auth.binding import Binding, Owner
from hub.auth.book import TICKET, Book, Entry
from hub.auth.desk import AuthDesk
from hub.auth.sessions import Sessions
from hub.auth.states import Act, State
from hub.errors import HubError, SenderError

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


class Time:
    """Two clocks that can go apart."""

    def __init__(self) -> None:
        self.wall, self.steady = NOW, 0.0

    def go(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.steady += seconds


def _entry(time: Time, owner: Owner, number: str = "") -> Entry:
    ends = time.wall + timedelta(seconds=60)
    bound = Binding("sandbox", owner, "login", "", "", "00", "5a", time.wall, ends)
    return Entry(TICKET, bound, time.steady, provider="N05", number=number)


def _book(time: Time) -> Book:
    return Book(lambda: time.wall, lambda: time.steady, random.Random(1).randbytes)


def _refused(code: str, work):
    with pytest.raises(HubError) as caught:
        work()
    assert caught.value.code == code


@pytest.mark.parametrize(("wall", "steady", "over"), [
    (59.9, 59.9, False), (60, 0, True), (0, 60, True), (-1, 1, False), (-3, 1, True), (3600, 1, True),
])  # fmt: skip
def test_either_clock_ends_it_and_one_that_goes_back_too(wall, steady, over):
    time = Time()
    book, owner = _book(time), Owner("P01", "s")
    name = book.add(_entry(time, owner))
    time.wall, time.steady = NOW + timedelta(seconds=wall), steady
    assert (book.mine(TICKET, name, owner).state is State.EXPIRED) is over
    time.wall, time.steady = NOW, 0.0
    assert (book.mine(TICKET, name, owner).state is State.EXPIRED) is over, "what is over stays over"


def test_memory_is_bounded_and_given_back(monkeypatch):
    monkeypatch.setattr(books, "MOST", 12)
    monkeypatch.setattr(books, "MOST_EACH", 8)
    time = Time()
    book = _book(time)
    for n in range(8):
        book.add(_entry(time, Owner("P01", str(n)), f"n{n}"))
    _refused("hub.busy", lambda: book.add(_entry(time, Owner("P01", "more"))))
    for n in range(4):
        book.add(_entry(time, Owner("P02", str(n))))
    _refused("hub.busy", lambda: book.add(_entry(time, Owner("P03", "x"))))
    assert book.numbered("N05", "n1") is not None and book.numbered("C04", "n1") is None
    time.go(books.KEPT + 1)
    book.add(_entry(time, Owner("P03", "x")))
    assert len(book) == 1 and book.numbered("N05", "n1") is None
    assert not book._each["P01"] and len(book._open) == 1 and not book._numbers


def test_strangers_of_one_address_make_room_for_one_another_and_for_nobody_else(monkeypatch):
    monkeypatch.setattr(books, "MOST_EACH", 200)
    time = Time()
    book, other = _book(time), Owner("hub", "visitor", "192.0.2.9")
    kept = book.add(_entry(time, other))
    names = []
    for n in range(20 * 300):  # as many as two addresses may ask for while anything is kept
        for address in ("192.0.2.1", "192.0.2.2"):
            owner = Owner("hub", f"{address} {n}", address)
            names.append((owner, book.add(_entry(time, owner))))
        time.go(0.005)
    assert len(book) == 2 * books.MOST_ADDRESS + 1
    assert book.mine(TICKET, kept, other).state is State.CREATED
    book.add(_entry(time, Owner("hub", "next", "192.0.2.10")))
    last, (owner, name) = names[-1], names[-2 * books.MOST_ADDRESS]
    assert book.mine(TICKET, last[1], last[0]).state is State.CREATED
    assert book.mine(TICKET, name, owner).state is State.CREATED, "the oldest that is still there"
    _refused("ticket.unknown", lambda: book.mine(TICKET, *reversed(names[0])))
    # Members are no strangers: their places are their own business.
    for n in range(books.MOST_ADDRESS + 1):
        book.add(_entry(time, Owner("P01", str(n))))
    assert book._each["P01"] == books.MOST_ADDRESS + 1
    time.go(books.KEPT + 1)
    book.add(_entry(time, Owner("P01", "x")))
    assert (len(book), len(book._open), book._near, len(book._gone)) == (1, 1, {}, 0)


def test_what_is_over_makes_room_first_and_what_is_being_used_stays(monkeypatch):
    monkeypatch.setattr(books, "MOST_ADDRESS", 3)
    time = Time()
    book, owners = _book(time), [Owner("hub", str(n), "192.0.2.1") for n in range(5)]
    entries = [_entry(time, owner, f"n{n}") for n, owner in enumerate(owners)]
    for n, entry in enumerate(entries):
        entry.ticket = f"ticket {n}"
    names = [book.add(entry) for entry in entries[:3]]
    assert all(book.first(entry) for entry in entries[:3])
    entries[1].move(Act.REFUSE)
    with book.holding(entries[0]):
        names.append(book.add(entries[3]))
        _refused("ticket.unknown", lambda: book.mine(TICKET, names[1], owners[1]))
        names.append(book.add(entries[4]))
        _refused("ticket.unknown", lambda: book.mine(TICKET, names[2], owners[2]))
    assert entries[2].state is State.EXPIRED
    assert book.mine(TICKET, names[0], owners[0]) is entries[0]
    again = _entry(time, Owner("P01", "s"))
    again.ticket = "ticket 2"
    assert not book.first(again), "what made room is not handed out again either"
    time.go(books.KEPT + 1)
    book.add(_entry(time, Owner("P01", "s")))
    assert book.first(again)


def test_another_start_finds_nothing_of_this_one():
    time, owner = Time(), Owner("P01", "s")
    first, second = _book(time), Book(lambda: NOW, lambda: 0.0, random.Random(2).randbytes)
    name = first.add(_entry(time, owner))
    _refused("ticket.unknown", lambda: second.mine(TICKET, name, owner))
    second._entries |= first._entries  # even with its memory
    _refused("ticket.unknown", lambda: second.mine(TICKET, name, owner))


def test_sessions_are_few_for_a_browser_and_bounded_in_all(monkeypatch):
    monkeypatch.setattr(rooms, "MOST", 6)
    time, one = Time(), Owner("P01", "s")
    room = Sessions(lambda: time.wall, lambda: time.steady, random.Random(3).randbytes)
    tokens = [room.open(one, {})[0] for _ in range(rooms.MOST_EACH + 1)]
    _refused("session.unknown", lambda: room.look(one, tokens[0]))
    assert all(room.look(one, token)["idleSeconds"] for token in tokens[1:])
    for n in range(2):
        room.open(Owner("P01", f"other{n}"), {})
    _refused("hub.busy", lambda: room.open(Owner("P01", "last"), {}))
    time.go(rooms.WHOLE + 1)
    room.open(Owner("P01", "last"), {})
    assert len(room._kept) == 1 and len(room._each) == 1


async def test_what_runs_out_while_it_is_judged_has_run_out():
    """A judgement may wait for a CA; who was in time when he asked need not be when he is answered."""
    clock, slow = Time(), []

    class Desk:
        async def verify(self, asker, value):
            clock.wall += timedelta(seconds=sum(slow))
            return {"result": "valid", "zh": "", "medium": "token", "subject": {"bound": {}}}

    desk = AuthDesk(
        "sandbox",
        lambda: clock.wall,
        lambda: clock.steady,
        random.Random(4).randbytes,
        Desk,
        None,
        None,
        lambda _: True,
    )
    owner = Owner("P01", "s")
    made = desk.challenge(owner, {"action": "login"})
    shown = await desk.tickets.begin(owner, {"action": "login", "provider": "D01"})
    proof = {"signature": "AA==", "certificate": "AA==", "form": "raw"}
    await desk.telephone.confirm("D01", shown["ticket"], proof)
    slow.append(200)
    with pytest.raises(SenderError) as late:
        await desk.tickets.use(owner, shown["ticket"], {})
    assert late.value.code == "ticket.expired"
    clock.wall -= timedelta(seconds=200)
    with pytest.raises(SenderError) as late:
        await desk.login(owner, {"challengeId": made["challengeId"], **proof})
    assert late.value.code == "challenge.expired"
