"""A real hub with its real server; members send real files to it over real HTTP."""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub import standard
from hub.client import HubClient, Sent
from hub.dialects import Found
from hub.keyring import make_demo_keys, read_keys
from hub.message import CST, Key, sign, wall
from hub.server.run import Running, start
from hub.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))
OWNERS = ("T01", "T03", "D01", "D09", "P01", "P02", "centre")


class Clock:
    """The real time, moved by hand; or one that `stands`."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)
        self.stands: datetime | None = None

    def __call__(self) -> datetime:
        return (self.stands or datetime.now(UTC)) + self.ahead


@dataclass(slots=True)
class World:
    settings: Settings
    clock: Clock
    running: Running
    keys: Mapping[str, Key]

    @property
    def data(self) -> Path:
        return self.settings.data

    @property
    def hub(self) -> Any:
        return self.running.ctx.hub

    def client(self, owner: str) -> HubClient:
        return HubClient(self.running.url, self.keys[owner], timeout=60)

    async def call(self, owner: str, verb: str, *given: Any, **how: Any) -> Any:
        """A client's method in a thread of its own, as the command line has it."""
        return await asyncio.to_thread(getattr(self.client(owner), verb), *given, **how)

    async def part(self, owner: str, name: str, body: bytes, start: int, total: int) -> Sent:
        sent: Sent = await self.call(owner, "put_part", name, body, start, total)
        return sent

    async def fetch(self, owner: str, name: str) -> tuple[int, bytes]:
        status, body, _ = await self.call(owner, "get_part", name, 0, 2**30)
        return status, body

    async def record(self, stage: str, sender: str = "T01", **more: Any) -> Sent:
        """A signed sample of a tender that lies behind us; `files` are the names it lists."""
        start = datetime.now(CST) - timedelta(days=200)
        sample = standard.load().sample(
            stage, more.pop("seed", 1), sender=sender, start=start, bidder=more.pop("bidder", None)
        )
        named = more.pop("files", [])
        role = more.pop("role", "doc")
        rows = [
            {"name": "a.pdf", "digest": one, "size": 1, "media": "application/pdf", "role": role}
            for one in named
        ]
        head = sample["head"] | {"realm": "sandbox", "time": wall(self.clock())}
        head |= {name: secrets.token_hex(8) for name in ("msgId", "nonce")}
        envelope = sign({"head": head, "body": {**sample["body"], **more, "files": rows}}, self.keys[sender])
        return await self.call(sender, "send", json.dumps(envelope, ensure_ascii=False).encode())

    async def restart(self, **settings: Any) -> None:
        await self.running.stop()
        self.settings = replace(self.settings, **settings)
        self.running = await start(self.settings, clock=self.clock, found=Found({}, {}))

    def lying(self) -> list[Path]:
        """Every file of the store."""
        return sorted(path for path in (self.data / "files").rglob("*") if path.is_file())


@pytest.fixture
async def make_world(tmp_path):
    opened: list[World] = []

    async def make(**settings: Any) -> World:
        data = tmp_path / f"hub{len(opened)}"
        make_demo_keys(data / "keys", OWNERS, random.Random(len(opened)))
        wanted = {"head_interval": 0.2, "retry_schedule": (0.1,), "file_reserve": 0, **settings}
        given = Settings(data=data, port=0, **wanted)
        clock = Clock()
        running = await start(given, clock=clock, found=Found({}, {}))
        world = World(given, clock, running, {key.owner: key for key in read_keys(data / "keys")})
        for system in ("T01", "T03"):
            await world.hub.record_event("onboarding.approve", {"system": system, "state": "online"})
        opened.append(world)
        return world

    yield make
    for world in opened:
        await world.running.stop()


@pytest.fixture
async def world(make_world):
    return await make_world()
