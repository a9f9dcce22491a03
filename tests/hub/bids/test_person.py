"""A natural person who bids: under a key of its own, kept while it must be, and then erased on request."""

from __future__ import annotations

import base64
import sqlite3
from datetime import timedelta
from uuid import UUID

import pytest
from bids_kit import DEADLINE, NOW, SECTION, Bidder, Tender, bidder, pki, results
from core_kit import Reader

from certs.identity import make_resident
from certs.testpki.declared import Holder
from hub.errors import HubError, SenderError
from hub.files.name import Name
from hub.index.questions import SqliteIndex
from hub.index.schema import migrate
from hub.journal.claims import own
from hub.journal.rebuild import differences, fresh_index
from hub.journal.sqlite import FILE, SqliteJournal
from hub.privacy.subjects import Asked


def _person():
    """Nobody, with a valid number, at one CA."""
    vendor = pki().vendors["C01"]
    code = make_resident("620102", NOW.date().replace(year=1980, day=1), 7)
    who = Holder("person-77", "person", "沙箱投标某", code)
    signing = vendor.certify(
        who, ("digitalSignature", "nonRepudiation"), vendor.algorithms[0], "person-77/sign"
    )
    sealing = vendor.certify(
        who, ("keyEncipherment", "dataEncipherment"), vendor.algorithms[0], "person-77/seal"
    )
    return Bidder({"type": "3", "code": code, "name": who.name}, signing, sealing, signing)


async def test_a_person_is_kept_while_evidence_must_be_and_goes_when_it_may(tmp_path):
    tender = Tender(tmp_path, bids_least=1)
    hub = await tender.start()
    who = _person()
    number, name = who.party["code"], who.party["name"]
    answer = await tender.deliver(hub, who)
    assert answer.status == 200, answer
    other = await tender.deliver(hub, bidder(1))
    asked, row = Asked(subject=number), hub.bids.box.index.bids.by_receipt(answer.data["receiptNo"])
    standing = hub.bids.box.index.bids.by_receipt(other.data["receiptNo"])
    assert hub.held_of(Reader("centre"), asked) == {"persons": []}, "sealed: as of nobody"
    tender.to(DEADLINE)
    told = await tender.open_bids(hub)
    assert set(results(told).values()) == {"opened"} and number in str(told["decryption"])
    records = hub.held_of(Reader("T01"), asked)["persons"][0]["records"]
    assert len(records) == 2 and {one["clause"] for one in records} == {"GPL42 M87-39 C13"}, records
    with pytest.raises(SenderError) as held:
        await hub.erase(Reader("T01"), asked, "consent-withdrawn")
    assert (held.value.code, held.value.status) == ("privacy.held", 409)
    proof = hub.bids.bid("T01", answer.data["receiptNo"])
    assert proof["receipt"]["bidder"]["name"] == name
    tender.clock.now = NOW + timedelta(days=366 * 15)
    shelf, file = hub.bids.box.shelf, Name.of(row.file)
    assert shelf.place(file).exists() and shelf.place(Name.of(standing.file)).exists()
    assert (await hub.erase(Reader("T01"), asked, "consent-withdrawn"))["erased"] == 2
    assert not shelf.place(file).exists(), "the sealed file goes with its person"
    assert shelf.place(Name.of(standing.file)).exists(), "nobody else's does"
    assert hub.may_fetch(Reader("T01"), file) is None
    journal = hub.bids.box.reading.journal
    for seq in (row.seq, hub._parts.index.by_hub_id(records[0]["hubId"]).seq):
        left = journal.entry(seq, own("T01"))
        text = left.raw.decode()
        assert left.gone and number not in text and name not in text
        assert base64.b64encode(who.signing.certificate).decode() not in text
    for asker, code in (("T01", "privacy.erased"), ("centre", "not-found"), ("T03", "not-found")):
        with pytest.raises(HubError) as gone:
            hub.bids.bid(asker, answer.data["receiptNo"])
        assert gone.value.code == code, asker
    assert list(results(await hub.bids.progress("T01", SECTION))) == [other.data["receiptNo"]]
    shelf.place(file).write_bytes(b"a crash came before it was taken off the shelf")
    await hub.files.tend()
    assert not shelf.place(file).exists()
    await hub.drain()
    live = sqlite3.connect(tmp_path / "hub" / FILE)
    assert differences(live, fresh_index(SqliteJournal(live))) == []
    live.close()


def test_a_file_goes_when_nothing_else_names_it():
    live = sqlite3.connect(":memory:", isolation_level=None)
    migrate(live)
    index = SqliteIndex(live)

    def bid(entry, file, sender="T01"):
        live.execute(
            "INSERT INTO bid VALUES(?,?,1,?,?,?,1,1,1,'any-one','standing',0,0)",
            (entry, entry, f"n{entry}", sender, file),
        )

    for entry, file in enumerate(("own", "twice", "twice", "of-a-record", "of-a-member"), 1):
        bid(entry, file)
        live.execute("INSERT OR IGNORE INTO file VALUES(?,?,'T01',?,1,1)", (entry, bytes(16), file))
    live.execute("INSERT INTO file_ref VALUES(99, 0, 'of-a-record')")
    live.execute("INSERT INTO file VALUES(98, ?, 'T03', 'of-a-member', 1, 1)", (bytes(16),))
    assert index.bids.only_in([1, 2, 4, 5, 77]) == ["own"]
    assert index.bids.only_in([2, 3]) == ["twice"], "both went at once"
    payload = {"keys": [], "bids": [2], "files": []}
    facts = {
        "kind": "event",
        "at": 1,
        "hubId": str(UUID(int=1)),
        "event": "privacy.erase",
        "payload": payload,
    }
    index.apply(100, facts)
    assert index.bids.only_in([3]) == ["twice"], "or one after the other"
    again = {"kind": "file", "at": 1, "owner": "T01", "digest": "twice", "size": 1, "hubId": str(UUID(int=2))}
    index.apply(101, {**facts, "hubId": str(UUID(int=3)), "payload": {**payload, "files": ["own", "twice"]}})
    index.apply(102, again)
    assert index.files_erased() == ["own"], "what is sent again is kept"
    assert index.file("T01", "own") is None and index.file("T01", "twice") is not None
