"""How many have delivered: nobody gets it out of the opening before it has taken place."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bids_kit import DEADLINE, SECTION, Tender, bidder, results

from hub.errors import HubError


async def test_nobody_else_on_the_machine_counts_rows_or_files(tmp_path):
    """Names stand there as tokens and contents enciphered, but rows and files could be counted."""
    tender = Tender(tmp_path)
    tender.settings.data.mkdir(mode=0o755)
    hub = await tender.start()
    assert (await tender.deliver(hub, bidder(0))).status == 200
    assert tender.settings.data.stat().st_mode & 0o007 == 0
    await hub.drain()
    fresh = Tender(tmp_path / "fresh")
    await (await fresh.open()).drain()
    assert fresh.settings.data.stat().st_mode & 0o077 == 0


async def test_a_deadline_brought_forward_shows_no_bid_before_its_own(tmp_path):
    tender = Tender(tmp_path, bids_least=1)
    hub = await tender.start()
    early = await tender.deliver(hub, bidder(0))
    await tender.announce(hub, "eng-tender-document", DEADLINE - timedelta(minutes=30))
    tender.to(DEADLINE - timedelta(minutes=31))
    late = await tender.deliver(hub, bidder(1))
    tender.to(DEADLINE - timedelta(minutes=10))
    for by in ("T01", "centre"):
        told = await tender.open_bids(hub, by, reason="brought forward")
        # The second was promised the new deadline, the first the old one: it is as if it were not there.
        assert (told["state"], told["total"], results(told)) == (
            "done",
            1,
            {late.data["receiptNo"]: "opened"},
        )
    with pytest.raises(HubError) as none:
        hub.bids.bid("centre", early.data["receiptNo"])
    assert none.value.status == 404
    tender.to(DEADLINE)
    await hub.bids.tend()
    told = await tender.opened(hub)
    assert results(told) == {one.data["receiptNo"]: "opened" for one in (early, late)}
    await hub.drain()


async def test_who_bids_through_two_systems_is_one_and_nobody_asks_for_more_than_the_law(tmp_path):
    tender = Tender(tmp_path)
    hub = await tender.start()
    for number, sender in ((0, "T01"), (0, "T03"), (1, "T01")):
        assert (await tender.deliver(hub, bidder(number), sender=sender)).status == 200
    tender.to(DEADLINE)
    with pytest.raises(HubError) as few:
        await hub.bids.open("T01", {"section": SECTION})
    assert few.value.code == "bid.too-few"
    # With any number allowed, refusals and no opening would tell how many there are.
    with pytest.raises(HubError) as more:
        await hub.bids.open("T01", {"section": SECTION, "least": 4, "reason": "how many?"})
    assert more.value.code == "gate.act"
    assert (await tender.open_bids(hub, least=2, reason="two are left"))["total"] == 3
    await hub.drain()
