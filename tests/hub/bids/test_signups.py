"""A bidder who is known not to have signed up is refused, and nobody learns of another's sign-up by it."""

from __future__ import annotations

import sqlite3

from bids_kit import Tender, bidder
from core_kit import NOW

from hub.journal.rebuild import differences, fresh_index
from hub.journal.sqlite import SqliteJournal
from hub.message import wall

MISSING = "bid.not-signed-up"


class Registry(Tender):
    """P01 keeps the list and answers as told."""

    async def sign_up(self, hub, who, sender="T01", said="accepted", code="", **more):
        reply = {"hubId": "P01-1", "receiptState": said, "receivedTime": wall(NOW), "signupNo": "S1"}
        told = {"kind": "refused", "code": code} if code else {"kind": "delivered", "data": reply}
        self.transport.behave["P01"] = lambda put: (
            told if put["message"] == "bidder.signup" else {"kind": "delivered"}
        )
        self.asked += 1
        certificate = self.message(who, {"digest": "x"}, step="x", model="x")["body"]["fields"]["recipients"]
        fields = {
            "requestNo": f"S{self.asked}", "section": dict(self.ref), "bidder": who.party, "bidderRole": "03",
            "signupTime": wall(NOW), "certificate": certificate[0], **more,
        }  # fmt: skip
        head = {
            "ver": "1", "realm": "sandbox", "from": sender, "msgId": f"signup-{self.asked}",
            "msgType": "bidder.signup", "to": "P01", **self.circumstance(),
        }  # fmt: skip
        return await hub.service(self.signed({"head": head, "body": {"fields": fields}}))


async def test_who_did_not_sign_up_is_refused_where_its_system_keeps_sign_ups(tmp_path):
    tender = Registry(tmp_path)
    hub = await tender.start()
    crowd = [bidder(number) for number in range(8)]
    early, elsewhere, own, stranger, late, rejected, back, member = crowd
    assert (await tender.sign_up(hub, elsewhere, "T03")).status == 200
    first = await tender.deliver(hub, early)
    assert first.status == 200, "T01 signed up nobody, and does not learn that others did"
    kept = tender.last
    joint = {"consortium": [member.party]}
    for who, more in (
        (own, joint), (late, {"said": "held"}), (rejected, {"said": "rejected"}), (back, {}),
        (back, {"withdraw": True}), (own, {"withdraw": True, "said": "rejected"}),
    ):  # fmt: skip
        answer = await tender.sign_up(hub, who, **more)
        assert answer.status == 200, answer
    told = {who.party["name"]: (await tender.deliver(hub, who)).code for who in crowd[1:]}
    refused = [who.party["name"] for who in (stranger, rejected, back)]
    assert [name for name, code in told.items() if code == MISSING] == refused, told
    assert {code for name, code in told.items() if name not in refused} == {"0000"}
    assert (await tender.deliver(hub, stranger, sender="T03")).code == MISSING, "it signed up somebody too"
    # Whoever is not asked by the bidder's own signature learns nothing of it.
    raw = await tender.sealed(hub, own, b"of somebody who signed up")
    file = await tender.upload(hub, "T01", raw)
    for who in (stranger, elsewhere):
        claimed = tender.message(own, file, step="replace", model="any-one")
        claimed["body"]["fields"]["bidder"] = who.party
        assert (await hub.service(tender.signed(claimed))).code == "bid.signature"
    gone = await hub.service(tender.signed(tender.message(early, kept, step="withdraw", model="any-one")))
    assert gone.status == 200, "what was taken is given back whoever signed up"
    assert (await tender.deliver(hub, early, b"once more")).code == MISSING
    await hub.drain()
    connection = sqlite3.connect(f"file:{tmp_path}/hub/journal.sqlite3?mode=ro", uri=True)
    rows = connection.execute("SELECT * FROM signup").fetchall()
    assert len(rows) == 4 and all(type(one) is int for row in rows for one in row), rows
    assert differences(connection, fresh_index(SqliteJournal(connection))) == []
    connection.close()


async def test_somebody_said_to_have_signed_up_already_is_not_refused(tmp_path):
    """Nor is anybody checked by that word alone."""
    tender = Registry(tmp_path)
    hub = await tender.start()
    known, own, stranger = (bidder(number) for number in range(3))
    assert (await tender.sign_up(hub, known, code="signup.repeated")).code == "signup.repeated"
    assert (await tender.deliver(hub, stranger)).status == 200
    assert (await tender.sign_up(hub, own)).status == 200
    assert (await tender.deliver(hub, known)).status == 200
    assert (await tender.deliver(hub, stranger, b"other", step="replace")).code == MISSING
    await hub.drain()
