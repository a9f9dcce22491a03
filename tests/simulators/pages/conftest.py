"""A small fleet with its steering port, its clock standing, its keys those of the golden transcripts."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hub.catalogue.papers import Papers
from simulators.fleet import Fleet, Options
from simulators.management import Management
from simulators.system import System

SYSTEMS = ("X07", "M03", "P12", "D06", "F02", "P02", "T01", "D19")


class Stand:
    """The fleet, where to steer it, and a caller who says golden lines."""

    def __init__(self, fleet: Fleet, url: str, session: aiohttp.ClientSession) -> None:
        self.fleet, self.url, self.session = fleet, url, session

    async def say(self, ident: str, line_id: str) -> int:
        """One golden request of this system's dialect, at its own moment; the status of the answer."""
        system: System = self.fleet.systems[ident]
        line = self.line(ident, line_id)
        secrets = line.get("secrets") or {}
        system.desk.credentials = {**system.desk.credentials, **secrets}
        system.desk.own = {name: secrets.get(name, value) for name, value in system.desk.own.items()}
        self.fleet.clock.set("freeze")
        self.fleet.clock.set(line["at"])
        asked = line["request"]
        body = base64.b64decode(asked["body_b64"]) if "body_b64" in asked else asked["body"].encode("utf-8")
        url = self.fleet.address(ident) + asked["path"]
        async with self.session.request(asked["method"], url, data=body, headers=asked["headers"]) as reply:
            await reply.read()
            return reply.status

    def line(self, ident: str, line_id: str) -> dict[str, Any]:
        lines = Papers.load(self.fleet.systems[ident].desk.dialect).golden()
        name, _, file = line_id.partition("@")
        return next(line for line in lines if line["id"] == name and file in line["file"])

    async def get(self, path: str) -> str:
        async with self.session.get(self.url + path) as reply:
            text = await reply.text()
            assert reply.status == 200, text
            return text


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    fleet = Fleet.muster(Options(SYSTEMS, pki=tmp_path / "pki", places=tmp_path / "places"))
    assert not fleet.waiting
    await fleet.start()
    management = Management(fleet)
    try:
        async with aiohttp.ClientSession() as session:
            yield Stand(fleet, await management.start(), session)
    finally:
        await management.stop()
        await fleet.stop()
