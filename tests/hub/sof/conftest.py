"""A certificate desk and the SOF server over it, with the sandbox's recognition data: no HTTP, no journal."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from certs.testpki.world import World
from hub.ca import sandbox
from hub.ca.desk import CaDesk
from hub.ca.platform import Keeper
from hub.ca.workshop import Workshop
from hub.evidence.sandbox_tsa import SandboxAuthority
from hub.settings import Settings
from hub.sof.desk import SofDesk


class NoFiles:
    """Nobody sent any before."""

    async def beside(self, reader: str, value: Any, budget: list[int]) -> Any:
        return value


@dataclass(slots=True)
class Server:
    """`ask` as application T01; `loop` is its own, so that one server serves a module."""

    sof: SofDesk
    ca: CaDesk
    platform: Keeper
    pki: World | None
    data: Path
    now: datetime
    loop: asyncio.AbstractEventLoop

    @property
    def world(self) -> World:
        assert self.pki is not None
        return self.pki

    def ask(self, name: str, *given: Any, by: str = "T01", **more: Any) -> dict[str, Any]:
        return self.put({"exec_name": name, "exec_args": list(given), **more}, by)

    def put(self, value: Any, by: str = "T01") -> dict[str, Any]:
        return self.loop.run_until_complete(self.sof.answer(by, value))

    def good(self, name: str, *given: Any, by: str = "T01", **more: Any) -> Any:
        said = self.ask(name, *given, by=by, **more)
        assert said["code"] == 0, said
        return said["data"]

    def judged(self, what: str, question: Mapping[str, Any]) -> dict[str, Any]:
        """What `/v1/ca/…` says."""
        return self.loop.run_until_complete(getattr(self.ca, what)("T01", dict(question)))


def serve(data: Path, now: datetime | None = None, **settings: Any) -> Server:
    """`<data>/ca` is made from the sandbox's world where nothing lies there; `now` stands still."""
    loop, given = asyncio.new_event_loop(), Settings(data=data, **settings)
    now = now or datetime.now(UTC)

    def clock() -> datetime:
        return now

    authority = SandboxAuthority(data, clock, secrets.token_bytes)
    ca = CaDesk(lambda: given, clock, Workshop(2, 64), authority, NoFiles())
    platform = Keeper(lambda: given, clock)
    sof = SofDesk(lambda: given, clock, secrets.token_bytes, ca, platform)
    loop.run_until_complete(ca.open())
    world = sandbox.open_world(data / "ca") if (data / "ca" / sandbox.MADE).exists() else None
    return Server(sof, ca, platform, world, data, now, loop)


def shut(server: Server) -> None:
    server.loop.run_until_complete(server.ca.close())
    server.sof.close()
    server.loop.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = serve(tmp_path_factory.mktemp("sof"))
    yield made
    shut(made)
