"""The bare probe: take a record over HTTP, look at its fields, append it, sync, acknowledge.

usage: probe.py LOGFILE STAGE      prints {"ready": true, "url": ...}
It signs nothing, remembers nothing and forwards nothing; it is what durability alone costs.
"""

from __future__ import annotations

import asyncio
import json
import os
import struct
import sys
import uuid
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from aiohttp import web

from hub.standard import load


class GroupLog:
    """Requests that come while one sync runs share the next."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._thread = ThreadPoolExecutor(1)
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._busy = False

    async def append(self, record: bytes) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((record, done))
        if not self._busy:
            self._busy = True
            self._task = asyncio.create_task(self._flush())
        await done

    async def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            group, self._waiting = self._waiting, []
            await loop.run_in_executor(self._thread, self._write, [record for record, _ in group])
            for _, done in group:
                done.set_result(None)
        self._busy = False

    def _write(self, records: list[bytes]) -> None:
        frames = (struct.pack("<II", len(record), zlib.crc32(record)) + record for record in records)
        os.write(self._file, b"".join(frames))
        os.fdatasync(self._file)


class Fields:
    """Required, length and pattern of one stage, from the standard's tables."""

    def __init__(self, stage: str) -> None:
        standard = load()
        found = next(row for row in standard.stages if row.id == stage)
        self._known = {field.name: field for field in found.fields}
        self._required = [field.name for field in found.fields if field.required]
        self._patterns = {
            field.name: standard.formats[field.format].regex for field in found.fields if field.format
        }

    def good(self, fields: dict[str, Any]) -> bool:
        if any(name not in fields for name in self._required):
            return False
        return all(self._one(name, value) for name, value in fields.items())

    def _one(self, name: str, value: object) -> bool:
        field = self._known.get(name)
        if field is None:
            return False
        if isinstance(value, str) and field.length is not None and len(value) > field.length + 25:
            return False  # written forms (times, decimals) may be longer than the national length
        pattern = self._patterns.get(name)
        return pattern is None or pattern.fullmatch(str(value)) is not None


async def main(log_file: Path, stage: str) -> None:
    log, fields = GroupLog(log_file), Fields(stage)

    async def accept(request: web.Request) -> web.Response:
        raw = await request.read()
        try:
            envelope = json.loads(raw)
            good = fields.good(envelope["body"]["fields"])
        except (ValueError, KeyError, TypeError):
            good = False
        if not good:
            return web.json_response({"code": "message.refused"}, status=422)
        await log.append(raw)
        return web.json_response({"code": "0000", "hubId": str(uuid.uuid4())}, status=202)

    app = web.Application()
    app.router.add_post("/v1/messages", accept)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=512).start()
    port = runner.addresses[0][1]
    sys.stdout.write(json.dumps({"ready": True, "url": f"http://127.0.0.1:{port}"}) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
