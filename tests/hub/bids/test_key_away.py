"""A key device that goes away in the middle is nobody's fault: what was opened stays, the rest waits."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bids_kit import DEADLINE, Tender, bidder, results

from certs.keys.port import KeyFailureError


class _Failing:
    """The real key for so many decryptions, then a device that does not answer."""

    def __init__(self, key, left):
        self._key, self._left = key, left

    @property
    def certificate(self):
        return self._key.certificate

    def decrypt(self, ciphertext, scheme):
        self._left -= 1
        if self._left < 0:
            raise KeyFailureError("the device does not answer")
        return self._key.decrypt(ciphertext, scheme)


async def test_a_key_that_goes_away_in_the_middle_blames_nobody(tmp_path):
    tender = Tender(tmp_path, bids_threads=1)
    hub = await tender.start()
    for number in range(5):
        assert (await tender.deliver(hub, bidder(number))).status == 200
    tender.to(DEADLINE, 1)
    keeper = hub.bids.box.keeper
    whole = await asyncio.to_thread(keeper.open)
    keeper._held = replace(whole, bids=_Failing(whole.bids, 2))
    told = await tender.open_bids(hub)
    assert (told["state"], told["paused"], told["done"]) == ("paused", "bid.keys", 2), told
    first = results(told)
    assert list(first.values()) == ["opened"] * 2, "in one lot with what could not be opened"
    keeper._held = whole
    told = await tender.open_bids(hub)
    assert (told["state"], told["done"]) == ("done", 5)
    assert first.items() <= results(told).items() and set(results(told).values()) == {"opened"}
    await hub.drain()
