"""What a CA tells of single certificates: worse counts at once, better only when the CA has signed it."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

from certs.model.certificate import read_certificate
from certs.model.crl import HOLD
from certs.trustlist import publish
from certs.trustlist.publishing import content_of
from hub.ca.standing import key_of, read_standing
from hub.ca.status import status
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
