"""Sending until acknowledged: the same message in every attempt, only time, nonce and signature are fresh."""

from __future__ import annotations

import asyncio
import json
import secrets
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp

from hub.message import CST, Key, canonical, sign, wall

PAUSES = (0.3, 0.6, 1.2, 2.4, 4.8, 9.6, 9.6)
PATIENCE = 5.0


@dataclass(slots=True)
class Sending:
    """What became of one message."""

    msg_id: str
    attempts: int = 0
    status: int | None = None
    answer: Any = None
    done: bool = False


class Outbox:
    """Background sender of T01. `hub` empty means: nowhere connected, messages wait for `connect`."""

    def __init__(self, own_key: Callable[[], Key | None]) -> None:
        self.hub = ""
        self.trust: ssl.SSLContext | bool = True
        self._own_key = own_key
        self._tasks: set[asyncio.Task[None]] = set()
        self._sent: dict[str, Sending] = {}

    def send(self, envelope: dict[str, Any]) -> None:
        """Hand over an unsigned envelope; returns at once."""
        sending = Sending(envelope["head"]["msgId"])
        self._sent[sending.msg_id] = sending
        if self.hub:
            task = asyncio.get_running_loop().create_task(self.deliver(envelope, sending))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def state(self, msg_id: str) -> dict[str, Any]:
        sending = self._sent.get(msg_id)
        if sending is None:
            return {"known": False}
        return {
            "known": True,
            "attempts": sending.attempts,
            "status": sending.status,
            "done": sending.done,
            "answer": sending.answer,
        }

    async def deliver(self, envelope: dict[str, Any], sending: Sending) -> None:
        """Attempts with growing pauses; any answer below 500 except 429 ends it."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE)) as session:
            for pause in (*PAUSES, None):
                sending.attempts += 1
                sending.status, sending.answer = await self.attempt(session, envelope)
                if sending.status is not None and sending.status < 500 and sending.status != 429:
                    break
                if pause is None:
                    break
                await asyncio.sleep(pause)
        sending.done = True

    async def attempt(
        self, session: aiohttp.ClientSession, envelope: dict[str, Any]
    ) -> tuple[int | None, Any]:
        """One POST; no status when there was no whole answer."""
        raw = self.seal(envelope)
        try:
            async with session.post(
                f"{self.hub}/v1/messages",
                data=raw,
                headers={"Content-Type": "application/json"},
                ssl=self.trust,
            ) as reply:
                text = await reply.text()
                return reply.status, _json(text)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None, None

    def seal(self, envelope: dict[str, Any]) -> bytes:
        """Fresh time and nonce, our signature, canonical bytes."""
        key = self._own_key()
        if key is None:
            raise RuntimeError("T01 has no key of its own; start with --keys")
        head = {**envelope["head"], "time": wall(datetime.now(CST)), "nonce": secrets.token_hex(12)}
        return canonical(sign({**envelope, "head": head}, key))

    def stop(self) -> None:
        """Forget what was sent and give up what is under way."""
        for task in self._tasks:
            task.cancel()
        self._sent.clear()


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
