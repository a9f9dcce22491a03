"""A real hub with its real server on a free port, in this process; the client speaks real HTTP to it."""

from __future__ import annotations

import asyncio
import json
import random
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hub import standard
from hub.dialects import Found
from hub.keyring import make_demo_keys, read_keys
from hub.message import Key, sign, sign_request, wall
from hub.server.callers import body_digest
from hub.server.run import Running, start
from hub.settings import Settings

OWNERS = ("T01", "T03", "D01", "P01", "centre")


class Clock:
    """The real time, moved by hand; or one that `stands`."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)
        self.stands: datetime | None = None

    def __call__(self) -> datetime:
        return (self.stands or datetime.now(UTC)) + self.ahead


@dataclass(slots=True)
class World:
    running: Running
    http: aiohttp.ClientSession
    keys: Mapping[str, Key]
    clock: Clock
    data: Path
    seeds: Iterator[int] = field(default_factory=lambda: count(1000))

    @property
    def url(self) -> str:
        return self.running.url

    def envelope(
        self, sender: str = "P01", *, stage: str = "subject-legal-person", seed: int = 0, **head: Any
    ) -> dict[str, Any]:
        """A fresh good unsigned message: every call another msgId and nonce."""
        made = standard.load().sample(stage, seed or next(self.seeds))
        made["head"] |= {
            "from": sender,
            "realm": "sandbox",
            "msgId": secrets.token_hex(8),
            "nonce": secrets.token_hex(8),
            "time": wall(self.clock()),
        }
        made["head"] |= head
        made["head"].pop("sign", None)
        return made

    def signed(self, sender: str = "P01", *, key: Key | None = None, **head: Any) -> dict[str, Any]:
        return sign(self.envelope(sender, **head), key or self.keys[sender])

    async def post(
        self, body: bytes | dict[str, Any], **headers: str
    ) -> tuple[int, dict[str, Any], Mapping[str, str]]:
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        dressed = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        async with self.http.post(self.url + "/v1/messages", data=raw, headers=dressed) as reply:
            return reply.status, await reply.json(content_type=None), reply.headers

    async def asked(
        self,
        owner: str,
        method: str,
        target: str,
        document: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        """A signed request; `headers` replaces the proof."""
        raw = b"" if document is None else json.dumps(document).encode()
        proof = headers if headers is not None else self.proof(owner, method, target, raw)
        dressed = {**proof, **({"Content-Type": "application/json"} if raw else {})}
        async with self.http.request(method, self.url + target, data=raw or None, headers=dressed) as reply:
            return reply.status, await reply.json(content_type=None)

    def proof(self, owner: str, method: str, target: str, body: bytes = b"") -> dict[str, str]:
        return sign_request(
            method,
            target,
            self.keys[owner],
            now=self.clock(),
            nonce=secrets.token_hex(8),
            body_digest=body_digest(body),
        )

    async def get(self, target: str, **headers: str) -> tuple[int, str]:
        async with self.http.get(self.url + target, headers=headers) as reply:
            return reply.status, await reply.text()


Maker = Callable[..., Any]


@pytest.fixture
async def make_world(tmp_path: Path) -> AsyncIterator[Maker]:
    """Worlds with settings and dialects of a test's own; all stopped at the end."""
    opened: list[tuple[Running, aiohttp.ClientSession]] = []

    async def make(*, found: Found | None = None, **settings: Any) -> World:
        data = tmp_path / f"hub{len(opened)}"
        make_demo_keys(data / "keys", OWNERS, random.Random(len(opened)))
        clock = Clock()
        given = replace(Settings(data=data, port=0, head_interval=0.2, retry_schedule=(0.1,)), **settings)
        running = await start(given, clock=clock, found=found or Found({}, {}))
        http = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=60), cookie_jar=aiohttp.CookieJar(unsafe=True)
        )
        opened.append((running, http))
        return World(running, http, {key.owner: key for key in read_keys(data / "keys")}, clock, data)

    yield make
    for running, http in opened:
        await http.close()
        await running.stop()
    await asyncio.sleep(0)


@pytest.fixture
async def world(make_world: Maker) -> World:
    made: World = await make_world()
    return made
