"""The hub with the real simulators of C04 and N05 beside it, for the tickets of one test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from hub.dialects import Found, find
from hub.standard import load
from simulators.clock import MovableClock, beijing
from simulators.fleet import Fleet, Options
from simulators.outbox import carry
from simulators.peers import write
from simulators.senders.scan_voice import ScanVoice
from simulators.systems.scanning import User
from tests.hub.auth.auth_kit import Page
from tests.hub.server.ca_kit import ca, folder
from tests.hub.server.conftest import make_world

__all__ = ["ca", "folder", "make_world"]
FOUND = Found({"scan-oauth": find().loaded["scan-oauth"]}, {})


@dataclass(slots=True)
class Meeting:
    """Hub, fleet, and a page that shows codes; `pass_time` is how polling is let go on without waiting."""

    hub: Any
    fleet: Fleet
    page: Page
    passed: float = 0.0

    @property
    def tickets(self) -> Any:
        return self.hub.running.site.ctx.hub.auth.tickets

    def user(self, system: str) -> User:
        found: User = self.fleet.systems[system].desk.switches["user"]
        return found

    def pass_time(self, seconds: float = 2.5) -> None:
        """For whoever counts how often is asked; no ticket gets older by it but at the simulator."""
        self.passed += seconds
        self.fleet.clock.set(f"+{seconds:g}s")

    def act(self, system: str, action: str, about: str = "") -> None:
        """The person with the telephone, at the newest ticket there."""
        user = self.user(system)
        user.act(action, list(user.tickets)[-1], self.fleet.clock())

    async def called_back(self, system: str) -> list[Any]:
        """What lies in the outbox of a system is told to the hub over HTTP."""
        desk = self.fleet.systems[system].desk

        async def post(wire: Any) -> tuple[int, bytes] | None:
            url = self.hub.url + wire.path
            async with self.hub.http.post(url, data=wire.body, headers=wire.headers) as reply:
                return reply.status, await reply.read()

        return list(await carry(desk, ScanVoice(desk, load()), post, self.fleet.clock))

    async def show(self, provider: str, **more: Any) -> dict[str, Any]:
        body = {"action": "login", "provider": provider, **more}
        status, said = await self.page("/tickets", body)
        assert status == 200, said
        return said

    async def state(self, shown: dict[str, Any]) -> dict[str, Any]:
        status, said = await self.page(f"/tickets/{shown['ticket']}", method="GET")
        assert status == 200, said
        return said

    async def use(self, shown: dict[str, Any], **body: Any) -> tuple[int, dict[str, Any]]:
        return await self.page(f"/tickets/{shown['ticket']}/use", body)


@pytest.fixture
async def meeting(make_world: Any, folder: Any) -> AsyncIterator[Meeting]:
    world = await make_world(ca_dir=folder, found=FOUND)
    options = Options(("C04", "N05"), hub=world.url)
    fleet = Fleet.muster(options, clock=MovableClock(beijing))
    await fleet.start()
    write(world.data / "peers.toml", fleet.peers())
    status, said = await world.asked("centre", "POST", "/v1/admin/reload", {})
    assert status == 200, said
    world.running.site.ctx.pages.renew(0)  # faster than anybody's browser
    found = Meeting(world, fleet, Page(world))
    ticks = found.tickets._ticks
    found.tickets._ticks = lambda: ticks() + found.passed
    yield found
    await fleet.stop()
