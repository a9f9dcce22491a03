"""Envelopes made so that something else breaks than what is wrong: the bidder is to blame, others open on."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import replace

from bids_kit import DEADLINE, Tender, bidder, results
from faulty_kit import PLAIN, signed

from certs.algorithms.content_ciphers import chosen
from certs.cms import read_signed, sign
from certs.envelope import oids, seal_envelope
from certs.envelope.binding import binding
from certs.envelope.enveloped import read_enveloped
from certs.envelope.shares import Share
from certs.envelope.transport import transport
from certs.model import write as w
from certs.model.certificate import read_certificate
from hub.bids.verify import verify
from hub.files.name import Name


def parts(values, holders):
    """Recipients of an `all-of` envelope with these parts, each with its right check value."""
    group = secrets.token_bytes(16)
    made = []
    for index, (value, to) in enumerate(zip(values, holders, strict=True), 1):
        numbers = w.integer(index), w.integer(len(values))
        check = Share(group, index, len(values), "", value).check
        sealed = (w.octets(check), transport(value, to, PLAIN))
        stated = w.sequence(w.integer(1), w.octets(group), *numbers, w.utf8(str(to.subject)), *sealed)
        made.append(w.implicit(4, w.sequence(w.oid(oids.KEY_SHARE), stated)))
    return tuple(made)


def whole_of(values):
    return bytes(one ^ other for one, other in zip(*values, strict=True))


def no_room_for_a_tag(platform, who, at):
    """A cipher that makes a tag, where the tag stands behind the ciphertext, and less than a tag there."""
    key = secrets.token_bytes(16)
    to = [read_certificate(one.certificate) for one in (platform, who.encryption)]
    cipher = chosen("sm4-gcm", secrets.token_bytes(12))
    data = (w.oid(oids.DATA["sm2"]), cipher.identifier(), w.implicit(0, w.octets(b"8 octets")))
    recipients = w.set_of(*(transport(key, one, PLAIN) for one in to))
    body = w.sequence(w.integer(1), recipients, w.sequence(*data))
    sealed = w.sequence(w.oid(oids.ENVELOPED["sm2"]), w.explicit(0, body))
    attributes = {oids.BINDING: w.octets(binding(key, who.signing.certificate, sealed))}
    return sign(sealed, who.signing, arc="sm2", time=at, attributes=attributes)


async def _bring(hub, tender, who, number, raw, value):
    """The bidder's part, exactly the one that was sealed."""
    sealed = read_enveloped(read_signed(raw).content or b"").shares
    share = next(one for one in sealed if one.index == 2).with_value(value)
    key = (await asyncio.to_thread(hub.bids.box.keeper.open)).bids
    enveloped = seal_envelope(share.written(), [key.certificate], who.signing, trust=None, at=tender.clock())
    await hub.bids.bring("T01", number, enveloped)


async def test_parts_of_odd_lengths_are_their_makers_fault_and_stop_nobody(tmp_path):
    tender = Tender(tmp_path, bids_least=1)
    hub = await tender.start()
    key = (await asyncio.to_thread(hub.bids.box.keeper.open)).bids
    made, honest = [], await tender.deliver(hub, bidder(0))
    for number, lengths in ((1, (16, 17)), (2, (15, 15)), (3, (17, 16))):
        who = bidder(number)
        values = [secrets.token_bytes(length) for length in lengths]
        holders = [read_certificate(one.certificate) for one in (key, who.encryption)]
        whole = whole_of(values) if lengths[0] == lengths[1] else secrets.token_bytes(16)
        sealed = secrets.token_bytes(16)
        raw = signed(who, tender.clock(), parts(values, holders), whole, ciphertext=sealed)
        answer = await tender.deliver(hub, who, raw=raw, model="all-of")
        assert answer.status == 200, answer
        made.append((who, answer.data["receiptNo"], raw, values[1]))
    who = bidder(4)
    alone = parts([secrets.token_bytes(16)], [read_certificate(key.certificate)])
    raw = signed(who, tender.clock(), alone, secrets.token_bytes(16))
    lonely = await tender.deliver(hub, who, raw=raw, model="all-of")
    assert (lonely.status, lonely.code) == (422, "bid.not-encrypted"), "nobody is left to bring a part"
    tender.to(DEADLINE)
    await tender.open_bids(hub)
    for who, number, raw, value in made:
        await _bring(hub, tender, who, number, raw, value)
        await tender.opened(hub)
    told = await tender.opened(hub)
    wanted = {honest.data["receiptNo"]: "opened"} | {one[1]: "bidder-fault" for one in made}
    assert (told["state"], results(told)) == ("done", wanted)
    await hub.drain()


async def test_a_ciphertext_too_short_for_its_cipher_is_its_makers_fault(tmp_path):
    tender = Tender(tmp_path, bids_least=1)
    hub = await tender.start()
    key = (await asyncio.to_thread(hub.bids.box.keeper.open)).bids
    raw = no_room_for_a_tag(key, bidder(0), tender.clock())
    answer = await tender.deliver(hub, bidder(0), raw=raw)
    assert answer.status == 200, "no key is used before the opening, so it does not show"
    tender.to(DEADLINE)
    told = await tender.open_bids(hub)
    assert results(told) == {answer.data["receiptNo"]: "bidder-fault"}
    proof = hub.bids.bid("T01", answer.data["receiptNo"])
    assert proof["outcome"]["finding"] == "content.decryption"
    assert verify(proof, public_pem=told["publicKey"], file=raw).ok
    await hub.drain()


class _Odd:
    """A device that breaks in its own way over one envelope."""

    def __init__(self, key, breaks_on):
        self._key, self._breaks_on = key, breaks_on

    def __getattr__(self, name):
        return getattr(self._key, name)

    def decrypt(self, sealed, scheme):
        if sealed in self._breaks_on:
            raise RuntimeError("nobody thought of this")
        return self._key.decrypt(sealed, scheme)


async def test_one_that_breaks_the_opening_keeps_no_other_closed(tmp_path):
    tender = Tender(tmp_path, bids_least=1, bids_threads=1)
    hub = await tender.start()
    keeper = hub.bids.box.keeper
    platform, breaks_on = await asyncio.to_thread(keeper.open), set()
    numbers = []
    for number in range(3):
        numbers.append((await tender.deliver(hub, bidder(number))).data["receiptNo"])
        if number == 0:
            with hub.bids.box.shelf.open(Name.of(tender.last["digest"])) as opened:
                raw = b"".join(opened.pieces())
            sealed = read_enveloped(read_signed(raw).content or b"").recipients
            breaks_on.update(one.encrypted_key for one in sealed)
    keeper._held = replace(platform, bids=_Odd(platform.bids, breaks_on))
    tender.to(DEADLINE)
    told = await tender.open_bids(hub)
    assert (told["state"], told["paused"]) == ("paused", "hub.internal")
    assert results(told) == dict.fromkeys(numbers[1:], "opened"), "in the same lot, behind it"
    breaks_on.clear()
    assert results(await tender.open_bids(hub)) == dict.fromkeys(numbers, "opened")
    await hub.drain()
