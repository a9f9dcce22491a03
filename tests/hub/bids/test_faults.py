"""Whose fault it is: every row of the table met for real, its proof checked offline, forged ones refused."""

from __future__ import annotations

import asyncio
import json
import re
import shutil

import pytest
from bids_kit import DEADLINE, Tender, bidder, name_of, pki, results
from faulty_kit import another_key, another_whole, broken_content, wrong_part

from certs.cms import read_signed
from certs.envelope import open_share, seal_envelope
from certs.envelope.binding import stated
from certs.envelope.enveloped import read_enveloped
from certs.envelope.keys import matches
from certs.envelope.shares import Share
from certs.trust import Revocation
from certs.verdict import Judgement
from hub.bids.faults import faults
from hub.bids.file import split
from hub.bids.statement import named, outcome
from hub.bids.telling import in_english
from hub.bids.unsealing import Found, Measured
from hub.bids.verify import verify
from hub.bids.witness import witness
from hub.errors import HubError
from hub.files.name import Name

_CHINESE = re.compile("[\u4e00-\u9fff]")


def _place(hub, file):
    return hub.bids.box.shelf.place(Name.of(file["digest"]))


async def _bids(tender, hub):
    """One bid for each way to end: finding -> (receipt, file)."""
    key = (await asyncio.to_thread(hub.bids.box.keeper.open)).bids
    made = {}

    async def put(finding, number, *, raw=None, model="any-one", **more):
        answer = await tender.deliver(hub, bidder(number), b"bid" * 50, raw=raw, model=model, **more)
        assert answer.status == 200, (finding, answer)
        made[finding] = answer.data["receiptNo"], tender.last

    at = tender.clock()
    await put("opened", 0)
    await put("key.binding", 1, raw=another_key(key, bidder(1), at))
    await put("content.decryption", 2, raw=broken_content(key, bidder(2), at))
    await put("share.platform", 3, raw=wrong_part(key, bidder(3), at), model="all-of")
    await put("share.missing", 4, model="all-of")
    await put("mended", 5, model="all-of")
    await put("shares.binding", 6, raw=another_whole(key, bidder(6), at), model="all-of")
    await put("store.missing", 7)
    await put("store.damaged", 8)
    await put("store.digest", 9)
    await put("withdrawn", 10)
    raw = await tender.sealed(hub, bidder(11), b"all of us", model="all-of")
    await put("joined", 11, raw=raw, model="all-of")
    _place(hub, made["store.missing"][1]).unlink()
    other = await tender.upload(hub, "T01", b"something else altogether")
    shutil.copyfile(_place(hub, other), _place(hub, made["store.digest"][1]))
    place = _place(hub, made["store.damaged"][1])
    damaged = bytearray(place.read_bytes())
    damaged[40] ^= 1
    place.write_bytes(bytes(damaged))
    taken = await hub.service(
        tender.signed(tender.message(bidder(10), made["withdrawn"][1], step="withdraw", model="any-one"))
    )
    assert taken.status == 200, taken
    made["withdrawn"] = taken.data["receiptNo"], made["withdrawn"][1]
    return made


async def _share(hub, tender, who, number, file, *, wrong=False, signer=None):
    """The bidder opens its part and sends it, enveloped to the platform's key for bids."""
    raw = b"".join(hub.bids.box.shelf.open(Name.of(file["digest"])).pieces())
    trust = pki().trust(revocation=Revocation.IGNORED)
    share = open_share(raw, who.encryption, trust=trust, at=tender.clock()).share
    assert share is not None
    if wrong:
        share = Share(share.group, share.index, share.total, share.holder, bytes(len(share.value)))
    key = (await asyncio.to_thread(hub.bids.box.keeper.open)).bids
    by = (signer or who).signing
    sealed = seal_envelope(share.written(), [key.certificate], by, trust=None, at=tender.clock())
    return await hub.bids.bring("T01", number, sealed)


async def test_every_row_of_the_table_with_its_proof(tmp_path):
    tender = Tender(tmp_path, bids_grace=600.0)
    hub = await tender.start()
    made = await _bids(tender, hub)
    files = {}
    for finding, (_, file) in made.items():
        try:
            with hub.bids.box.shelf.open(Name.of(file["digest"])) as opened:
                files[finding] = b"".join(opened.pieces())
        except Exception:
            files[finding] = None
    with pytest.raises(HubError) as early:
        await _share(hub, tender, bidder(11), *made["joined"])
    assert early.value.code == "bid.before-deadline"
    tender.to(DEADLINE, 1)
    told = await tender.open_bids(hub)
    assert (told["state"], told["total"]) == ("waiting", 11), told
    assert told["done"] == 6  # the parts of five are waited for
    await _share(hub, tender, bidder(11), *made["joined"])
    # Another part than the sealed one is not taken, so it costs nothing to have brought it.
    with pytest.raises(HubError) as another:
        await _share(hub, tender, bidder(5), *made["mended"], wrong=True)
    assert (another.value.code, another.value.status) == ("bid.share", 422)
    assert another.value.findings[0].advice
    with pytest.raises(HubError) as forged:
        await _share(hub, tender, bidder(5), *made["mended"], signer=bidder(6))
    assert (forged.value.code, forged.value.status) == ("bid.share", 422), "nobody brings it in his name"
    await _share(hub, tender, bidder(5), *made["mended"])
    await _share(hub, tender, bidder(6), *made["shares.binding"])
    with pytest.raises(HubError) as stranger:
        await hub.bids.bring("T03", made["share.missing"][0], b"x")
    assert (stranger.value.code, stranger.value.status) == ("not-found", 404)
    await tender.opened(hub)
    tender.to(DEADLINE, 602)
    await hub.bids.tend()
    told = await tender.opened(hub)
    assert (told["state"], told["done"]) == ("done", 11)
    # What was taken back stays sealed for everybody but its sender, though there was an opening.
    back = made["withdrawn"][0]
    assert back not in results(told)
    with pytest.raises(HubError) as sealed:
        hub.bids.bid("centre", back)
    assert sealed.value.status == 404
    with pytest.raises(HubError) as late:
        await _share(hub, tender, bidder(4), *made["share.missing"])
    assert late.value.status == 409

    pem, rows = told["publicKey"], faults()
    platform = (await asyncio.to_thread(hub.bids.box.keeper.open)).bids
    for who, (finding, (number, _)) in enumerate(made.items()):
        row = rows["opened" if finding in ("joined", "mended") else finding]
        assert finding == "withdrawn" or results(told)[number] == row.result, finding
        proof = hub.bids.bid("T01", number)
        assert proof["outcome"]["finding"] == row.finding
        trust = await asyncio.to_thread(hub.ca.own)
        whole = files[finding] if finding not in ("store.digest", "store.damaged") else None
        verdict = verify(proof, public_pem=pem, file=whole, stamps=trust)
        assert verdict.ok, (finding, verdict.faults)
        assert not _CHINESE.search(str(in_english(verdict).as_dict()))
        _forged(proof, pem, whole)
        if finding in ("opened", "withdrawn"):
            _imputed(hub, proof, pem)
        if finding == "opened":
            _called_broken(hub, proof, pem, whole, bidder(who).encryption)
        if row.result == "bidder-fault" and finding != "share.missing":
            _lied(hub, proof, pem, whole, [platform, bidder(who).encryption])
        if finding == "content.decryption":
            _by_holders(proof, pem, whole, (platform, bidder(who).encryption), bidder(who + 1).encryption)
    assert {rows["opened" if one in ("joined", "mended") else one].finding for one in made} == {
        one
        for one in rows
        if not one.endswith(".contradiction") and one != "key.missing"  # test_kinds
    }
    again = await tender.open_bids(hub)
    assert again["decryption"] == told["decryption"]
    _, give = await hub.bids.content("T01", made["joined"][0])
    assert b"".join(iter(give, b"")) == b"all of us"
    await hub.drain()


def _forged(proof, pem, file):
    """Whatever is changed in it, by anybody without the hub's key, shows."""
    for part, name, value in (
        ("outcome", "result", "opened"), ("outcome", "result", "bidder-fault"), ("outcome", "finding", "x"),
        ("receipt", "fileDigest", name_of(b"other")), ("opening", "deadline", "2026-11-23T00:00:00+08:00"),
        ("outcome", "recovered", "00" * 16), ("receipt", "receivedTime", "2026-11-23T00:00:00+08:00"),
    ):  # fmt: skip
        if proof[part][name] == value:
            continue
        forged = {**proof, part: {**proof[part], name: value}}
        assert not verify(forged, public_pem=pem, file=file).ok, (part, name)
    assert not verify({**proof, "outcome": None}, public_pem=pem).ok
    assert not verify({}, public_pem=pem).ok and not verify(None).ok
    if file is not None:
        assert not verify(proof, public_pem=pem, file=file + b"x").ok


def _key_of(file, holder):
    """What an `any-one` envelope gives this holder."""
    recipients = read_enveloped(read_signed(split(file)[0]).content).recipients
    (found,) = matches(Judgement(), recipients, [holder])
    return holder.decrypt(found.recipient.encrypted_key, found.scheme)


def _called_broken(hub, proof, pem, file, holder):
    """Of a bid that opens the hub cannot say that it does not, to a bidder who has the key as well."""
    measured = Measured(proof["receipt"]["fileDigest"], proof["receipt"]["fileSize"])
    found = Found("content.decryption", measured, None, witness(_key_of(file, holder)))
    key, begun = hub.bids.box.log_key(), named(proof["opening"])
    said = outcome(key, proof["receipt"], begun, found, hub.bids.box.now())
    verdict = verify({**proof, "outcome": said}, public_pem=pem, file=file, holders=[holder])
    assert [code for code, _ in verdict.faults] == ["finding.differs"]


def _imputed(hub, proof, pem):
    """Nor that a part is missing of what has no parts, or of what was taken back."""
    measured = Measured(proof["receipt"]["fileDigest"], proof["receipt"]["fileSize"])
    said = outcome(
        hub.bids.box.log_key(), proof["receipt"], named(proof["opening"]), Found("share.missing", measured),
        hub.bids.box.now(),
    )  # fmt: skip
    verdict = verify({**proof, "outcome": said}, public_pem=pem)
    assert [code for code, _ in verdict.faults] == ["outcome.digest"]


def _by_holders(proof, pem, file, holders, stranger):
    """Whoever has a key it was sealed to does the step again; to others the proof gives nothing to read."""
    for one in holders:
        verdict = verify(proof, public_pem=pem, file=file, holders=[one])
        assert verdict.ok and not {code for code, _ in verdict.open} & {"key.needed", "key.stated"}
        key = _key_of(file, one)
        assert key.hex() not in json.dumps(proof), "else whoever has the file reads what is whole in it"
    for given in ([], [stranger]):
        verdict = verify(proof, public_pem=pem, file=file, holders=given)
        assert verdict.ok and "key.needed" in {code for code, _ in verdict.open}


def _lied(hub, proof, pem, file, holders):
    """Not even the hub itself can make it the bidder's fault with a file that does not bear it out."""
    measured = Measured(proof["receipt"]["fileDigest"], proof["receipt"]["fileSize"])
    finding = "content.decryption" if proof["outcome"]["finding"] != "content.decryption" else "key.binding"
    # What a lie would have to state: of the key that does fit, or of the one that does not.
    fitting = witness(stated(read_signed(split(file)[0])) or b"")
    recovered = proof["outcome"]["recovered"] if finding == "content.decryption" else fitting
    found = Found(finding, measured, None, recovered)
    said = outcome(
        hub.bids.box.log_key(), proof["receipt"], named(proof["opening"]), found, hub.bids.box.now()
    )
    lie = {**proof, "outcome": said}
    verdict = verify(lie, public_pem=pem, file=file, holders=holders)
    told = [code for code, _ in verdict.faults]
    if finding == "content.decryption" and not told:  # no key fits: nobody can do it, and that is said
        assert "key.needed" in {code for code, _ in verdict.open}
    else:
        assert told == ["finding.differs"], (finding, verdict.faults)
    other = outcome(
        hub.bids.box.log_key(), proof["receipt"], named(proof["opening"]),
        Found("key.binding", Measured(name_of(b"damaged"), 7), None, recovered), hub.bids.box.now(),
    )  # fmt: skip
    verdict = verify({**proof, "outcome": other}, public_pem=pem, file=file)
    assert "outcome.digest" in [code for code, _ in verdict.faults]
