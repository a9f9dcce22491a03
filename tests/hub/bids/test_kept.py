"""What a person may not have destroyed yet: a delivery is evidence for as long as the law has it kept."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from bids_kit import DEADLINE, NOW, Tender, bidder
from core_kit import Reader

from hub.errors import SenderError
from hub.journal.claims import own
from hub.privacy.subjects import Asked

NAME = "张某某的客户端特征码.bin"


async def test_a_delivery_is_held_against_erasure_as_long_as_procurement_files_are(tmp_path):
    tender = Tender(tmp_path, bids_least=1)
    hub = await tender.start()
    mark = await tender.upload(hub, "T01", b"fingerprint")
    answer = await tender.deliver(hub, bidder(0), fingerprint={**mark, "name": NAME})
    assert answer.status == 200, answer
    tender.to(DEADLINE)
    await tender.open_bids(hub)
    asked = Asked(subject=NAME, sender="T01")
    before = hub.held_of(Reader("T01"), asked)["persons"][0]["records"]
    assert [one["clause"] for one in before] == ["GPL42 M87-39 C13"] and before[0]["until"] >= "2041-11-"
    with pytest.raises(SenderError) as told:
        await hub.erase(Reader("T01"), asked, "consent-withdrawn")
    assert (told.value.code, told.value.status) == ("privacy.held", 409)
    row = hub._parts.index.by_hub_id(before[0]["hubId"])
    entry = hub._parts.reading.journal.entry(row.seq, own("T01"))
    assert NAME in json.dumps(json.loads(entry.raw), ensure_ascii=False)
    tender.clock.now = NOW + timedelta(days=366 * 15)
    assert (await hub.erase(Reader("T01"), asked, "consent-withdrawn"))["erased"] == 1
    await hub.drain()
