"""Login by challenge over HTTP: real signatures of the sandbox's CAs, and everything that must be refused."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta

import certs
from certs.algorithms.digest import digest
from certs.model.certificate import read_certificate
from hub.auth import book as books
from hub.auth.asking import Proof
from hub.auth.binding import ACTIONS, Binding, Owner
from hub.auth.judging import judge
from hub.ca.policy import shipped, sign_policy
from hub.journal.entry import Kind
from tests.hub.auth.auth_kit import Page, cms, members, octets, raw
from tests.hub.server.ca_kit import ca, folder, pki
from tests.hub.server.conftest import make_world
from tests.hub.server.test_ca_reload import _centre
from tests.hub.server.test_ca_reload import _publish as publish_list

__all__ = ["ca", "folder", "make_world"]
IDLE = (Kind.HEAD, Kind.STAMP, Kind.PADDING)
BUSINESS = "E6210262602013950001001"


async def _challenge(ca, owner="P01", session="s1", action="login", **more):
    target = f"/v1/auth/challenges?session={session}"
    status, said = await ca.asked(owner, "POST", target, {"action": action, "business": BUSINESS, **more})
    assert status == 200, said
    return said


async def _login(ca, made, proof, owner="P01", session="s1"):
    body = {"challengeId": made["challengeId"], **proof}
    return await ca.asked(owner, "POST", f"/v1/auth/logins?session={session}", body)


async def test_token_of_any_ca_logs_in_once_and_the_session_belongs_to_its_browser(ca):
    for vendor, form in (("C01", raw), ("C02", cms), ("C03", raw), ("C05", cms)):
        made = await _challenge(ca)
        bound = json.loads(octets(made))
        assert (bound["platform"], bound["action"]) == ("P01", "login")
        salted = digest(f"{made['businessSalt']}|{BUSINESS}".encode()).hex()
        assert bound["business"] == salted and BUSINESS.encode() not in octets(made)
        assert len(bound["nonce"]) == 64 and bound["session"] != "s1"
        proof = form(vendor, octets(made))
        status, said = await _login(ca, made, proof)
        assert status == 200, said
        assert (said["state"], said["medium"], said["result"]["ca"]["id"]) == ("used", "token", vendor)
        assert set(said["result"]) == await members(ca) and said["result"]["result"] == "valid"
        status, again = await _login(ca, made, proof)
        assert (status, again["code"]) == (409, "challenge.used")
    token = {"token": said["session"]["token"]}
    status, who = await ca.asked("P01", "POST", "/v1/auth/sessions?session=s1", token)
    assert status == 200 and who["medium"] == "token" and who["subject"]["kind"] == "uscc"
    for owner, session in (("P01", "s2"), ("D01", "s1")):
        target = f"/v1/auth/sessions?session={session}"
        assert (await ca.asked(owner, "POST", target, token))[0] == 404
    assert (await ca.asked("P01", "POST", "/v1/auth/sessions/end?session=s1", token))[0] == 200
    status, who = await ca.asked("P01", "POST", "/v1/auth/sessions?session=s1", token)
    assert (status, who["code"]) == (404, "session.unknown")


async def test_pages_do_the_same_under_a_cookie_of_their_own(ca):
    page, other = Page(ca), Page(ca)
    _, made = await page("/challenges", {"action": "login"})
    _, own = await other("/challenges", {"action": "login"})
    proof = {"challengeId": made["challengeId"], **raw("C01", octets(made))}
    status, said = await other("/logins", proof)
    assert (status, said["code"]) == (403, "ticket.other-session") and page.cookie != other.cookie
    assert said["findings"][0]["expected"] and said["findings"][0]["advice"]
    status, said = await page("/logins", proof)
    assert (status, said["state"]) == (200, "used")
    token = {"token": said["session"]["token"]}
    assert (await page("/sessions", token))[0] == 200 and (await other("/sessions", token))[0] == 404
    status, said = await ca.asked(
        "P01", "POST", "/v1/auth/logins", {**proof, "challengeId": own["challengeId"]}
    )
    assert (status, said["code"]) == (404, "challenge.unknown")  # not even that it exists
    async with ca.http.post(f"{ca.url}/console/auth/challenges", data=b"action=login") as reply:
        assert reply.status == 415  # a form of another site


async def test_what_does_not_hold_is_refused_and_burns_the_challenge(ca):
    other = await _challenge(ca)
    cases = {
        "replayed over another challenge": lambda made: raw("C01", octets(other)),
        "one octet changed": lambda made: raw("C01", octets(made)[:-1] + b" "),
        "certificate of another": lambda made: raw("C01", octets(made)) | {
            "certificate": raw("C03", b"x")["certificate"]},
        "the digest signed for the octets": lambda made: raw("C01", digest(octets(made))),
        "attached, and of something else": lambda made: cms("C01", b"I agree", detached=False),
    }  # fmt: skip
    for name, proof in cases.items():
        made = await _challenge(ca)
        status, said = await _login(ca, made, proof(made))
        assert (status, said["code"], said["state"]) == (422, "login.refused", "refused"), (name, said)
        assert said["result"]["result"] == "invalid" and said["session"] is None, name
        status, said = await _login(ca, made, raw("C01", octets(made)))
        assert (status, said["code"]) == (409, "challenge.used"), name
    made = await _challenge(ca)
    status, said = await _login(ca, made, {"form": "raw", "signature": "!", "seal": 1})
    assert status == 422 and {one["code"] for one in said["findings"]} == {"auth.request"}
    assert {one["at"] for one in said["findings"]} == {"/signature", "/certificate", "/seal"}
    assert (await _login(ca, made, raw("C04", octets(made)) | {"medium": "tokenless"}))[0] == 200


async def test_who_is_named_by_no_certificate_logs_in_as_nobody_unless_the_centre_says_so(ca, folder):
    key = pki().vendors["C01"].issuing().issue("行人甲", days=300)

    def proof(made):
        signed = certs.sign_cms(octets(made), key, detached=True)
        return {"form": "cms", "signature": base64.b64encode(signed).decode()}

    async def tried(action="login", **more):
        made = await _challenge(ca, action=action, **more)
        return await _login(ca, made, proof(made))

    status, said = await tried()
    assert (status, said["code"], said["session"]) == (422, "login.nobody", None), said
    assert said["result"]["result"] == "indeterminate"
    assert said["result"]["reasons"][0]["code"] == "identity-none" and said["findings"][0]["clause"]
    assert [one["check"] for one in said["result"]["checks"]].count("signature") == 1, "it holds, and is told"
    assert (await tried("sign", digest="sm3:" + "ab" * 32))[0] == 200
    content = shipped().as_dict() | {"version": "1", "sequence": 2, "unnamed": ["login"]}
    (folder / "policy.json").write_bytes(sign_policy(content, _centre(folder)))
    async with asyncio.timeout(60):
        while (await tried())[0] != 200:
            await asyncio.sleep(0.05)


async def test_signing_needs_its_digest_and_opens_no_session(ca):
    status, said = await ca.asked("P01", "POST", "/v1/auth/challenges", {"action": "sign"})
    assert status == 422 and said["findings"][0]["at"] == "/digest"
    made = await _challenge(ca, action="sign", digest="sm3:" + "ab" * 32)
    assert json.loads(octets(made))["digest"] == "sm3:" + "ab" * 32
    status, said = await _login(ca, made, raw("C01", octets(made)))
    assert status == 200 and said["session"] is None and said["action"] == "sign"


async def test_two_at_once_one_wins(ca):
    made = await _challenge(ca)
    proof = raw("C01", octets(made))
    both = await asyncio.gather(*(_login(ca, made, proof) for _ in range(4)))
    assert sorted(status for status, _ in both) == [200, 409, 409, 409]
    assert {said["code"] for status, said in both if status == 409} == {"challenge.used"}


async def test_time_up_and_clocks_moved(ca):
    desk = ca.running.site.ctx.hub.auth
    made = await _challenge(ca)
    for hours in (1, -1):  # set forward it is over; set back nobody knows how old it is
        fresh = await _challenge(ca)
        ca.clock.ahead += timedelta(hours=hours)
        status, said = await _login(ca, fresh, raw("C01", octets(fresh)))
        assert (status, said["code"]) == (410, "challenge.expired"), said
    ca.clock.ahead = timedelta(0)
    status, said = await _login(ca, made, raw("C01", octets(made)))
    assert (status, said["code"]) == (410, "challenge.expired")  # what was over stays over
    slow = await _challenge(ca)
    ticks = desk.book._ticks
    try:
        desk.book._ticks = lambda: ticks() + 121  # the wall clock stands still, the steady one does not
        status, said = await _login(ca, slow, raw("C01", octets(slow)))
        assert (status, said["code"]) == (410, "challenge.expired")
        desk.book._ticks = lambda: ticks() + books.KEPT + 1
        await _challenge(ca)
        assert len(desk.book) == 1  # and nothing is kept for ever
    finally:
        desk.book._ticks = ticks


async def test_sessions_end_by_themselves(ca):
    made = await _challenge(ca)
    _, said = await _login(ca, made, raw("C01", octets(made)))
    sessions, token = ca.running.site.ctx.hub.auth.sessions, {"token": said["session"]["token"]}
    ticks = sessions._ticks
    target = "/v1/auth/sessions?session=s1"
    for ahead, status in ((1700, 200), (3400, 200), (5000, 200), (6700, 200), (7201, 404), (0, 404)):
        sessions._ticks = lambda ahead=ahead: ticks() + ahead
        assert (await ca.asked("P01", "POST", target, token))[0] == status, ahead
    made = await _challenge(ca)
    _, said = await _login(ca, made, raw("C01", octets(made)))
    sessions._ticks = lambda: ticks() + 1801
    assert (await ca.asked("P01", "POST", target, {"token": said["session"]["token"]}))[0] == 404


async def test_too_many_are_told_so_and_nothing_is_written_down(ca):
    entries = ca.running.site.ctx.hub._parts.reading.journal
    before = [(one.seq, one.facts) for one in entries.heads(0, 10_000) if one.facts["kind"] not in IDLE]
    made = [await _challenge(ca, session="many") for _ in range(books.MOST_OPEN)]
    target = "/v1/auth/challenges?session=many"
    status, said = await ca.asked("P01", "POST", target, {"action": "login"})
    assert (status, said["code"]) == (429, "hub.rate")
    await _challenge(ca, session="another")
    status, said = await _login(ca, made[0], raw("C01", octets(made[0])), session="many")
    assert status == 200 and (await _challenge(ca, session="many"))["challengeId"]
    after = [(one.seq, one.facts) for one in entries.heads(0, 10_000) if one.facts["kind"] not in IDLE]
    assert after == before
    names = (
        made[0]["challengeId"],
        BUSINESS,
        said["session"]["token"],
        said["result"]["subject"]["bound"]["code"],
    )
    status, text = await ca.get("/metrics")
    told = text.encode() + b"".join(one.read_bytes() for one in ca.data.rglob("*") if one.is_file())
    assert not any(name.encode() in told for name in names)


async def test_a_page_that_asks_too_often_waits(ca):
    page, limiter = Page(ca), ca.running.site.ctx.pages
    limiter.renew(1.0)
    said = [await page("/challenges", {"action": "login"}) for _ in range(3)]
    assert said[0][0] == 200 and said[-1][0] == 429 and said[-1][1]["code"] == "hub.rate"


async def test_unknown_names_and_strangers(ca):
    proof = raw("C01", b"x")
    for name in ("", "00" * 32, "名" * 20):
        status, said = await _login(ca, {"challengeId": name}, proof)
        assert (status, said["code"]) in {(404, "challenge.unknown"), (422, "auth.request")}
    for owner in ("centre", "T01"):  # T01 has not been admitted yet
        status, said = await ca.asked(owner, "POST", "/v1/auth/challenges", {"action": "login"})
        assert (status, said["code"]) == (403, "member.not-online")


async def test_ca_removed_or_certificate_revoked_meanwhile(ca, folder):
    """What held when the challenge was made counts for nothing: the rules are those of the login."""
    removed, revoked = await _challenge(ca), await _challenge(ca)
    now = datetime.now(UTC).replace(microsecond=0)
    vendor = pki().vendors["C05"]
    serial = read_certificate(vendor.signer("agency").certificate).serial
    old = next(path for path in (folder / "crl").iterdir() if path.read_bytes() == vendor.crl())
    old.write_bytes(vendor.issuing().crl([(serial, now, 1)], number=9, this_update=now))

    def without(content):
        content["cas"] = [one for one in content["cas"] if one["id"] != "C01"]

    publish_list(folder, without)
    status, told = await ca.asked("centre", "POST", "/v1/admin/reload", {})
    assert status == 200, told
    for made, vendor, holder, why in (
        (removed, "C01", "builder", {"no-path", "not-admitted"}), (revoked, "C05", "agency", {"revoked"}),
    ):  # fmt: skip
        status, said = await _login(ca, made, raw(vendor, octets(made), holder))
        assert (status, said["code"], said["state"]) == (422, "login.refused", "refused"), said
        assert {one["code"] for one in said["result"]["reasons"]} & why


async def test_each_action_is_judged_under_its_own_policy():
    """The policy may ask for more about revocation where something is signed than where somebody logs in."""
    asked = []

    class Desk:
        belief = None

        async def verify(self, asker, value):
            asked.append((asker, value["purpose"]))
            return {"result": "invalid"}

    now = datetime.now(UTC)
    for action in ACTIONS:
        bound = Binding("sandbox", Owner("P01", "s"), action, "", "", "00", "00", now, now)
        await judge(Desk(), bound, Proof("raw", b"", b""))
    assert asked == [("P01", "login"), ("P01", "signing"), ("P01", "sealing")]
