"""Supplements beside a bid, bids whose key the bidder alone has, and further rounds of prices."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from datetime import timedelta
from types import MappingProxyType

import pytest
from bids_kit import DEADLINE, NOW, SECTION, Tender, bidder, pki, results

from certs.cms import read_signed
from certs.envelope import Share, open_key, seal_envelope
from certs.envelope.binding import stated
from certs.trust import Revocation
from hub.bids.verify import verify
from hub.catalogue.sections import in_round, name
from hub.errors import HubError
from hub.files.name import Name
from hub.journal.rebuild import differences, fresh_index
from hub.journal.sqlite import SqliteJournal
from hub.message import wall


def _fresh(data):
    connection = sqlite3.connect(f"file:{data}/hub/journal.sqlite3?mode=ro", uri=True)
    assert differences(connection, fresh_index(SqliteJournal(connection))) == []
    connection.close()


async def _content(hub, number):
    _, give = await hub.bids.content("T01", number)
    pieces = []
    while piece := await asyncio.to_thread(give):
        pieces.append(piece)
    return b"".join(pieces)


async def _settled(tender, hub):
    return results(await tender.open_bids(hub))


async def test_a_supplement_stands_beside_its_bid_and_goes_with_it(tmp_path):
    tender = Tender(tmp_path, bids_least=2)
    hub = await tender.start()
    one, other = bidder(0), bidder(1)
    alone = await tender.deliver(hub, one, b"too soon", step="supplement")
    assert (alone.code, "先以 deliver" in alone.message) == ("bid.unknown", True)
    main = (await tender.deliver(hub, one, b"bid")).data
    added = await tender.deliver(hub, one, b"and this", step="supplement")
    assert added.status == 200 and added.data["receiptState"] == "accepted", added
    file = tender.last
    again = await hub.service(tender.signed(tender.message(one, file, step="supplement", model="any-one")))
    assert (again.data["receiptNo"], again.data["receiptState"]) == (added.data["receiptNo"], "duplicate")
    receipt = hub.bids.bid("T01", added.data["receiptNo"])["receipt"]
    assert (receipt["supplements"], receipt["step"]) == (main["receiptNo"], "supplement")
    back = await hub.service(tender.signed(tender.message(one, file, step="withdraw", model="any-one")))
    assert back.status == 200, "a supplement is taken back by its own digest"
    assert hub.bids.box.index.bids.by_receipt(main["receiptNo"]).state == "standing"
    refused = await hub.service(tender.signed(tender.message(one, file, step="supplement", model="any-one")))
    assert (refused.status, refused.code) == (409, "idempotency.conflict"), "and stays so"
    kept = (await tender.deliver(hub, one, b"second thoughts", step="supplement")).data
    # Of another bidder the bid is replaced, and its supplement is gone with what it belonged to.
    await tender.deliver(hub, other, b"bid")
    gone = (await tender.deliver(hub, other, b"of the first", step="supplement")).data
    replaced = (await tender.deliver(hub, other, b"better", step="replace")).data
    assert hub.bids.box.index.bids.by_receipt(gone["receiptNo"]).state == "replaced"
    tender.to(DEADLINE)
    late = await tender.deliver(hub, one, b"late", step="supplement")
    assert late.code == "bid.after-deadline"
    told = await tender.open_bids(hub)
    opened = [main["receiptNo"], kept["receiptNo"], replaced["receiptNo"]]
    assert results(told) == dict.fromkeys(opened, "opened")
    assert await _content(hub, kept["receiptNo"]) == b"second thoughts"
    proof = hub.bids.bid("T01", back.data["receiptNo"])
    assert proof["outcome"]["result"] == "withdrawn" and verify(proof).ok, "its sender's alone"
    await hub.drain()
    _fresh(tmp_path)


async def test_supplements_are_no_bidders_of_their_own(tmp_path):
    tender = Tender(tmp_path)
    hub = await tender.start()
    for number in range(2):
        await tender.deliver(hub, bidder(number), b"bid")
    for number in range(17):
        answer = await tender.deliver(hub, bidder(0), b"%d" % number, step="supplement")
        assert (answer.status == 200) == (number < 16), answer
    assert (answer.code, "replace" in answer.message) == ("bid.kind", True)
    tender.to(DEADLINE)
    with pytest.raises(HubError) as few:
        await hub.bids.open("T01", {"section": SECTION})
    assert few.value.code == "bid.too-few"
    await hub.drain()


def _key(who, raw):
    """The content key, by the bidder's own encryption key, as its client has it."""
    share = open_key(raw, who.encryption, trust=pki().trust(revocation=Revocation.IGNORED), at=NOW).share
    return stated(read_signed(raw)), share.value


async def _bring(tender, hub, who, number, share):
    platform = (await asyncio.to_thread(hub.bids.box.keeper.open)).bids.certificate
    raw = seal_envelope(share.written(), [platform], who.signing, trust=None, at=tender.clock())
    return await hub.bids.bring("T01", number, raw)


async def test_a_key_that_the_bidder_alone_has_is_brought_to_the_opening(tmp_path):
    tender = Tender(tmp_path, bids_least=1, bids_grace=600.0)
    hub = await tender.start()
    who = [bidder(0), bidder(1, "C03", "rsa-sha256"), bidder(2)]
    numbers = []
    for one in who:
        answer = await tender.deliver(hub, one, b"of " + one.party["code"].encode(), model="bidder-key")
        assert answer.status == 200, answer
        numbers.append(answer.data["receiptNo"])
    both = await tender.sealed(hub, bidder(3), b"x")
    refused = await tender.deliver(hub, bidder(3), raw=both, model="bidder-key")
    assert (refused.code, refused.findings[0].at) == ("bid.not-encrypted", "/body/fields/recipients")
    files = [hub.bids.box.index.bids.by_receipt(one).file for one in numbers]
    delivered = [await asyncio.to_thread(_read, hub, file) for file in files]
    bound, key = _key(who[0], delivered[0])
    with pytest.raises(HubError) as early:
        await _bring(tender, hub, who[0], numbers[0], Share.whole(bound, "", key))
    assert early.value.code == "bid.before-deadline", "nobody has the key before the opening"
    tender.to(DEADLINE)
    told = await tender.open_bids(hub)
    assert (told["state"], results(told)) == ("waiting", {})
    for wrong in (
        Share.whole(bound, "", b"\0" * 16),
        Share.whole(bound, "", key + b"\0"),
        Share.whole(b"x" * 32, "", key),
    ):
        with pytest.raises(HubError) as other:
            await _bring(tender, hub, who[0], numbers[0], wrong)
        assert other.value.code == "bid.share" and "内容密钥" in other.value.findings[0].advice
    with pytest.raises(HubError) as another:  # signed by somebody else
        await _bring(tender, hub, who[1], numbers[0], Share.whole(bound, "", key))
    assert another.value.code == "bid.share"
    for one in (0, 1):
        bound, key = _key(who[one], delivered[one])
        assert (await _bring(tender, hub, who[one], numbers[one], Share.whole(bound, "", key)))[
            "state"
        ] == "taken"
    told = await tender.opened(hub)
    assert results(told) == dict.fromkeys(numbers[:2], "opened")
    assert await _content(hub, numbers[0]) == b"of " + who[0].party["code"].encode()
    tender.to(DEADLINE, 601)
    await hub.bids.tend()
    assert results(await tender.opened(hub))[numbers[2]] == "bidder-fault"
    proof = hub.bids.bid("T01", numbers[2])
    assert proof["outcome"]["finding"] == "key.missing" and verify(proof, file=delivered[2]).ok
    assert not verify({**proof, "outcome": hub.bids.bid("T01", numbers[0])["outcome"]}).ok
    await hub.drain()
    _fresh(tmp_path)


async def test_a_key_that_comes_while_another_is_at_work_waits_for_nobody(tmp_path):
    tender = Tender(tmp_path, bids_least=1, bids_grace=600.0, bids_threads=1)
    hub = await tender.start()
    who = [bidder(0), bidder(1)]
    numbers = [(await tender.deliver(hub, one, model="bidder-key")).data["receiptNo"] for one in who]
    tender.to(DEADLINE)
    assert (await tender.open_bids(hub))["state"] == "waiting"
    held = threading.Event()
    hub.bids.box.pool.submit(held.wait)
    try:
        for one, number in zip(who, numbers, strict=True):
            raw = await asyncio.to_thread(_read, hub, hub.bids.box.index.bids.by_receipt(number).file)
            bound, key = _key(one, raw)
            assert (await _bring(tender, hub, one, number, Share.whole(bound, "", key)))["state"] == "taken"
            told = await hub.bids.progress("T01", SECTION)
            assert (told["state"], told["decryption"]) == ("opening", [])
    finally:
        held.set()
    assert results(await tender.opened(hub)) == dict.fromkeys(numbers, "opened")
    await hub.drain()


def _read(hub, digest):
    with hub.bids.box.shelf.open(Name.of(digest)) as opened:
        return b"".join(opened.pieces())


class Parcel(Tender):
    """A listing of land, where prices may come in rounds."""

    section = name("ANNOUNCEMENT_GUID", "TD-1")
    ref = MappingProxyType({"tradeClass": "B01", "ANNOUNCEMENT_GUID": "TD-1"})


async def test_prices_come_in_rounds_each_with_its_own_end(tmp_path):
    tender = Parcel(tmp_path, bids_least=1)
    hub = await tender.open("T01", "T03")
    base, second, third = tender.section, in_round(tender.section, 2), in_round(tender.section, 3)
    said = {"ANNOUNCEMENT_GUID": "TD-1", "LISTING_DEADLINE": wall(DEADLINE)}
    assert (await tender.send(hub, "land-notice", fields=said)).status == 202

    async def begin(by="T01", number=2, hours=2.0, section=base):
        until = wall(DEADLINE + timedelta(hours=hours))
        return await hub.bids.rounds.begin(by, {"section": section, "round": number, "until": until})

    async def no(code="bid.round", **more):
        with pytest.raises(HubError) as refused:
            await begin(**more)
        assert refused.value.code == code, refused.value

    async def price(who, content=b"1 000 000", number=2, section=second, **more):
        tender.section = section
        try:
            return await tender.deliver(hub, who, content, round=number, **{"step": "price-round", **more})
        finally:
            tender.section = base

    one, other, stranger = bidder(0), bidder(1), bidder(2)
    for who in (one, other):
        assert (await tender.deliver(hub, who)).status == 200
    await no()  # the first prices are not open yet
    tender.to(DEADLINE)
    assert set((await _settled(tender, hub)).values()) == {"opened"}
    for more in ({"number": 3}, {"number": 1}, {"hours": 0.0}, {"section": SECTION}, {"section": second}):
        await no(**more)
    await no("auth.forbidden", by="T03")
    await no("auth.forbidden", by="centre")
    assert (await price(one)).code == "section.unknown"
    told = await begin()
    assert told["section"] == second and told["statement"]["deadline"] == wall(DEADLINE + timedelta(hours=2))
    assert (await price(stranger)).code == "bid.not-signed-up", (
        "whose bid was not opened is not asked for more"
    )
    assert (await price(one, section=base)).code == "bid.signature", "signed for this round, or not at all"
    assert (await price(one, sealedPrice={**tender.last, "digest": "sm3:" + "0" * 64})).code == "bid.kind"
    first = await price(one)
    assert first.status == 200 and first.data["deadline"] == told["statement"]["deadline"], first
    assert (await price(one, b"more")).code == "idempotency.conflict"
    better = await price(one, b"900 000", step="replace")
    assert better.status == 200, better
    await begin(hours=1.0)  # moved, while it lasts; what was promised to who came before is kept
    assert (await price(other)).data["deadline"] == wall(DEADLINE + timedelta(hours=1))
    tender.section = second
    with pytest.raises(HubError) as early:
        await tender.open_bids(hub)
    assert early.value.code == "bid.before-deadline"
    with pytest.raises(HubError) as sealed:
        await hub.bids.progress("T01", second)
    assert sealed.value.status == 404
    tender.to(DEADLINE + timedelta(hours=2))
    assert (await price(other, b"late", step="replace")).code == "bid.after-deadline"
    await no(hours=5.0)  # it is over
    tender.section = second
    found = await _settled(tender, hub)
    assert sorted(found.values()) == ["opened"] * 2 and better.data["receiptNo"] in found
    assert await _content(hub, better.data["receiptNo"]) == b"900 000"
    assert verify(hub.bids.bid("T01", better.data["receiptNo"])).ok
    assert (await begin(number=3, hours=9.0))["section"] == third
    await hub.drain()
    _fresh(tmp_path)
