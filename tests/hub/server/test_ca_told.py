"""What a CA tells of single certificates: worse counts at once, better only when the CA has signed it."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import current_thread

from certs.model import write as w
from certs.model.certificate import read_certificate
from certs.model.crl import HOLD, REMOVED
from certs.testpki.issue import extension
from certs.trustlist import publish
from certs.trustlist.publishing import content_of
from hub.ca import hearing, syncing
from hub.ca.keeping import read_standing
from hub.ca.standing import Mark, key_of
from hub.ca.status import status
from hub.ca.telling import NotTaken, Told, Unproved
from tests.hub.server.ca_kit import b64, folder, pki
from tests.hub.server.test_ca_reload import _centre
from tests.hub.server.test_ca_sync import becomes, codes, judged, name_them, neighbours_list, ours, told

__all__ = ["folder", "ours"]


def theirs():
    return pki().vendors["P01"]


def serial():
    return read_certificate(theirs().signer("neighbour").certificate).serial


def notice(status, *, issuer=None, time=None, **more):
    issuer = issuer or theirs().issuing().key.certificate
    row = {
        "issuerKey": key_of(read_certificate(issuer)), "serialNo": f"{serial():X}", "status": status,
        "time": (time or datetime.now(UTC)).isoformat(), **more,
    }  # fmt: skip
    return json.dumps({"version": "1", "changes": [row]}).encode()


def revocations(number, *, reason=None, at=None):
    rows = [] if reason is None else [(serial(), theirs().now, reason)]
    return (
        theirs()
        .issuing()
        .crl(rows, number=number, this_update=at or datetime.now(UTC).replace(microsecond=0))
    )


def spoken_for_by_c05(folder):
    """Our centre's list of lists says whose word counts about their CAs."""
    content = content_of((folder / "trustlist.json").read_bytes())
    content["sequence"] += 1
    content["peers"][0]["system"] = "C05"
    data, made = publish(content, _centre(folder), at=datetime.now(UTC))
    assert made.trust_list is not None, made.findings
    (folder / "trustlist.json").write_bytes(data)


class Teller:
    def __init__(self, world):
        self.world, self.number = world, 20261122090000

    async def tells(self, kind, octets):
        self.number += 1
        return await told(self.world, octets, str(self.number), kind=kind)


async def test_worse_counts_at_once_and_better_only_signed(ours, folder):
    name_them(folder, system="")
    teller = Teller(ours)
    assert (await teller.tells("trust-list", neighbours_list(1)))[0] == "0"
    await becomes(ours, "valid")
    assert (await teller.tells("status-change", notice("revoked")))[0] == "4211", "nobody speaks for them"
    spoken_for_by_c05(folder)
    async with asyncio.timeout(60):
        while ours.running.ctx.hub.ca.belief.listed.peers[0].system != "C05":
            await asyncio.sleep(0.05)

    # What is not theirs to say, or not to be understood, changes nothing.
    home = pki().vendors["C01"].issuing().key.certificate
    assert (await teller.tells("status-change", notice("revoked", issuer=home)))[0] == "4211"
    assert (await teller.tells("status-change", b'{"version": "1", "changes": []}'))[0] == "4202"
    forged = pki().vendors["C01"].issuing().crl([(serial(), theirs().now, 1)])
    assert (await teller.tells("crl", forged))[0] == "4211"
    assert (await judged(ours))["result"] == "valid" and not (folder / "told.json").exists()

    # The very next question is answered by it: nothing is waited for.
    code, data = await teller.tells("status-change", notice("frozen"))
    assert code == "0" and data["appliedVersion"] == str(teller.number)
    said = await judged(ours)
    assert (said["result"], said["sofCode"], codes(said)) == ("invalid", -4, {"frozen"})
    assert any(one["check"] == "revocation" and "told" in one.get("evidence", "") for one in said["checks"])
    before = {"at": (datetime.now(UTC) - timedelta(minutes=5)).isoformat()}
    assert (await judged(ours, **before))["result"] == "valid", "what was before is not touched"

    one = read_certificate(theirs().signer("neighbour").certificate)
    about = {"caId": "P01", "issuer": str(one.issuer), "serialNo": f"{one.serial:X}"}
    answer = status(await ours.running.ctx.hub.ca.open(), {"certificate": about}, ours.clock())
    assert (answer.settled, answer.answer.data["status"]) == (True, "frozen"), "ca.status says the same"

    # Nobody has signed that the hold is over.
    held = b64(theirs().signer("neighbour").certificate)
    assert (await teller.tells("status-change", notice("unfrozen")))[0] == "4202", "which certificate?"
    assert (await teller.tells("status-change", notice("unfrozen", certificate=held)))[0] == "4203"
    assert (await judged(ours))["sofCode"] == -4
    assert (await teller.tells("status-change", notice("revoked")))[0] == "0"
    assert (await judged(ours))["sofCode"] == -3, "worse goes on top of bad"
    assert (await teller.tells("status-change", notice("unfrozen", certificate=held)))[0] == "0"
    assert (await judged(ours))["sofCode"] == -3, "a revocation is no hold"

    # A list of the CA is its word, for the better too, if it is newer than what we were told.
    old = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)
    newer = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    assert (await teller.tells("crl", revocations(8, at=old)))[0] == "0"
    assert (await judged(ours))["sofCode"] == -3, "it was made before"
    ours.clock.ahead = timedelta(seconds=2)
    assert (await teller.tells("crl", revocations(9, at=newer)))[0] == "0"
    assert (await judged(ours))["result"] == "valid" and not read_standing(folder).marks
    assert (await teller.tells("crl", revocations(10, reason=HOLD, at=newer)))[0] == "0"
    assert (await judged(ours))["sofCode"] == -4
    for wrong in (revocations(9, at=newer), revocations(11, at=old)):
        assert (await teller.tells("crl", wrong))[0] == "4212"
    stale = revocations(12, at=datetime.now(UTC).replace(microsecond=0) - timedelta(days=8))
    assert (await teller.tells("crl", stale))[0] == "4214"
    assert (await judged(ours))["sofCode"] == -4

    # It is written down, and still so for whoever reads the folder anew.
    async with asyncio.timeout(60):
        while (
            "ca.told" not in (last := (await ours.asked("centre", "GET", "/v1/admin/reload"))[1])["changed"]
        ):
            await asyncio.sleep(0.05)
    assert last["outcome"] == "taken"
    desk = ours.running.ctx.hub.ca
    desk.renew(await asyncio.to_thread(desk.read))
    assert (await judged(ours))["sofCode"] == -4


def delta(number, base, rows=(), *, at=None, issuer=None):
    """RFC 5280 5.2.4: a critical extension names the list it is to be put upon."""
    made = issuer or theirs().issuing()
    indicator = extension("2.5.29.27", w.integer(base), critical=True)
    at = at or datetime.now(UTC).replace(microsecond=0)
    return made.crl(rows, number=number, this_update=at, extensions=[indicator])


def asked_status(judges, world):
    one = read_certificate(theirs().signer("neighbour").certificate)
    about = {"caId": "P01", "issuer": str(one.issuer), "serialNo": f"{one.serial:X}"}
    return status(judges, {"certificate": about}, world.clock()).answer.data["status"]


async def test_a_delta_counts_upon_the_list_it_continues(ours, folder):
    name_them(folder, system="C05")
    teller, desk = Teller(ours), ours.running.ctx.hub.ca
    assert (await teller.tells("trust-list", neighbours_list(1)))[0] == "0"
    await becomes(ours, "valid")
    now = datetime.now(UTC).replace(microsecond=0)
    ago, since = (now - timedelta(minutes=one) for one in (30, 20))
    revoked, held = [(serial(), since, 1)], [(serial(), since, HOLD)]

    # Nothing numbered is here that it could be put upon, and one base is not as good as another.
    assert (await teller.tells("delta-crl", delta(12, 10, revoked, at=since)))[0] == "4213"
    assert (await teller.tells("crl", revocations(10, at=ago)))[0] == "0"
    stranger = pki().vendors["C01"].issuing()
    for wrong, code in (
        (delta(14, 12, revoked, at=since), "4213"),  # its base came after ours
        (delta(10, 9, revoked, at=since), "4213"),  # our list says all of it already
        (delta(12, 10, revoked, at=since, issuer=stranger), "4211"),
        (delta(12, 10, revoked, at=now - timedelta(days=8)), "4214"),
        (revocations(12, at=since), "4202"),  # complete, and called a delta
    ):
        assert (await teller.tells("delta-crl", wrong))[0] == code
    assert (await teller.tells("crl", delta(12, 10, revoked, at=since)))[0] == "4213"
    assert (await judged(ours))["result"] == "valid"

    # Put upon it, it counts at once; whom neither names is good.
    assert (await teller.tells("delta-crl", delta(12, 10, held, at=since)))[0] == "0"
    said = await judged(ours)
    assert (said["result"], said["sofCode"], codes(said)) == ("invalid", -4, {"frozen"})
    assert asked_status(await desk.open(), ours) == "frozen"
    assert (await teller.tells("delta-crl", delta(11, 10, at=since)))[0] == "4212"
    later = since + timedelta(minutes=5)
    lifted = [(serial(), later, REMOVED)]
    assert (await teller.tells("delta-crl", delta(13, 10, lifted, at=later)))[0] == "0"
    assert (await judged(ours))["result"] == "valid" and asked_status(await desk.open(), ours) == "good"
    assert len(read_standing(folder).lists) == 2, "the newest delta alone is kept"
    # What the complete list holds a delta lifts, and it lifts what a notice held; a revocation it does not.
    again = later + timedelta(minutes=5)
    assert (await teller.tells("crl", revocations(20, reason=HOLD, at=again)))[0] == "0"
    assert (await judged(ours))["sofCode"] == -4 and len(read_standing(folder).lists) == 1
    last = [(serial(), again, REMOVED)]
    assert (await teller.tells("delta-crl", delta(21, 20, last, at=again + timedelta(minutes=1))))[0] == "0"
    assert (await judged(ours))["result"] == "valid"
    assert (await teller.tells("status-change", notice("revoked")))[0] == "0"
    ours.clock.ahead = timedelta(seconds=5)
    newest = delta(22, 20, last, at=datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2))
    assert (await teller.tells("delta-crl", newest))[0] == "0"
    assert (await judged(ours))["sofCode"] == -3, "removed from the list is not the end of a revocation"
    desk.renew(await asyncio.to_thread(desk.read))
    assert (await judged(ours))["sofCode"] == -3 and len(read_standing(folder).lists) == 2


async def test_what_was_told_gives_way_to_what_the_ca_has_signed_since(ours, folder):
    """A base that nobody told, a delta upon it that was, and the next complete list fetched: the last word,
    where it is theirs and later. Without it the delta counts, whatever became of its base."""
    name_them(folder, system="C05")
    teller, desk = Teller(ours), ours.running.ctx.hub.ca
    assert (await teller.tells("trust-list", neighbours_list(1)))[0] == "0"
    await becomes(ours, "valid")
    now = datetime.now(UTC).replace(microsecond=0)
    ago, since, later = (now - timedelta(minutes=one) for one in (30, 20, 10))

    async def fetched(*lists):
        desk._lists = {f"http://127.0.0.1:9/{number}": (raw, now) for number, raw in enumerate(lists)}
        desk.renew(await asyncio.to_thread(desk.read))
        return (await judged(ours))["sofCode"], asked_status(await desk.open(), ours)

    base, frozen, good = revocations(10, at=ago), (-4, "frozen"), (1, "good")
    assert await fetched(base) == good
    held = delta(12, 10, [(serial(), since, HOLD)], at=since)
    assert (await teller.tells("delta-crl", held))[0] == "0"
    assert await fetched(base) == frozen
    stranger = pki().vendors["C01"].issuing().crl([], number=13, this_update=later)
    forged = revocations(13, at=later)[:-1] + b"\0"
    ahead = revocations(13, at=now + timedelta(hours=1))
    for other in (stranger, forged, revocations(11, at=later), revocations(13, at=ago), ahead):
        assert await fetched(base, other) == frozen
    assert await fetched(base, revocations(12, at=since)) == good, "it says all that the delta says"
    assert await fetched(base, revocations(13, at=later)) == good
    assert (await fetched(revocations(13, reason=1, at=later)))[0] == -3
    assert await fetched(base) == frozen
    # A complete list that was told gives way in the same manner.
    assert (await teller.tells("crl", revocations(20, reason=HOLD, at=later)))[0] == "0"
    assert await fetched(revocations(20, at=later)) == frozen, "of two of the same age the worse"
    assert await fetched(revocations(21, at=now)) == good


def bindings(*rows):
    made = [{"certificate": b64(raw), "subjectCode": code} for raw, code in rows]
    return json.dumps({"version": "1", "bindings": made}).encode()


async def test_whose_a_certificate_is_it_says_itself(ours, folder):
    name_them(folder, system="C05")
    teller = Teller(ours)
    assert (await teller.tells("trust-list", neighbours_list(1)))[0] == "0"
    await becomes(ours, "valid")
    own = theirs().signer("neighbour").certificate
    code = (await judged(ours))["subject"]["bound"]["code"]
    home = pki().vendors["C01"].signer("builder").certificate
    for wrong, refusal in (
        (bindings((own, "91620000MA71A0013W")), "4215"),
        (bindings((home, code)), "4211"),
        (bindings((theirs().tsa().certificate, code)), "4205"),
        (b'{"version": "1", "bindings": [{"subjectCode": "1"}]}', "4202"),
        (b'{"version": "1", "bindings": []}', "4202"),
    ):
        assert (await teller.tells("subject-binding", wrong))[0] == refusal
    assert not read_standing(folder).bound
    told, data = await teller.tells("subject-binding", bindings((own, code), (home, code)))
    assert told == "0" and [one["code"] for one in data["rejectedEntries"]] == ["sync.signature"]
    (kept,) = read_standing(folder).bound
    assert (kept.serial, kept.by) == (serial(), "C05")
    assert code not in (folder / "told.json").read_text("utf-8"), "whose it is stands in the certificate"
    assert (await judged(ours))["result"] == "valid"


async def test_waiting_for_whoever_is_asked_takes_no_thread_from_files_and_bids(ours, monkeypatch):
    """One that is silent keeps a thread for seconds; those of the loop read files and take bids."""
    desk, seen = ours.running.ctx.hub.ca, []

    def silent(*_, **__):
        seen.append(current_thread().name.partition("_")[0])

    monkeypatch.setattr(hearing, "ask", silent)
    monkeypatch.setattr(syncing, "fetch", silent)
    judges = await desk.open()
    issuer = read_certificate(pki().vendors["C01"].issuing().key.certificate)
    one = read_certificate(pki().vendors["C01"].signer("builder").certificate)
    mark = Mark(key_of(issuer), one.serial, "frozen", ours.clock(), ours.clock(), "C01")
    held = Unproved(mark, one, issuer, ("http://127.0.0.1:9/ocsp",))
    found = Told(judges.belief.standing, True, (), (held,))
    assert isinstance(await desk.syncing._hearing._proved(judges, found), NotTaken)
    await desk.syncing._fetched(replace(judges.listed.peers[0], location="http://127.0.0.1:9/"), None)
    assert seen == ["ca-lists"] * 2


def test_a_hold_is_lifted_by_what_was_signed_since_and_nothing_before(monkeypatch):
    """An answer of yesterday still runs today: whoever can put it in the responder's place lifts no hold."""
    vendor, now = pki().vendors["C01"], datetime.now(UTC).replace(microsecond=0)
    key, issuer = vendor.signer("builder"), vendor.issuing().key.certificate
    one = read_certificate(key.certificate)
    mark = Mark(key_of(read_certificate(issuer)), one.serial, "frozen", now, now, "C01")
    held = Unproved(mark, one, read_certificate(issuer), ("http://127.0.0.1:9/ocsp",))
    for ago, lifts in ((timedelta(hours=1), False), (timedelta(0), True)):
        answer = vendor.ocsp().answer(key.certificate, at=now - ago)
        monkeypatch.setattr(hearing, "ask", lambda *_, answer=answer, **__: answer)
        assert hearing._good(held, lambda: now, False) is lifts
