"""The second seat: a small receiver that plays the hub towards the examined system.

It is the suite's own code, not the hub's server: a judge must not share what it judges by. It takes
everything, keeps the bytes, and misbehaves only as told: the n-th attempt to deliver one record meets the
n-th mood. Judging is the cases' business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from aiohttp import web

from certs.algorithms.digest import digest
from conformance.record import Exchange, Record
from hub.message import canonical, content_digest, parse, wall

MAX_BODY = 4 * 1024 * 1024


class Mood(StrEnum):
    """How an arriving message is met."""

    ACKNOWLEDGE = "acknowledge"
    BUSY = "503"
    LOSE_ANSWER = "answer lost"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One attempt as it came in. `at` is seconds on the loop's clock, `when` the witness's wall clock."""

    path: str
    raw: bytes
    envelope: dict[str, Any]
    at: float
    when: datetime
    mood: Mood

    @property
    def head(self) -> dict[str, Any]:
        found = self.envelope.get("head")
        return found if isinstance(found, dict) else {}

    @property
    def msg_id(self) -> str:
        return str(self.head.get("msgId", ""))

    @property
    def subject(self) -> str:
        """What the message is about: stage and record key, also when its sender renumbers it."""
        body = self.envelope.get("body")
        return about(str(self.head.get("stage", "")), body.get("key") if isinstance(body, dict) else None)

    @property
    def sameness(self) -> bytes:
        """What makes two attempts the same message."""
        return content_digest(self.envelope) if self.head else digest(self.raw)


def about(stage: str, key: object) -> str:
    """How `Witness.of` names a record."""
    return f"{stage}|{key}"


class Witness:
    """An HTTP receiver on a free port; `moods` are consulted per record."""

    def __init__(
        self, *, now: Callable[[], datetime], listen: str = "127.0.0.1", advertise: str = ""
    ) -> None:
        self._now = now
        self._listen = listen
        self._advertise = advertise
        self._runner: web.AppRunner | None = None
        self._changed = asyncio.Condition()
        self._serial = 0
        self.url = ""
        self.moods: Sequence[Mood] = ()
        self.arrivals: list[Arrival] = []
        self.record = Record()

    async def __aenter__(self) -> Witness:
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_route("*", "/{path:.*}", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._listen, 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = self._advertise or f"http://{self._listen}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def of(self, subject: str) -> list[Arrival]:
        """All attempts to deliver one record so far."""
        return [arrival for arrival in self.arrivals if arrival.subject == subject]

    async def wait(self, enough: Callable[[], bool], within: float) -> bool:
        """Wait for something that arrivals can bring about; False when the time is over."""
        try:
            async with asyncio.timeout(within), self._changed:
                await self._changed.wait_for(enough)
        except TimeoutError:
            return False
        return True

    async def _take(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        value = parse(raw).value
        arrival = Arrival(
            request.path,
            raw,
            value if isinstance(value, dict) else {},
            asyncio.get_running_loop().time(),
            self._now(),
            Mood.ACKNOWLEDGE,
        )
        turn = len(self.of(arrival.subject))
        if turn < len(self.moods):
            arrival = replace(arrival, mood=self.moods[turn])
        mood = arrival.mood
        status, answer = self._answer(arrival)
        headers = {"Retry-After": "0"} if status == 503 else {}
        self.record.add(
            Exchange(
                "system", request.method, request.path, dict(request.headers), raw,
                status, headers, answer, 0, mood.value,
            )
        )  # fmt: skip
        async with self._changed:
            self.arrivals.append(arrival)
            self._changed.notify_all()
        if mood is Mood.LOSE_ANSWER and request.transport is not None:
            request.transport.abort()
        return web.Response(status=status, body=answer, content_type="application/json", headers=headers)

    def _answer(self, arrival: Arrival) -> tuple[int, bytes]:
        if arrival.mood is Mood.BUSY:
            return 503, canonical({"code": "hub.busy", "title": "busy", "status": 503, "findings": []})
        self._serial += 1
        receipt = {
            "hubId": f"witness-{self._serial}",
            "receiptState": "received",
            "receivedTime": wall(arrival.when),
            "from": arrival.head.get("from", ""),
            "msgId": arrival.msg_id,
            "digest": f"sm3:{arrival.sameness.hex()}",
        }
        return 202, canonical({"code": "0000", "hubId": receipt["hubId"], "receipt": receipt})
