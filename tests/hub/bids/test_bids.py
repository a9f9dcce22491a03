"""Bids are taken sealed and opened at the deadline, whichever admitted CA they come from."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
from bids_kit import DEADLINE, SECTION, VENDORS, Tender, bidder, name_of, pki, results

from certs.envelope import seal_envelope
from hub.errors import HubError
from hub.message import wall


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
    # Opened is not public: whoever neither delivered nor runs it hears what everybody hears of nothing.
    theirs = next(number for number, vendor in numbers.items() if vendor == "C05")
    assert hub.bids.bid("T03", theirs)["outcome"] and hub.bids.bid("T01", theirs)["outcome"]
    for stranger in ("P01", "D01", ""):
        for number in numbers:
            with pytest.raises(HubError) as refused:
                hub.bids.bid(stranger, number)
            assert refused.value.code == "not-found"
            with pytest.raises(HubError) as refused:
                await hub.bids.content(stranger, number)
            assert refused.value.code == "not-found"
        for asked in (hub.bids.progress(stranger, SECTION), hub.bids.watch(stranger, SECTION, 0)):
            with pytest.raises(HubError) as refused:
                await asked
            assert refused.value.code == "not-found"
    with pytest.raises(HubError):
        hub.bids.bid("T03", next(number for number, vendor in numbers.items() if vendor == "C01"))
    await hub.drain()


async def test_what_is_not_a_bid_is_refused_with_everything_that_is_wrong(tmp_path):
    tender = Tender(tmp_path)
    hub = await tender.start()
    who, other = bidder(0), bidder(1, "C02")
    good = await tender.sealed(hub, who, b"a bid")
    key = (await asyncio.to_thread(hub.bids.box.keeper.open)).encryption

    def codes(answer):
        return (
            answer.status,
            answer.code,
            {finding.at.rpartition("fields/")[2] for finding in answer.findings},
        )

    encrypted, signed = "bid.not-encrypted", "bid.signature"
    plain = await tender.deliver(hub, who, raw=b"%PDF-1.7 a bid in clear")
    assert codes(plain)[:2] == (422, encrypted)
    altered = bytearray(good)
    altered[-20] ^= 1
    assert codes(await tender.deliver(hub, who, raw=bytes(altered)))[:2] == (422, signed)
    # Sealed to the platform's key for other things: that one opens whenever somebody asks.
    wrong = seal_envelope(
        b"a bid", [key.certificate, who.encryption.certificate], who.signing, trust=None, at=tender.clock()
    )
    assert codes(await tender.deliver(hub, who, raw=wrong)) == (422, encrypted, {"recipients"})
    bids = (await asyncio.to_thread(hub.bids.box.keeper.open)).bids
    three = [bids.certificate, who.encryption.certificate, other.encryption.certificate]
    third = seal_envelope(b"a bid", three, who.signing, trust=None, at=tender.clock())
    assert codes(await tender.deliver(hub, who, raw=third)) == (422, encrypted, {"recipients"})
    # Somebody else may open it: the second holder must be the bidder himself.
    theirs = seal_envelope(
        b"a bid", [bids.certificate, other.encryption.certificate], who.signing, trust=None, at=tender.clock()
    )
    mixed = replace(who, encryption=other.encryption)
    assert codes(await tender.deliver(hub, mixed, raw=theirs)) == (422, encrypted, {"recipients"})
    model = await tender.deliver(hub, who, raw=good, model="all-of")
    assert codes(model) == (422, encrypted, {"envelopeModel"})
    # Another's envelope, another's name, another's signature: all that is wrong at once.
    posing = await tender.deliver(hub, replace(who, party=other.party), raw=good)
    assert codes(posing) == (422, signed, {"signature", "recipients"})
    unsigned = await tender.deliver(hub, replace(who, message=other.message), raw=good)
    assert codes(unsigned) == (422, signed, {"signature"})
    stolen = tender.message(
        who, {**tender.last, "digest": name_of(b"never sent")}, step="deliver", model="any-one"
    )
    assert codes(await hub.service(tender.signed(stolen)))[:2] == (422, "bid.digest")
    for holder in ("revoked", "frozen"):
        ca = pki().vendors["C03"]
        bad = replace(who, signing=ca.signer(holder), message=ca.message_signer(holder))
        answer = await tender.deliver(hub, bad, b"of a revoked one")
        assert codes(answer)[:2] == (422, signed), answer
    # Whoever carries a bid may not enter it for another section, with what was signed for this one.
    second = SECTION[:-3] + "002"
    times = {name: wall(DEADLINE) for name in ("BID_DOC_REFER_END_TIME", "BID_OPEN_TIME", "POST_OPEN_TIME")}
    fields = {**times, "BID_SECTION_CODE": second}
    assert (await tender.send(hub, "eng-tender-document", fields=fields)).status == 202
    carried = tender.message(who, await tender.upload(hub, "T01", good), step="deliver", model="any-one")
    carried["body"]["fields"]["section"]["BID_SECTION_CODE"] = second
    assert codes(await hub.service(tender.signed(carried))) == (422, signed, {"signature"})
    nowhere = tender.message(who, tender.last, step="deliver", model="any-one")
    nowhere["body"]["fields"]["section"]["BID_SECTION_CODE"] = SECTION[:-3] + "009"
    assert codes(await hub.service(tender.signed(nowhere)))[:2] == (422, "section.unknown")
    for more, code, where, instead in (
        ({"step": "price-round"}, "bid.kind", "deliveryKind", "第四十三条"),
        ({"model": "bidder-key"}, "bid.not-encrypted", "recipients", "投标人自己"),
    ):
        kind = await tender.deliver(hub, who, raw=good, **more)
        assert codes(kind) == (422, code, {where}) and instead in kind.findings[0].advice, kind
    tender.to(DEADLINE)
    with pytest.raises(HubError) as few:
        await hub.bids.open("T01", {"section": SECTION})
    assert few.value.code == "bid.too-few", "none of them was taken"
    await hub.drain()


async def test_replaced_and_withdrawn_and_delivered_again(tmp_path):
    tender = Tender(tmp_path, bids_least=1)
    hub = await tender.start()
    who = bidder(0)
    first = await tender.deliver(hub, who, b"first")
    file = tender.last
    message = tender.message(who, file, step="deliver", model="any-one")
    again = await hub.service(tender.signed(message))
    told = dict(again.data)
    assert (told.pop("receiptState"), told.pop("hubId") != first.data["hubId"]) == ("duplicate", True)
    assert told.items() <= dict(first.data).items()
    assert (await tender.deliver(hub, who, b"second")).status == 409
    second = await tender.deliver(hub, who, b"second", step="replace")
    assert second.data["receiptNo"] != first.data["receiptNo"]
    # Nobody takes a bid back with the signature it was delivered with, nor one that was replaced.
    delivered = message["body"]["fields"]["signature"]
    back = tender.message(who, tender.last, step="withdraw", model="any-one", signature=delivered)
    assert (await hub.service(tender.signed(back))).code == "bid.signature"
    old = tender.message(who, file, step="withdraw", model="any-one")
    assert (await hub.service(tender.signed(old))).code == "bid.unknown"
    # What was replaced or taken back is not put in again by whoever still has it, and its signature.
    rolled = tender.message(who, file, step="replace", model="any-one")
    assert (await hub.service(tender.signed(rolled))).code == "idempotency.conflict"
    back = tender.message(who, tender.last, step="withdraw", model="any-one")
    taken = await hub.service(tender.signed(back))
    assert taken.status == 200
    # A hub that fell after writing it down has not answered: asked again it tells the same receipt.
    back = tender.message(who, tender.last, step="withdraw", model="any-one")
    repeated = (await hub.service(tender.signed(back))).data
    assert (repeated["receiptNo"], repeated["receiptState"]) == (taken.data["receiptNo"], "duplicate")
    for gone in (file, tender.last):
        returned = tender.message(who, gone, step="deliver", model="any-one")
        assert (await hub.service(tender.signed(returned))).code == "idempotency.conflict"
    gone = tender.message(bidder(1), tender.last, step="withdraw", model="any-one")
    assert (await hub.service(tender.signed(gone))).code == "bid.unknown"
    large = secrets.token_bytes(3 << 20)
    third = await tender.deliver(hub, who, raw=await tender.streamed(hub, who, large))
    assert third.status == 200, third
    tender.to(DEADLINE)
    late = tender.message(who, tender.last, step="deliver", model="any-one")
    assert (await hub.service(tender.signed(late))).data["receiptNo"] == third.data["receiptNo"]
    late = tender.message(who, tender.last, step="withdraw", model="any-one")
    assert (await hub.service(tender.signed(late))).code == "bid.after-deadline"
    told = await tender.open_bids(hub)
    assert results(told) == {third.data["receiptNo"]: "opened"}
    size, give = await hub.bids.content("T01", third.data["receiptNo"])
    assert (size, b"".join(iter(give, b"")) == large) == (len(large), True)
    for who_asks, number in (("centre", third), ("T03", third), ("T01", first)):
        with pytest.raises(HubError) as refused:
            await hub.bids.content(who_asks, number.data["receiptNo"])
        assert (refused.value.status, refused.value.code) == (404, "not-found")
    await hub.drain()


async def test_of_two_bids_at_once_one_is_taken(tmp_path):
    """What stood against it when it came is asked once more where it is written."""
    tender = Tender(tmp_path, bids_least=1)
    hub = await tender.start()
    who = bidder(0)
    await tender.upload(hub, "T01", who.encryption.certificate)
    files = [await tender.upload(hub, "T01", await tender.sealed(hub, who, one)) for one in (b"a", b"b")]
    told = [tender.signed(tender.message(who, one, step="deliver", model="any-one")) for one in files]
    answers = await asyncio.gather(*map(hub.service, told))
    assert sorted((one.status, one.code) for one in answers) == [(200, "0000"), (409, "idempotency.conflict")]
    # One takes back what stands while the other replaces it: no withdrawal of what is gone already.
    standing = files[[one.status for one in answers].index(200)]
    third = await tender.upload(hub, "T01", await tender.sealed(hub, who, b"c"))
    steps = (("replace", third), ("withdraw", standing))
    told = [tender.signed(tender.message(who, one, step=step, model="any-one")) for step, one in steps]
    replaced, withdrawn = await asyncio.gather(*map(hub.service, told))
    tender.to(DEADLINE)
    assert replaced.status == 200
    if withdrawn.status == 200:  # it was first: then there was nothing to be replaced, and the third stands
        assert withdrawn.data["receiptNo"] != replaced.data["receiptNo"]
    assert results(await tender.open_bids(hub)) == {replaced.data["receiptNo"]: "opened"}
    await hub.drain()


async def test_it_opens_when_no_ca_can_be_asked_and_one_is_gone(tmp_path):
    """What was judged at delivery was judged for good: gateways, lists, even the trust list may be away."""
    tender = Tender(tmp_path, bids_least=1)
    hub = await tender.start()
    numbers = []
    for number, (vendor, algorithm) in enumerate(VENDORS):
        answer = await tender.deliver(hub, bidder(number, vendor, algorithm))
        numbers.append(answer.data["receiptNo"])
    await hub.drain()
    shutil.rmtree(tmp_path / "ca")  # no list, no CRL, nobody admitted
    tender.to(DEADLINE + timedelta(days=800))  # and every certificate has expired meanwhile
    hub = await tender.open()
    assert results(await tender.open_bids(hub)) == dict.fromkeys(numbers, "opened")
    await hub.drain()
