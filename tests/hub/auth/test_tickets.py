"""QR codes end to end: the real simulators of C04 and N05, a page, and a telephone."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from certs.model.certificate import read_certificate
from simulators.systems.people import somebody
from tests.hub.auth.auth_kit import Page, b64, members, octets, raw
from tests.hub.auth.conftest import Meeting
from tests.hub.server.ca_kit import pki

HOLDER = "builder"


async def test_c04_signs_by_callback_and_the_answer_is_that_of_a_token_but_for_its_medium(meeting: Meeting):
    code = pki().vendors["C04"].holders[HOLDER].code
    shown = await meeting.show("C04", holder=code, business="E6210262602013950001001")
    assert shown["state"] == "created" and shown["qrSvg"].startswith("<svg") and shown["pollSeconds"] == 2
    meeting.act("C04", "scan")
    meeting.pass_time()
    assert (await meeting.state(shown))["state"] in ("created", "scanned")
    status, said = await meeting.use(shown)
    assert (status, said["code"]) == (409, "ticket.state")
    meeting.act("C04", "confirm")
    heard = await meeting.called_back("C04")
    assert [one.code for one in heard] == ["0000"], heard
    assert (await meeting.state(shown))["state"] == "confirmed"
    status, said = await meeting.use(shown)
    assert status == 200, said
    assert (said["state"], said["medium"], said["result"]["result"]) == ("used", "tokenless", "valid")
    assert set(said["result"]) == await members(meeting.hub) and said["result"]["ca"]["id"] == "C04"
    assert (await meeting.page("/sessions", {"token": said["session"]["token"]}))[0] == 200
    status, said = await meeting.use(shown)
    assert (status, said["code"]) == (409, "ticket.used")


async def test_whoever_scans_signs_where_nobody_is_named_and_nobody_else_where_one_is(meeting: Meeting):
    shown = await meeting.show("C04")
    meeting.act("C04", "confirm")
    await meeting.called_back("C04")
    status, said = await meeting.use(shown)
    assert status == 200 and said["result"]["certificate"], said


async def test_a_lost_callback_is_made_up_by_asking_and_a_refusal_is_told(meeting: Meeting):
    code = pki().vendors["C04"].holders[HOLDER].code
    shown = await meeting.show("C04", holder=code, action="sign", digest="sm3:" + "ab" * 32)
    meeting.act("C04", "confirm")
    meeting.pass_time()
    assert (await meeting.state(shown))["state"] == "confirmed"
    status, said = await meeting.use(shown, digest="sm3:" + "ac" * 32)
    assert (status, said["code"]) == (422, "ticket.digest")
    assert (await meeting.use(shown))[1]["code"] == "ticket.digest"
    status, said = await meeting.use(shown, digest="sm3:" + "ab" * 32)
    assert status == 200 and said["session"] is None and said["action"] == "sign" and "seal" not in said
    shown = await meeting.show("C04", holder=code)
    meeting.act("C04", "refuse")
    await meeting.called_back("C04")
    told = await meeting.state(shown)
    assert (told["state"], told["reason"]) == ("refused", "ticket.refused")
    assert (await meeting.use(shown))[1]["code"] == "ticket.refused"


async def test_what_a_service_brings_is_judged_here_and_its_yes_counts_for_nothing(meeting: Meeting, folder):
    """Another holder than was asked, a signature that does not hold, a certificate revoked on the way."""
    vendor = pki().vendors["C04"]
    desk = meeting.fleet.systems["C04"].desk
    named = await meeting.show("C04", holder=vendor.holders["agency"].code)
    meeting.act("C04", "confirm")
    await meeting.called_back("C04")
    assert (await meeting.state(named))["state"] == "confirmed"
    other = await meeting.show("C04", holder=vendor.holders["agency"].code)
    book = desk.books["ca.sign"]
    desk.books["ca.sign"] = lambda asked, now: book(
        {**asked, "certificate.subjectCode": vendor.holders[HOLDER].code}, now
    )  # somebody else confirms
    meeting.act("C04", "confirm")
    assert [one.code for one in await meeting.called_back("C04")] == ["0000"]
    told = await meeting.state(other)
    assert (told["state"], told["reason"]) == ("refused", "login.refused")

    forged = await meeting.show("C04")
    desk.books["ca.sign"] = lambda asked, now: book({**asked, "digest": "00" * 32}, now)
    meeting.act("C04", "confirm")
    desk.books["ca.sign"] = book
    await meeting.called_back("C04")
    assert (await meeting.state(forged))["reason"] == "login.refused"
    status, said = await meeting.use(forged)
    assert (status, said["code"]) == (422, "login.refused")

    shown = await meeting.show("C04", holder=vendor.holders[HOLDER].code)
    meeting.act("C04", "scan")
    meeting.act("C04", "confirm")
    await meeting.called_back("C04")
    assert (await meeting.state(shown))["state"] == "confirmed"
    serial = read_certificate(vendor.signer(HOLDER).certificate).serial
    now = datetime.now(UTC).replace(microsecond=0)
    old = next(path for path in (folder / "crl").iterdir() if path.read_bytes() == vendor.crl())
    old.write_bytes(vendor.issuing().crl([(serial, now, 1)], number=9, this_update=now))
    assert (await meeting.hub.asked("centre", "POST", "/v1/admin/reload", {}))[0] == 200
    status, said = await meeting.use(shown)
    assert (status, said["code"], said["result"]["sofCode"]) == (422, "login.refused", -3), said
    assert (await meeting.state(shown))["state"] == "refused"


@pytest.mark.parametrize("provider", ["C04", "N05"])
async def test_a_code_that_a_service_hands_out_again_is_no_new_code(meeting: Meeting, provider):
    """Whoever confirmed the first one would else have confirmed the second as well."""
    first = await meeting.show(provider)
    system = meeting.fleet.systems[provider]
    system.faults.arm("qr-replayed")
    other = Page(meeting.hub)
    status, said = await other("/tickets", {"action": "login", "provider": provider})
    assert (status, said["code"]) == (502, "provider.replayed"), said
    meeting.act(provider, "confirm")
    meeting.pass_time()
    assert (await meeting.state(first))["state"] == "confirmed"


async def test_n05_identity_is_asked_once_and_never_believed_by_its_state(meeting: Meeting):
    shown = await meeting.show("N05")
    meeting.act("N05", "scan")
    meeting.act("N05", "confirm")
    await meeting.called_back("N05")
    assert (await meeting.state(shown))["state"] == "confirmed"
    status, said = await meeting.use(shown)
    assert status == 200, said
    assert set(said["result"]) == await members(meeting.hub) and said["result"]["ca"]["id"] == "N05"
    assert said["medium"] == "tokenless" and said["result"]["subject"]["bound"]["code"]
    person = somebody()["person"]
    assert person["idNo"] not in str(said) and person["name"] not in str(said)
    revoked = await meeting.show("N05")
    meeting.act("N05", "scan")
    meeting.user("N05").revoked.add(somebody()["subject"]["code"])
    meeting.act("N05", "confirm")
    meeting.pass_time()
    assert (await meeting.state(revoked))["state"] == "confirmed"  # so says the provider
    status, said = await meeting.use(revoked)
    assert (status, said["code"], said["state"]) == (422, "licence.revoked", "refused"), said
    assert said["result"]["sofCode"] == -3 and said["session"] is None
    assert (await meeting.state(revoked))["reason"] == "licence.revoked"


async def test_a_licence_that_is_withdrawn_ends_its_session(meeting: Meeting):
    shown = await meeting.show("N05")
    meeting.act("N05", "confirm")
    meeting.pass_time()
    await meeting.state(shown)
    status, said = await meeting.use(shown)
    assert status == 200, said
    body = {"token": said["session"]["token"]}
    sessions, late = meeting.hub.running.ctx.hub.auth.sessions, [0.0]
    ticks = sessions._ticks
    sessions._ticks = lambda: ticks() + late[0]
    system, withdrawn = meeting.fleet.systems["N05"], meeting.user("N05").revoked

    async def session():
        status, said = await meeting.page("/sessions", body)
        return status, said.get("code")

    assert (await session())[0] == 200
    late[0] += 61  # the register is asked again
    assert (await session())[0] == 200
    withdrawn.add(somebody()["subject"]["code"])
    assert (await session())[0] == 200, "asked a moment ago"
    late[0] += 61
    system.faults.arm("http-503", times=None)
    assert await session() == (422, "login.indeterminate")
    system.faults.lift()
    assert (await session())[1] == "session.unknown"
    withdrawn.clear()
    assert (await session())[1] == "session.unknown", "it is over for good"


async def test_another_session_another_page_and_two_at_once(meeting: Meeting):
    shown = await meeting.show("N05")
    other = Page(meeting.hub)
    await other("/challenges", {"action": "login"})
    for path, method in (("", "GET"), ("/use", "POST")):
        status, said = await other(f"/tickets/{shown['ticket']}{path}", method=method)
        assert (status, said["code"]) == (403, "ticket.other-session")
        status, said = await meeting.hub.asked(
            "P01", method, f"/v1/auth/tickets/{shown['ticket']}{path}", {} if path else None
        )
        assert (status, said["code"]) == (404, "ticket.unknown")
    meeting.act("N05", "confirm")
    meeting.pass_time()
    await meeting.state(shown)
    all_of_them = await asyncio.gather(*(meeting.use(shown) for _ in range(3)))
    assert sorted(status for status, _ in all_of_them) == [200, 409, 409]


async def test_time_up_at_either_side_and_a_provider_that_is_away(meeting: Meeting):
    for provider, seconds in (("N05", 61), ("C04", 121), ("C04", 59)):
        body = {"action": "login", "provider": provider, "seconds": seconds}
        status, said = await meeting.page("/tickets", body)
        assert (status, said["findings"][0]["at"]) == (422, "/seconds")
    late, forward = await meeting.show("N05"), await meeting.show("C04", seconds=60)
    meeting.act("N05", "confirm")
    meeting.pass_time(65)  # there the code has run out, or the ticket
    assert (await meeting.state(late))["state"] == "expired"
    meeting.hub.clock.ahead += timedelta(seconds=61)
    assert (await meeting.state(forward))["state"] == "expired"
    status, said = await meeting.use(forward)
    assert (status, said["code"]) == (410, "ticket.expired")
    meeting.hub.clock.ahead = timedelta(0)
    meeting.fleet.clock.set("+0s")
    await meeting.fleet.stop()
    status, said = await meeting.page("/tickets", {"action": "login", "provider": "C04"})
    assert (status, said["code"]) == (502, "provider.away")
    status, said = await meeting.page("/tickets", {"action": "login", "provider": "X99"})
    assert (status, said["findings"][0]["at"]) == (422, "/provider")


async def test_a_members_own_app_scans_confirms_and_refuses(meeting: Meeting):
    hub = meeting.hub

    async def app(step, shown, body=None, who="D01"):
        return await hub.asked(who, "POST", f"/v1/auth/tickets/{shown['ticket']}/{step}", body or {})

    shown = await meeting.show("D01", business="E6210262602013950001001")
    assert (await app("scan", shown, who="P01"))[0] == 404
    status, scanned = await app("scan", shown)
    assert status == 200 and b"E6210262602013950001001" not in octets(scanned)
    assert (await app("scan", shown))[1]["code"] == "ticket.state"
    good = raw("C04", octets(scanned))
    both = await asyncio.gather(app("confirm", shown, good), app("confirm", shown, good))
    assert sorted(status for status, _ in both) == [200, 409]
    status, said = await meeting.use(shown)
    assert (status, said["medium"]) == (200, "tokenless")
    wrong = await meeting.show("D01")
    await app("scan", wrong)
    status, said = await app("confirm", wrong, good)  # the signature over another ticket
    assert (status, said["code"], said["state"]) == (422, "login.refused", "refused")
    assert (await meeting.use(wrong))[1]["code"] == "login.refused"
    no = await meeting.show("D01")
    assert (await app("refuse", no))[0] == 200 and (await app("confirm", no, good))[0] == 409
    assert (await meeting.use(no))[1]["code"] == "ticket.refused"


async def test_what_a_ticket_waits_for_holds_by_every_way(meeting: Meeting):
    """A face, and the holder who was named: whoever confirms, by licence, service or app."""
    app = await meeting.show("D01", face=True)
    path = f"/v1/auth/tickets/{app['ticket']}"
    _, scanned = await meeting.hub.asked("D01", "POST", f"{path}/scan", {})
    proof = raw("C04", octets(scanned))
    assert (await meeting.hub.asked("D01", "POST", f"{path}/confirm", proof))[1]["code"] == "face.needed"
    shown = await meeting.show("N05", face=True)
    meeting.act("N05", "scan")
    meeting.act("N05", "confirm")
    await meeting.called_back("N05")
    assert (await meeting.state(shown))["state"] in ("created", "scanned")
    for one in (app, shown):
        assert (await meeting.use(one))[1]["code"] == "face.needed"
    other = pki().vendors["C04"].holders["agency"].code
    shown = await meeting.show("N05", holder=other)
    meeting.act("N05", "scan")
    meeting.act("N05", "confirm")
    await meeting.called_back("N05")
    status, said = await meeting.use(shown)
    assert (status, said["code"], said["session"]) == (422, "login.refused", None)
    app = await meeting.show("D01", holder=other)
    path = f"/v1/auth/tickets/{app['ticket']}"
    _, scanned = await meeting.hub.asked("D01", "POST", f"{path}/scan", {})
    _, said = await meeting.hub.asked("D01", "POST", f"{path}/confirm", raw("C04", octets(scanned)))
    assert said["code"] == "login.refused" and said["result"]["reasons"][0]["code"] == "identity-differs"


async def test_a_service_answers_about_the_ticket_it_was_asked_for(meeting: Meeting):
    shown, tickets = await meeting.show("N05"), meeting.tickets
    (entry,) = (one for one in tickets._book._numbers.values() if one.provider == "N05")
    assert entry.ticket
    told = {"requestNo": entry.number, "ticket": "another", "state": "cancelled"}
    said = await tickets.hear("N05", told)
    assert (said.status, said.code) == (422, "ticket.unknown")
    assert (await meeting.state(shown))["state"] == "created"


async def test_a_face_stands_before_the_confirmation(meeting: Meeting):
    who = somebody()["person"]
    asked = {
        "person": {name: who[name] for name in ("name", "idType", "idNo")},
        "requester": {"type": "1", "code": "126200004380000175", "name": "永登县住房和城乡建设局"},
        "material": b64(b"a face"), "liveness": "action", "consentNo": "SQ-1",
    }  # fmt: skip
    shown = await meeting.show("C04", face=True)
    path = f"/tickets/{shown['ticket']}/face"
    meeting.act("C04", "confirm")
    await meeting.called_back("C04")
    assert (await meeting.state(shown))["face"] == "needed"
    status, said = await meeting.use(shown)
    assert (status, said["code"]) == (409, "face.needed")
    status, said = await meeting.page(path, {**asked, "person": {"name": "张丽"}})
    assert (status, said["findings"][0]["at"]) == (422, "/person")
    status, said = await meeting.page(path, asked)
    assert (status, said["face"]) == (200, "passed"), said
    assert (await meeting.page(path, asked))[1]["code"] == "ticket.state"
    meeting.pass_time()
    assert (await meeting.state(shown))["state"] == "confirmed"  # fetched again: the callback came too soon
    status, said = await meeting.use(shown)
    assert status == 200 and said["face"].startswith("SR"), said
    shown = await meeting.show("C04", face=True)
    path = f"/tickets/{shown['ticket']}/face"
    codes = [(await meeting.page(path, {**asked, "material": b64(b"another")}))[1]["code"] for _ in range(4)]
    assert codes == ["face.refused"] * 4 and (await meeting.state(shown))["state"] == "refused"
    told = b"".join(one.read_bytes() for one in meeting.hub.data.rglob("*") if one.is_file())
    assert who["idNo"].encode() not in told and b64(b"a face").encode() not in told
