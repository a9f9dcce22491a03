"""Bids are taken sealed and opened at the deadline, whichever admitted CA they come from."""

from __future__ import annotations

import pytest
from bids_kit import DEADLINE, SECTION, VENDORS, Tender, bidder, results

from hub.errors import HubError


async def test_bids_of_five_cas_open_at_the_deadline_and_not_before(tmp_path):
    tender = Tender(tmp_path)
    hub = await tender.start()
    numbers = {}
    for number, (vendor, algorithm) in enumerate(VENDORS):
        who = bidder(number, vendor, algorithm)
        answer = await tender.deliver(
            hub,
            who,
            f"bid of {vendor}".encode() * 100,
            number=f"n-{vendor}",
            sender="T03" if vendor == "C05" else "T01",
        )
        assert answer.status == 200, (vendor, answer)
        assert (
            answer.data["receiptState"] == "accepted" and answer.data["fileDigest"] == tender.last["digest"]
        )
        numbers[answer.data["receiptNo"]] = vendor
    for clock in (-3599, -1, -0.001):
        tender.to(DEADLINE, clock)
        for who, reason in (("T01", ""), ("centre", "test")):
            with pytest.raises(HubError) as refused:
                await hub.bids.open(who, {"section": SECTION, "reason": reason})
            assert refused.value.code == "bid.before-deadline"
    tender.to(DEADLINE)
    told = await tender.open_bids(hub)
    assert (told["state"], told["total"], told["done"]) == ("done", 5, 5)
    assert results(told) == dict.fromkeys(numbers, "opened")
    await hub.drain()
