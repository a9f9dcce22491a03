"""What is remembered, how long, and that it does not grow without end."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from hub.message import CST
from simulators.journal import Exchange, Journal
from simulators.nonces import NonceBook
from simulators.state import Ledger, Push, Verdict
from simulators.wire import Reply, Request

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=CST)


def test_a_nonce_is_fresh_once_in_ten_minutes_and_the_book_stays_small() -> None:
    book = NonceBook()
    assert book.fresh("a", NOW) and not book.fresh("a", NOW + timedelta(seconds=600))
    assert book.fresh("a", NOW + timedelta(seconds=601))
    for second in range(5000):
        book.fresh(f"n{second}", NOW + timedelta(seconds=700 + second))
    assert len(book) <= 602


def test_the_journal_keeps_the_last_and_shortens_what_is_long() -> None:
    journal = Journal(kept=3)
    for number in range(10):
        journal.note(Exchange(NOW, Request("POST", f"/{number}", body=b"x" * 9000), Reply(200)))
    assert journal.received == 10
    assert [e.request.path for e in journal.last(99)] == ["/9", "/8", "/7"]
    assert len(journal.last(1)[0].shown()["request"]["body"]) < 4200
    assert journal.last(0) == []


def push(version: int, op: str = "insert", text: str = "a") -> Push:
    return Push("stage", "key", version, op, {"text": text}, {"text": text})


@pytest.mark.parametrize(
    ("pushes", "verdicts", "effects"),
    [
        ([push(1), push(1)], [Verdict.TAKEN, Verdict.DUPLICATE], 1),
        ([push(1), push(1, text="b")], [Verdict.TAKEN, Verdict.CONFLICT], 1),
        ([push(2), push(1)], [Verdict.TAKEN, Verdict.OLDER], 1),
        ([push(1, "update")], [Verdict.UNKNOWN_ROW], 0),
        (
            [push(1), push(2, "update"), push(2, "update")],
            [Verdict.TAKEN, Verdict.TAKEN, Verdict.DUPLICATE],
            2,
        ),
        ([push(1), push(2, "delete"), push(2)], [Verdict.TAKEN, Verdict.TAKEN, Verdict.OLDER], 2),
        ([push(1), push(2, "delete"), push(3)], [Verdict.TAKEN, Verdict.TAKEN, Verdict.TAKEN], 3),
    ],
)
def test_a_keyed_receiver(pushes: list[Push], verdicts: list[Verdict], effects: int) -> None:
    ledger = Ledger()
    assert [ledger.put(each, NOW)[0] for each in pushes] == verdicts
    assert ledger.effects == effects
    assert sum(record.doubled for record in ledger) == 0


def test_a_receiver_without_a_key_doubles_and_says_so() -> None:
    ledger = Ledger()
    for each in (push(1), push(1), push(2, "update")):
        ledger.append(each, NOW)
    (record,) = ledger
    assert (record.effects, record.doubled) == (3, 1)
