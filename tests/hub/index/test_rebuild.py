"""The living index equals one folded from the journal alone, after everything a hub does."""

from __future__ import annotations

import sqlite3

from core_kit import CENTRE, Bench, until

from hub.engine import Reader
from hub.journal.rebuild import differences, fresh_index, rebuild
from hub.journal.sqlite import FILE, SqliteJournal


async def _busy(bench):
    hub = await bench.open("T01")
    refusals = iter([{"kind": "retry", "code": "busy"}, {"kind": "refused", "code": "no"}])
    bench.transport.behave["P02"] = lambda said: next(refusals, {"kind": "delivered"})
    early = await bench.send(
        hub, "eng-section", fields={"CONTRACT_RECKON_PRICE": "400000", "PRICE_UNIT": "1"}
    )
    for stage in (
        "eng-project",
        "eng-tender-project",
        "eng-tender-notice",
        "eng-bidder-list",
        "eng-bid-opening",
    ):
        await bench.send(hub, stage)
    await bench.send(hub, "eng-tender-project", op="update", version=2, msgId="v2")
    assert await hub.release(CENTRE, early.data["hubId"])
    await hub.timers.seal()
    dead = await until(lambda: bench.clock.on(0.1) or hub.outbox(CENTRE, "dead"))
    assert await hub.retry(CENTRE, [row["id"] for row in dead]) == len(dead)
    await until(lambda: bench.clock.on(0.1) or not hub.outbox(Reader("T01"), None))
    await hub.timers.seal()
    await hub.drain()


async def test_folding_the_journal_gives_the_living_index(tmp_path):
    bench = Bench(tmp_path)
    await _busy(bench)
    live = sqlite3.connect(tmp_path / FILE)
    again = fresh_index(SqliteJournal(live))
    assert differences(live, again) == []
    assert live.execute("SELECT count(*) FROM attempt").fetchone()[0] > 10
    live.execute("UPDATE delivery SET state = 'waiting' WHERE id = (SELECT max(id) FROM delivery)")
    assert differences(live, again) == ["delivery"], "the comparison sees one changed row"
    live.close()


async def test_a_lost_index_is_made_again_and_the_hub_goes_on(tmp_path):
    bench = Bench(tmp_path)
    await _busy(bench)
    broken = sqlite3.connect(tmp_path / FILE)
    broken.executescript("DELETE FROM message; DELETE FROM known; DELETE FROM member; DELETE FROM delivery;")
    broken.close()
    assert rebuild(tmp_path / FILE) > 30
    hub = await bench.open()
    envelope = bench.record("eng-project")
    assert (await hub.submit(bench.signed(envelope))).status == 200, "still known"
    assert (await bench.send(hub, "eng-project", seed=5)).status == 202
    await hub.drain()


async def test_no_business_key_stands_in_the_index_in_clear(tmp_path):
    bench = Bench(tmp_path)
    await _busy(bench)
    live = sqlite3.connect(tmp_path / FILE)
    again = fresh_index(SqliteJournal(live))
    text = "\n".join(again.iterdump())
    fields = bench.record("eng-bidder-list")["body"]["fields"]
    for name in ("BIDDER_NAME", "BIDDER_ORG_CODE", "PM_CODE", "BID_SECTION_CODE", "TENDER_PROJECT_CODE"):
        assert str(fields[name]) not in text, name
    live.close()
