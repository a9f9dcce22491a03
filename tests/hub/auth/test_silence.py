"""Tickets of members over signed requests; a replayed callback; and nothing of it is written anywhere."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any

from certs.ofd import make_ofd
from simulators.outbox import owed
from simulators.senders.scan_voice import ScanVoice
from tests.hub.auth.auth_kit import b64, members, octets, raw
from tests.hub.auth.conftest import Meeting
from tests.hub.auth.test_challenge import IDLE

BUSINESS = "E6210262602013950001001"


async def _replayed(meeting: Meeting, wire: Any) -> dict[str, Any]:
    async with meeting.hub.http.post(
        meeting.hub.url + wire.path, data=wire.body, headers=wire.headers
    ) as reply:
        told: dict[str, Any] = json.loads(await reply.text())
        return told


async def test_a_members_ticket_from_beginning_to_end(meeting: Meeting) -> None:
    hub = meeting.hub
    asked = {"action": "sign", "business": BUSINESS, "digest": "sha256:" + "cd" * 32, "provider": "D01"}
    status, shown = await hub.asked("P01", "POST", "/v1/auth/tickets?session=s1", asked)
    assert status == 200 and shown["businessSalt"] and "hutong://auth?t=" in shown["qrContent"], shown
    ticket = f"/v1/auth/tickets/{shown['ticket']}"
    status, said = await hub.asked("P01", "GET", f"{ticket}?session=s2")
    assert (status, said["code"]) == (403, "ticket.other-session")
    _, scanned = await hub.asked("D01", "POST", f"{ticket}/scan", {})
    assert scanned["platform"] == "P01" and json.loads(octets(scanned))["digest"] == asked["digest"]
    status, _ = await hub.asked("D01", "POST", f"{ticket}/confirm", raw("C04", octets(scanned)))
    assert status == 200
    status, said = await hub.asked("P01", "GET", f"{ticket}?session=s1")
    assert (status, said["state"]) == (200, "confirmed")
    use = {"digest": asked["digest"]}
    assert (await hub.asked("P01", "POST", f"{ticket}/use?session=s2", use))[0] == 403
    status, said = await hub.asked("P01", "POST", f"{ticket}/use?session=s1", use)
    assert (status, said["state"], said["session"]) == (200, "used", None), said
    assert set(said["result"]) == await members(hub)
    status, said = await hub.asked("P01", "POST", f"{ticket}/use?session=s1", use)
    assert (status, said["code"]) == (409, "ticket.used")


async def _sealed(meeting: Meeting) -> tuple[str, ...]:
    """A document sealed by telephone, as the page does it; what nobody may find of it afterwards."""
    file = make_ofd("SEALED-IN-SILENCE", more={"Doc_0/silent.bin": b"SEALED-IN-SILENCE"})
    status, paper = await meeting.page("/documents", {"file": b64(file)})
    assert status == 200, paper
    ticket = await meeting.show("C04", action="seal", digest=paper["digest"])
    meeting.act("C04", "confirm")
    await meeting.called_back("C04")
    status, told = await meeting.use(ticket, digest=paper["digest"])
    assert status == 200, told
    status, said = await meeting.page(
        "/documents/seal", {"prepared": paper["prepared"], "signature": told["seal"], "medium": "tokenless"}
    )
    assert (status, said["result"]["result"], said["result"]["medium"]) == (200, "valid", "tokenless"), said
    asked = json.dumps(meeting.fleet.systems["C04"].desk.switches["sealed"][ticket["qrContent"]][0])
    assert b64(bytes.fromhex(paper["digest"][4:])) in asked and len(asked) < 2000, (
        "a digest, and nothing more"
    )
    return "SEALED-IN-SILENCE", paper["digest"], paper["digest"][4:], told["seal"], ticket["qrContent"]


async def test_a_replayed_callback_changes_nothing_and_the_whole_way_is_silent(
    meeting: Meeting, caplog
) -> None:
    caplog.set_level(logging.DEBUG)
    hub, desk = meeting.hub, meeting.fleet.systems["C04"].desk
    engine = hub.running.site.ctx.hub
    journal = engine._parts.reading.journal

    def entries() -> list[int]:
        """What follows from requests; the fleet's peers may be read again at any time."""
        heads = (one for one in journal.heads(0, 10_000) if one.facts.get("event") != "operation.reload")
        return [one.seq for one in heads if one.facts["kind"] not in IDLE]

    before, counted = entries(), (await hub.get("/v1/status"))[1]
    shown = await meeting.show("C04", business=BUSINESS)
    meeting.act("C04", "confirm")
    voice = ScanVoice(desk, engine._parts.acceptance.standard)
    wire = voice.write(owed(desk)[0].saying, meeting.fleet.clock())
    assert (await _replayed(meeting, wire))["code"] == 200
    assert (await _replayed(meeting, wire))["code"] == 4401
    number = json.loads(wire.body)["req_no"]
    status, said = await meeting.use(shown)
    assert status == 200
    assert (await _replayed(meeting, wire))["code"] == 4401
    assert (await meeting.use(shown))[1]["code"] == "ticket.used"
    late = await meeting.show("C04")
    meeting.act("C04", "confirm")
    wire = voice.write(owed(desk)[-1].saying, meeting.fleet.clock())
    hub.clock.ahead += timedelta(seconds=121)
    assert (await _replayed(meeting, wire))["code"] == 4102
    assert (await meeting.state(late))["state"] == "expired"
    hub.clock.ahead = timedelta(0)
    sealed = await _sealed(meeting)

    assert entries() == before and (await hub.get("/v1/status"))[1].count("C04") == counted.count("C04")
    kept = b"".join(one.read_bytes() for one in hub.data.rglob("*") if one.is_file())
    told = caplog.text + (await hub.get("/metrics"))[1]
    code = said["result"]["subject"]["bound"]["code"]
    for word in (
        BUSINESS,
        shown["ticket"],
        shown["qrContent"],
        number,
        said["session"]["token"],
        code,
        *sealed,
    ):
        assert word.encode() not in kept and word not in told, word
    assert "auth" not in (await hub.get("/metrics"))[1]
