"""Killed in the middle, again and again: every bid has one result, and the one it had it keeps."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import sys
from pathlib import Path

from bids_kit import DEADLINE, VENDORS, Tender, bidder, results

from hub.journal.entry import Kind
from hub.journal.rebuild import differences, fresh_index
from hub.journal.sqlite import SqliteJournal

CHILD = Path(__file__).with_name("killed_opening.py")
MANY = 25


async def _run(data, failpoints):
    child = await asyncio.create_subprocess_exec(
        sys.executable, str(CHILD), str(data), failpoints, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(120):
        out, _ = await child.communicate()
    return child.returncode, out.decode().strip()


def _results(data):
    """What stands in the journal, bid by bid."""
    connection = sqlite3.connect(f"file:{data}/hub/journal.sqlite3?mode=ro", uri=True)
    journal = SqliteJournal(connection)
    found = [one.facts for one in journal.heads(0, 10_000) if one.facts["kind"] == Kind.BID_RESULT]
    kept = {one["bid"]: (one["result"], one["raw"]) for one in found}
    assert len(kept) == len(found), "no bid twice"
    assert differences(connection, fresh_index(journal)) == []
    connection.close()
    return kept


async def test_killed_in_the_middle_and_opened_again(tmp_path):
    tender = Tender(tmp_path)
    hub = await tender.start()
    told = [await _deliver(tender, hub, number) for number in range(MANY)]
    await hub.drain()
    before = _results(tmp_path)
    assert before == {}
    for failpoints in ("while-folding:9", "before-commit:3"):
        code, out = await _run(tmp_path, failpoints)
        assert (code, out) == (-signal.SIGKILL, ""), (failpoints, out)
        now = _results(tmp_path)
        assert before.items() <= now.items(), "what was found stays found"
        assert len(now) < MANY
        before = now
    assert before, "it did die in the middle"
    tender.to(DEADLINE, 9)
    hub = await tender.open()  # it goes on by itself
    async with asyncio.timeout(120):
        while (last := await tender.opened(hub))["state"] != "done":
            await asyncio.sleep(0.01)
    after = _results(tmp_path)
    assert before.items() <= after.items() and len(after) == MANY
    assert results(last) == dict.fromkeys(told, "opened") and last["state"] == "done"
    await hub.drain()


async def _deliver(tender, hub, number):
    vendor, algorithm = VENDORS[number % len(VENDORS)]
    who = bidder(number, vendor, algorithm)
    raw = await tender.sealed(hub, who, b"bid" * (1 + number * 50))
    file = await tender.upload(hub, "T01", raw)
    await tender.upload(hub, "T01", who.encryption.certificate)
    answer = await hub.service(tender.signed(tender.message(who, file, step="deliver", model="any-one")))
    assert answer.status == 200, answer
    return answer.data["receiptNo"]
