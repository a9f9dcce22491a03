"""Somebody else's key put into one's own envelope: the opening must not tell it to whoever put it there.

What is sealed to the platform can be copied out of any envelope. An own section whose deadline comes first
would else make the platform open it, and state the key in its proof, while the bid it belongs to is sealed.
"""

from __future__ import annotations

import asyncio
import json
import secrets

from bids_kit import DEADLINE, Tender, bidder, results
from faulty_kit import PLAIN, signed

from certs.cms import read_signed
from certs.envelope import oids, seal_envelope
from certs.envelope.binding import binding
from certs.envelope.enveloped import read_enveloped
from certs.envelope.shares import Share
from certs.envelope.transport import transport
from certs.model import write as w
from certs.model.certificate import read_certificate
from hub.bids.verify import verify


def _holders(platform, who):
    return [read_certificate(one.certificate) for one in (platform, who.encryption)]


def _covered(raw):
    return read_signed(raw).content


async def test_an_opening_tells_nobody_a_key_out_of_another_envelope(tmp_path):
    tender = Tender(tmp_path, bids_least=1)
    hub = await tender.start()
    platform = (await asyncio.to_thread(hub.bids.box.keeper.open)).bids
    victim, thief, at = bidder(0), bidder(1), tender.clock()
    key, part, own = (secrets.token_bytes(16) for _ in range(3))
    theirs = _holders(platform, victim)[0]
    # As it stands in the victim's envelopes, of which the thief has a copy; the keys themselves he has not.
    stolen = transport(key, theirs, PLAIN)
    mine = transport(secrets.token_bytes(16), _holders(platform, thief)[1], PLAIN)
    first = signed(thief, at, (stolen, mine), secrets.token_bytes(16))
    group = secrets.token_bytes(16)

    def sealed_part(index, value, to):
        stated = (
            w.integer(1), w.octets(group), w.integer(index), w.integer(2), w.utf8("x"),
            w.octets(Share(group, index, 2, "", value).check), transport(value, to, PLAIN),
        )  # fmt: skip
        return w.implicit(4, w.sequence(w.oid(oids.KEY_SHARE), w.sequence(*stated)))

    other = bidder(2)
    parts = sealed_part(1, part, theirs), sealed_part(2, own, _holders(platform, other)[1])
    second = signed(other, at, parts, secrets.token_bytes(16))
    numbers = []
    for who, raw, model in ((thief, first, "any-one"), (other, second, "all-of")):
        answer = await tender.deliver(hub, who, raw=raw, model=model)
        assert answer.status == 200, answer
        numbers.append(answer.data["receiptNo"])
    tender.to(DEADLINE)
    await tender.open_bids(hub)
    # A set has no order: the bidder's is the one with the number it was given.
    share = next(one for one in read_enveloped(_covered(second)).shares if one.index == 2).with_value(own)
    sealed = await _to_platform(hub, tender, other, share.written())
    await hub.bids.bring("T01", numbers[1], sealed)
    told = await tender.opened(hub)
    assert results(told) == dict.fromkeys(numbers, "bidder-fault")
    findings = [hub.bids.bid("T01", number)["outcome"]["finding"] for number in numbers]
    assert findings == ["key.binding", "shares.binding"]
    whole = bytes(one ^ another for one, another in zip(part, own, strict=True))
    # Nor what would let the thief bind the copied key to an envelope of his own.
    forged = binding(key, thief.signing.certificate, _covered(first))
    for number, raw in zip(numbers, (first, second), strict=True):
        proof = hub.bids.bid("T01", number)
        text = json.dumps(proof)
        assert not [one for one in (key, part, own, whole, forged) if one.hex() in text], proof["outcome"]
        assert verify(proof, public_pem=told["publicKey"], file=raw).ok
    await hub.drain()


async def _to_platform(hub, tender, who, value):
    key = (await asyncio.to_thread(hub.bids.box.keeper.open)).bids
    return seal_envelope(value, [key.certificate], who.signing, trust=None, at=tender.clock())
