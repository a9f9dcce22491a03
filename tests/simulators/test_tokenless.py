"""C04: what it signs and seals waits for a telephone, and for a face where that is asked for."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

import certs
from certs.algorithms.digest import digest
from certs.model.certificate import read_certificate
from certs.ofd import make_ofd
from certs.seal.request import sealed_for
from simulators.certificates import acted as befalls
from simulators.certificates import shown
from simulators.outbox import owed
from simulators.roster import muster
from simulators.snapshots import keep, recall
from simulators.systems.build import Making
from simulators.systems.certificates import today
from simulators.user import acted
from tests.simulators.dialects.test_scan_oauth import NINE, At, body_of


class Telephone(At):
    def __init__(self) -> None:
        super().__init__("C04")
        self.ca = self.desk.switches["hierarchy"]
        self.holder = self.ca.vendor.holders["agency"]

    def seal(self, number: str = "S1", **changes: Any) -> tuple[int, Any]:
        asked = body_of("seal-ok", req_no=number, document=base64.b64encode(make_ofd("合同")).decode())
        asked["holder"] |= {"code": self.holder.code, "name": self.holder.name}
        return self.call("seal", asked | {"seal_id": self.holder.seal} | changes)

    def sign(self, number: str, **other: Any) -> tuple[int, Any]:
        asked = body_of("sign-ok", req_no=number)
        key = read_certificate(self.ca.signer("agency").certificate)
        asked["certificate"] |= {"serial_no": f"{key.serial:X}", "subject_code": self.holder.code}
        return self.call("sign", asked, **other)

    def user(self, **asked: Any) -> Any:
        return acted(self.side.user, asked, NINE + timedelta(seconds=5))


def test_a_document_is_sealed_when_its_holder_agrees() -> None:
    at = Telephone()
    listed = at.seal("L1", seal_action="list")[1]
    assert (listed["state"], listed["seals"][0]["seal_id"]) == ("done", at.holder.seal)
    code, told = at.seal()
    assert (code, told["state"]) == (200, "waiting") and not owed(at.desk)
    at.user(action="confirm")
    (callback,) = owed(at.desk)
    assert callback.saying.stage == "seal" and callback.saying.fields["state"] == "done"
    code, told = at.seal()
    assert (code, told["state"]) == (4401, "done"), "asked again: as it is now"
    sealed = base64.b64decode(told["sealed"])
    judged = certs.verify_ofd(sealed, trust=at.ca.trust("sm2-sm3"), at=NINE + timedelta(seconds=9))
    assert judged.ok, judged.sentence()
    altered = certs.verify_ofd(sealed[:-400] + sealed[-399:], trust=at.ca.trust("sm2-sm3"), at=NINE)
    assert not altered.ok


def test_a_digest_is_sealed_unseen_for_one_request_and_by_whoever_scans() -> None:
    at, imprint, challenge = Telephone(), digest(b"unseen"), "ab" * 32
    asked = {"format": "digest", "document": base64.b64encode(imprint).decode(), "challenge": challenge}
    anybody = {"type": "legal", "code": "-", "name": "-"}
    assert at.seal("D1", **asked, holder=anybody, seal_id=None)[1]["state"] == "waiting"
    at.user(action="confirm")
    value = base64.b64decode(at.seal("D1", **asked, holder=anybody, seal_id=None)[1]["sealed"])
    trust = at.ca.trust("sm2-sm3")
    judged = certs.verify_seal(value, digest=imprint, trust=trust, at=NINE + timedelta(seconds=9))
    assert judged.ok, judged.sentence()
    assert sealed_for(value, bytes.fromhex(challenge)).outcome == "passed"
    for number, wrong in enumerate(({"document": "AAAA"}, {"challenge": "not hex"})):
        assert at.seal(f"E{number}", **asked | wrong)[0] != 200


def test_what_is_not_sealed() -> None:
    at = Telephone()
    assert at.seal("1", format="pdf")[0] != 200
    assert at.seal("2", seal_id="SEAL-9")[0] != 200
    assert at.seal("3", holder={"type": "legal", "code": "916201022243338110", "name": "x"})[0] != 200
    at.seal("4")
    at.user(action="refuse")
    assert at.seal("4")[1]["state"] == "refused"
    at.seal("5")
    befalls(at.ca, {"action": "freeze", "holder": "agency"}, NINE)
    at.user(action="confirm")
    assert at.seal("5")[1]["state"] == "refused", "frozen in between"


def test_a_face_comes_before_the_confirmation_where_that_is_switched_on() -> None:
    at = Telephone()
    at.user(face=True)
    at.sign("1")
    with pytest.raises(ValueError, match="waits for a face"):
        at.user(action="confirm")
    face = body_of("face-ok", req_no="F1", scene="sign")
    code, told = at.call("face", face)
    assert (code, told["pass"]) == (200, True)
    assert at.user(action="confirm")["state"] == "confirmed"
    at.sign("2")
    with pytest.raises(ValueError, match="waits for a face"):
        at.user(action="confirm")
    assert at.user(action="face") == {"face": "shown"}
    assert at.user(action="confirm")["state"] == "confirmed"


def test_a_service_at_fault_hands_an_old_ticket_out_again() -> None:
    at = Telephone()
    first = at.sign("1")[1]["ticket"]
    at.user(action="confirm")
    assert at.sign("2")[1]["ticket"] != first
    at = Telephone()
    first = at.sign("1")[1]["ticket"]
    at.user(action="confirm")
    told = at.sign("2", moods=("qr-replayed",))[1]
    assert told["ticket"] == first and at.sign("2")[1]["state"] == 2, "confirmed, and nobody was asked"


def test_a_fault_met_when_asked_shows_in_what_is_signed_later() -> None:
    for fault, holds in (("", True), ("sign-forged-z", False)):
        at = Telephone()
        at.sign("1", moods=(fault,))
        at.user(action="confirm")
        (callback,) = owed(at.desk)
        octets = bytes.fromhex(body_of("sign-ok")["digest"].rpartition(":")[2])
        signature = base64.b64decode(callback.saying.fields["signature"])
        judged = certs.verify_cms(signature, trust=at.ca.trust("sm2-sm3"), at=NINE, content=octets)
        assert judged.ok is holds, (fault, judged.sentence())


def test_what_befalls_a_certificate_from_the_steering_port() -> None:
    systems, _ = muster(("C04", "N05"), Making(seed=7))
    ca, other = (systems[ident].desk.switches["hierarchy"] for ident in ("C04", "N05"))
    now = today() + timedelta(hours=9)
    rows = {row["holder"]: row["state"] for row in shown(ca, now)}
    assert (rows["builder"], rows["revoked"], rows["frozen"]) == ("good", "revoked", "frozen")
    for action, state in (
        ("freeze", "frozen"),
        ("unfreeze", "good"),
        ("revoke", "revoked"),
        ("unfreeze", "revoked"),
    ):
        told = befalls(ca, {"action": action, "holder": "builder"}, now)
        assert told["state"] == state
        assert other.standing(int(told["serial"], 16), now)[0] == state, "N05's certificates are C04's"
    for wrong, error in (
        ({"action": "revoke", "serial": "77"}, KeyError),
        ({"action": "x", "holder": "li"}, ValueError),
    ):
        with pytest.raises(error):
            befalls(ca, wrong, now)
    assert json.dumps(list(shown(ca, now)))


def test_a_snapshot_keeps_what_befell_and_what_was_issued() -> None:
    systems, _ = muster(("C04", "N05"), Making(seed=7))
    ca, other = (systems[ident].desk.switches["hierarchy"] for ident in ("C04", "N05"))
    now = today() + timedelta(hours=9)
    befalls(ca, {"action": "freeze", "holder": "agency"}, now)
    issuing = systems["C04"].desk.books["ca.issue"]
    code = ca.vendor.holders["agency"].code
    made = issuing({"issueKind": "renew", "subject.code": code, "requestNo": "K"}, now)["certificateRef"]
    kept = [keep(systems[ident]) for ident in ("C04", "N05")]
    befalls(ca, {"action": "revoke", "serial": made["serialNo"]}, now)
    for ident, one in zip(("C04", "N05"), kept, strict=True):
        recall(systems[ident], one)
    states = {row["serial"]: row["state"] for row in shown(ca, now)}
    assert states[made["serialNo"]] == "good" and "revoked" in states.values()
    befalls(ca, {"action": "freeze", "serial": made["serialNo"]}, now)
    assert other.standing(int(made["serialNo"], 16), now)[0] == "frozen", "still the same register"
