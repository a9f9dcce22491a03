"""Group commit: many callers, few flushes, answers only after the commit, a bounded queue."""

from __future__ import annotations

import asyncio
import sqlite3
import threading

import pytest

from hub.errors import OverloadError, SenderError
from hub.failpoints import FailPoints
from hub.journal import sqlite
from hub.journal.entry import Kind
from hub.journal.port import TooLongError
from hub.journal.sqlite import FILE, SqliteStore
from hub.journal.writer import Writer


@pytest.fixture
async def made(tmp_path):
    store = SqliteStore(tmp_path / FILE)
    writer = Writer(store, limit=200, failpoints=FailPoints(), woken=lambda who: None)
    yield store, writer
    await writer.close()
    store.close()


async def _hold(writer):
    """Keep the writer busy until told, so that a queue builds up."""
    entered, gate = threading.Event(), threading.Event()

    def busy(tx):
        entered.set()
        return gate.wait(60)

    task = asyncio.ensure_future(writer.do(busy, own=True, long=True))
    async with asyncio.timeout(60):
        while not entered.is_set():
            await asyncio.sleep(0.005)
    return gate, task


async def test_requests_that_arrive_during_a_flush_share_the_next(made):
    store, writer = made
    gate, busy = await _hold(writer)
    many = [asyncio.ensure_future(writer.do(lambda tx: tx.append(Kind.PADDING, 1, {}))) for _ in range(100)]
    await asyncio.sleep(0.05)
    assert not any(one.done() for one in many)
    gate.set()
    assert sorted(await asyncio.gather(*many)) == list(range(1, 101))
    await busy
    assert writer.commits == 2
    assert store.reader().journal.last() == 100


async def test_a_full_queue_says_come_back(made):
    _, writer = made
    gate, busy = await _hold(writer)
    many = [asyncio.ensure_future(writer.do(lambda tx: 1)) for _ in range(180)]  # the rest is kept
    await asyncio.sleep(0)
    with pytest.raises(OverloadError) as told:
        await writer.do(lambda tx: 1)
    assert (told.value.status, told.value.retry_after) == (503, 1)
    gate.set()
    await asyncio.gather(busy, *many)


async def test_one_failure_is_nobody_elses(made):
    _, writer = made

    def bad(tx):
        tx.append(Kind.PADDING, 1, {})
        raise SenderError("no")

    results = await asyncio.gather(
        writer.do(lambda tx: tx.append(Kind.PADDING, 1, {})),
        writer.do(bad),
        writer.do(lambda tx: tx.append(Kind.PADDING, 1, {})),
        return_exceptions=True,
    )
    assert isinstance(results[1], SenderError) and [results[0], results[2]] == [1, 2]


async def test_a_store_that_fails_acknowledges_nobody(made):
    store, writer = made
    store.connection.execute("DROP TABLE entry")
    with pytest.raises(OverloadError):
        await writer.do(lambda tx: tx.append(Kind.PADDING, 1, {}))


async def test_the_hubs_own_work_is_never_turned_away_and_nothing_is_taken_while_closing(made):
    _, writer = made
    gate, busy = await _hold(writer)
    many = [asyncio.ensure_future(writer.do(lambda tx: 1)) for _ in range(180)]  # the rest is kept
    own = asyncio.ensure_future(writer.do(lambda tx: 2, own=True))
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(writer.close())
    await asyncio.sleep(0)
    with pytest.raises(OverloadError):
        await writer.do(lambda tx: 1, own=True)
    gate.set()
    assert await own == 2 and sum(await asyncio.gather(*many)) == 180
    await busy
    await closing


async def test_short_pieces_run_where_they_were_asked_for_and_long_ones_beside(made):
    _, writer = made
    here = threading.get_ident()
    assert await writer.do(lambda tx: threading.get_ident()) == here
    assert await writer.do(lambda tx: threading.get_ident(), long=True) != here


async def test_what_came_beside_a_long_piece_is_not_dragged_along(made):
    _, writer = made
    here = threading.get_ident()
    ways = [False, False, True, True, False]
    ran = await asyncio.gather(*[writer.do(lambda tx: (threading.get_ident(), tx), long=way) for way in ways])
    assert [thread != here for thread, _ in ran] == ways
    assert writer.commits == 3, "in their order, alike ones together"


async def test_a_piece_that_would_take_long_is_undone_and_run_again_beside(made):
    store, writer = made
    seen = []

    def heavy(tx):
        seen.append(tx.patient)
        tx.append(Kind.PADDING, 1, {})
        if not tx.patient:
            raise TooLongError
        return store.seq

    first, second = await asyncio.gather(
        writer.do(lambda tx: tx.append(Kind.PADDING, 1, {})), writer.do(heavy)
    )
    assert (seen, first, second) == ([False, True], 1, 2)
    assert store.reader().journal.last() == 2


async def test_while_a_housekeeper_has_the_turn_the_loop_goes_on(made):
    store, writer = made
    with store.turn.between():
        waiting = asyncio.ensure_future(writer.do(lambda tx: tx.append(Kind.PADDING, 1, {})))
        for _ in range(5):
            await asyncio.sleep(0.01)
        assert not waiting.done()
    assert await waiting == 1


async def test_another_process_at_the_file_costs_answers_but_not_the_hub(made, monkeypatch):
    store, writer = made
    monkeypatch.setattr(sqlite, "PATIENCE", (0.01,))
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OverloadError):
        await writer.do(lambda tx: tx.append(Kind.PADDING, 1, {}))
    other.execute("ROLLBACK")
    other.close()
    assert await writer.do(lambda tx: tx.append(Kind.PADDING, 1, {})) == 1
