"""Signed records from many clients at once, each remembering what it sent and what it was told.

Every client has tender projects of its own: it registers one and then tells of its notice in several
versions, one after the other, so that order can be judged. What got no answer is in doubt and is sent
again, byte for byte, when the hub is back.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from drive import request

from hub.message import Key, canonical, sign, wall
from hub.standard import Standard

PROJECT, NOTICE = "eng-tender-project", "eng-tender-notice"


@dataclass(slots=True)
class Message:
    """One message and its answers; `hub_id` is that of the first receipt."""

    raw: bytes
    msg_id: str
    stage: str
    key: str
    version: int
    hub_id: str = ""
    acknowledged: bool = False
    told_at: float = 0.0


@dataclass
class Maker:
    """Makes messages of one sender under business keys never used before."""

    standard: Standard
    key: Key
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    seed: int = field(default_factory=lambda: secrets.randbelow(10**6) * 100_000)

    def series(self, versions: int, **fields: str) -> list[Message]:
        """A registered project and its notice in so many versions; `fields` stand in the notice."""
        self.seed += 1
        return [self.message(PROJECT, 1), *(self.message(NOTICE, n + 1, **fields) for n in range(versions))]

    def message(self, stage: str, version: int, **more: str) -> Message:
        sample = self.standard.sample(stage, self.seed)
        key, owner = f"R{self.seed}", self.key.owner
        msg_id = f"{owner}-{stage[-7:]}-{self.seed}-{version}"
        mark = {"from": owner, "msgId": msg_id, "time": wall(self.clock()), "nonce": secrets.token_hex(12)}
        op = "insert" if version == 1 else "update"
        fields = {**sample["body"]["fields"], **more}
        if stage == NOTICE and version > 1:
            fields = {**fields, "NOTICE_NAME": f"{fields['NOTICE_NAME']}(第{version}稿)"}
        body = {**sample["body"], "op": op, "key": key, "version": version, "fields": fields}
        raw = canonical(sign({"head": {**sample["head"], **mark}, "body": body}, self.key))
        return Message(raw, msg_id, stage, key, version)


@dataclass
class Told:
    """What all clients of one run were told."""

    sent: list[Message] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    flowing: asyncio.Event = field(default_factory=asyncio.Event)

    def doubt(self, moment: float) -> dict[str, str]:
        """Take back what was told after a moment; its receipts by msgId."""
        late = [message for message in self.acknowledged if message.told_at > moment]
        told = {message.msg_id: message.hub_id for message in late}
        for message in late:
            message.hub_id, message.acknowledged = "", False
        return told

    @property
    def acknowledged(self) -> list[Message]:
        return [message for message in self.sent if message.acknowledged]


class Client:
    """One kept connection, one call at a time."""

    def __init__(self, url: str, told: Told) -> None:
        parts = urlsplit(url)
        self.host, self.port, self.told = parts.hostname or "", parts.port or 0, told
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def tell(self, message: Message, *, new: bool = True) -> int:
        """Send and hear; raises OSError or IncompleteReadError when the hub is gone."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self.host, self.port)
        if new:
            self.told.sent.append(message)
        self._writer.write(request(message.raw))
        status, answer = await answered(self._reader)
        self.told.statuses[status] += 1
        if status in {200, 202}:
            self._note(message, answer)
        elif status not in {429, 503}:
            self.told.faults.append(f"{message.msg_id}: {status} {answer.get('code')}")
        return status

    def _note(self, message: Message, answer: dict[str, Any]) -> None:
        given = str(answer.get("hubId", ""))
        if message.hub_id and given != message.hub_id:
            self.told.faults.append(f"{message.msg_id}: another receipt {given} after {message.hub_id}")
        self.told.flowing.set()
        message.told_at = message.told_at or time.perf_counter()
        message.hub_id, message.acknowledged = message.hub_id or given, True

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


async def answered(reader: asyncio.StreamReader) -> tuple[int, dict[str, Any]]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for row in head.split(b"\r\n")[1:]:
        name, _, value = row.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    body = await reader.readexactly(length)
    return int(head[9:12]), json.loads(body) if body else {}


async def pour(
    url: str, series: Iterator[list[Message]], told: Told, *, clients: int, until: asyncio.Event
) -> None:
    """Clients work off series until told to stop, the series are used up, or the hub is gone."""

    async def work() -> None:
        client = Client(url, told)
        try:
            for one in series:
                for message in one:
                    if until.is_set():
                        return
                    if not await _insist(client, message, until):
                        return
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            client.close()

    await asyncio.gather(*(work() for _ in range(clients)))


async def _insist(client: Client, message: Message, until: asyncio.Event, *, new: bool = True) -> bool:
    """A busy hub is asked again; False when there was no time for it any more."""
    status = await client.tell(message, new=new)
    while status in {429, 503}:
        if until.is_set():
            return False
        await asyncio.sleep(0.05)
        status = await client.tell(message, new=False)
    return True


async def again(url: str, told: Told, messages: list[Message], *, clients: int = 16) -> None:
    """Send everything once more, each record's messages in their order."""
    by_key: dict[str, list[Message]] = {}
    for message in messages:
        by_key.setdefault(message.key, []).append(message)
    rows = iter(by_key.values())

    async def work() -> None:
        client = Client(url, told)
        try:
            for row in rows:
                for message in row:
                    await _insist(client, message, asyncio.Event(), new=False)
        finally:
            client.close()

    await asyncio.gather(*(work() for _ in range(clients)))
