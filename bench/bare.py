"""R, the bare probe: asyncio and httptools, one pass of types over the message, append, fdatasync, answer.

usage: bare.py LOGFILE STAGE      prints {"ready": true, "url": ...}
The least that taking in a message durably costs in Python. It knows nobody, remembers no ids and forwards
nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import struct
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httptools
import msgspec
import uvloop
from one_pass import decoder

from hub.standard import load

ROOM = 1 << 30


class Log:
    """One preallocated file; requests that come while one sync runs share the next."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.posix_fallocate(self._file, 0, ROOM)
        os.fsync(self._file)
        self._thread = ThreadPoolExecutor(1)
        self._loop = asyncio.get_running_loop()
        self._at = 0
        self._busy = False
        self._waiting: list[tuple[bytes, Door, bytes]] = []

    def put(self, raw: bytes, door: Door, answer: bytes) -> None:
        self._waiting.append((raw, door, answer))
        if not self._busy:
            self._busy = True
            self._loop.call_soon(self._next)

    def _next(self) -> None:
        group, self._waiting = self._waiting, []
        self._busy = bool(group)
        if group:
            done = self._loop.run_in_executor(self._thread, self._write, [row[0] for row in group])
            done.add_done_callback(lambda _: self._settle(group))

    def _settle(self, group: list[tuple[bytes, Door, bytes]]) -> None:
        for _, door, answer in group:
            door.reply(202, answer)
        self._next()

    def _write(self, records: list[bytes]) -> None:
        data = b"".join(struct.pack("<II", len(one), zlib.crc32(one)) + one for one in records)
        if self._at + len(data) > ROOM:
            self._at = 0
        self._at += os.pwrite(self._file, data, self._at)
        os.fdatasync(self._file)


class Door(asyncio.Protocol):
    """One connection."""

    def __init__(self, read: msgspec.json.Decoder[Any], log: Log) -> None:
        self._read, self._log = read, log
        self._parts: list[bytes] = []

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, data: bytes) -> None:
        self._parts.append(data)

    def on_message_complete(self) -> None:
        raw = b"".join(self._parts)
        self._parts = []
        try:
            name = self._read.decode(raw).head.msgId
        except msgspec.DecodeError as error:
            self.reply(422, str(error).encode())
            return
        answer = b'{"code":"0000","hubId":"%b"}' % name.encode()
        self._log.put(raw, self, answer)

    def reply(self, status: int, body: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(
                b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                % (status, len(body), body)
            )


async def main(path: Path, stage: str) -> None:
    read, log = decoder(load(), stage), Log(path)
    server = await asyncio.get_running_loop().create_server(lambda: Door(read, log), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(json.dumps({"ready": True, "url": f"http://127.0.0.1:{port}"}) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]), sys.argv[2]))
