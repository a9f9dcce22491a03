"""The recognition cases that are dialogues: a code is shown, scanned, confirmed, used once, by whom it was
shown to, for what was shown. As data they stand in `certs/testpki/cases.csv`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from certs.cases import CASES
from certs.cases.table import DIALOGUE
from tests.hub.auth.auth_kit import Page
from tests.hub.auth.conftest import Meeting
from tests.hub.server.ca_kit import pki

Said = tuple[int, dict[str, Any]]
SHOWN, OTHER = "sm3:" + "ab" * 32, "sm3:" + "ac" * 32


async def _confirmed(meeting: Meeting, holder: str, **more: Any) -> dict[str, Any]:
    code = pki().vendors["C04"].holders[holder].code
    shown = await meeting.show("C04", holder=code, **more)
    meeting.act("C04", "scan")
    meeting.act("C04", "confirm")
    await meeting.called_back("C04")
    return shown


async def _good(meeting: Meeting, holder: str) -> Said:
    return await meeting.use(await _confirmed(meeting, holder))


async def _replayed(meeting: Meeting, holder: str) -> Said:
    shown = await _confirmed(meeting, holder)
    assert (await meeting.use(shown))[0] == 200
    return await meeting.use(shown)


async def _expired(meeting: Meeting, holder: str) -> Said:
    shown = await _confirmed(meeting, holder, seconds=60)
    meeting.hub.clock.ahead += timedelta(seconds=61)
    said = await meeting.use(shown)
    meeting.hub.clock.ahead = timedelta(0)
    return said


async def _changed(meeting: Meeting, holder: str) -> Said:
    return await meeting.use(await _confirmed(meeting, holder, action="sign", digest=SHOWN), digest=OTHER)


async def _elsewhere(meeting: Meeting, holder: str) -> Said:
    shown, other = await _confirmed(meeting, holder), Page(meeting.hub)
    await other("/challenges", {"action": "login"})
    return await other(f"/tickets/{shown['ticket']}/use", {})


WAYS: dict[str, Callable[[Meeting, str], Awaitable[Said]]] = {
    "": _good,
    "replayed": _replayed,
    "expired": _expired,
    "changed-digest": _changed,
    "other-session": _elsewhere,
}


async def test_every_case_of_a_ticket_is_answered_as_its_row_says(meeting: Meeting) -> None:
    rows = [row for row in CASES.values() if row.state == DIALOGUE]
    assert {row.defect for row in rows} == set(WAYS)
    found, expected = {}, {}
    for row in rows:
        system, holder, medium = row.object.split("/")
        assert system == "C04"
        status, said = await WAYS[row.defect](meeting, holder)
        if status == 200:
            assert said["medium"] == medium
            found[row.id] = said["result"]["result"], said["result"]["sofCode"], frozenset[str]()
        else:
            found[row.id] = "invalid", -6, frozenset({said["code"]})
        expected[row.id] = row.verdict, row.sof, row.reasons
    assert found == expected
