"""`FILES` over FTP: `ftp://user@host:port/path`, inside TLS where the peer has `tls`; by aioftp (Apache-2.0).

Passive data connections go to the host of the control connection, whatever address the server names (a
server must not send us elsewhere). FTP cannot rename without overwriting, so the name is looked at just
before; a folder has one writer.
"""

from __future__ import annotations

import importlib
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import PurePosixPath
from typing import Any

from adapters.transports.files import MOST_NAMES, Folder, TooMuchError, carry_files
from adapters.transports.places import credential, dial, door
from adapters.transports.said import Refused
from hub.delivery.transport import TransportError
from hub.errors import DriverMissingError
from hub.ports import Bounds, Onward, Place, WireReply, WireRequest

aioftp: Any = None
with suppress(ImportError):  # said when an address asks for it
    aioftp = importlib.import_module("aioftp")

_WORDS = {"421": "busy", "452": "full", "530": "login", "532": "right", "550": "right", "552": "full", "553": "right"}  # fmt: skip # noqa: E501
_PIECE = 65536


class Ftp:
    """A connection per request."""

    methods = frozenset({"FILES"})

    async def carry(self, place: Place, request: WireRequest, bounds: Bounds) -> WireReply:
        """Raises TransportError."""
        return await carry_files(_opened(place, bounds), request, bounds)

    async def close(self) -> None:
        """Nothing is kept between requests."""


@asynccontextmanager
async def _opened(place: Place, bounds: Bounds) -> AsyncIterator[Folder]:
    there = door(place, "file", 21)
    client = None
    try:
        client = await dial(place, lambda address: _connected(address, there.port, place, bounds))
        with _words():
            await client.login(there.user or "anonymous", there.password or "anonymous@")
    except ssl.SSLError as error:
        raise TransportError("network.tls", sent=False) from error
    except (OSError, TimeoutError, EOFError) as error:
        raise TransportError("network.refused", sent=False) from error
    try:
        yield _Folder(client, PurePosixPath(there.path or "/"))
    finally:
        client.close()


async def _connected(address: str, port: int, place: Place, bounds: Bounds) -> Any:
    encoding = credential(place, "file", "encoding") or "utf-8"
    client = aioftp.Client(
        connection_timeout=min(bounds.connect, bounds.total), socket_timeout=bounds.total, encoding=encoding
    )
    try:
        with _words():
            await client.connect(address, port)
            if place.tls is not None:
                await client.upgrade_to_tls(place.tls)
    except BaseException:
        client.close()
        raise
    return client


@contextmanager
def _words() -> Iterator[None]:
    """What the server says, in our words."""
    try:
        yield
    except aioftp.StatusCodeError as error:
        raise Refused(_WORDS.get(str(error.received_codes[-1]), "busy")) from error
    except (aioftp.AIOFTPException, EOFError) as error:
        raise ConnectionResetError(type(error).__name__) from error
    except UnicodeError as error:
        raise Refused("charset") from error


class _Folder:
    """See `files.Folder`."""

    def __init__(self, client: Any, root: PurePosixPath) -> None:
        self.client, self.root = client, root

    async def size(self, path: str) -> int | None:
        try:
            with _words():
                facts = await self.client.stat(self.root / path)
        except Refused as error:
            if error.word == "right":  # 550: the protocol has one word for absent and forbidden
                return None
            raise
        return int(facts.get("size", 0))

    async def write(self, path: str, content: bytes) -> None:
        above = path.rpartition("/")[0]
        with _words():
            if above:
                await self.client.make_directory(self.root / above, parents=True)
            async with self.client.upload_stream(self.root / path) as stream:
                await stream.write(content)

    async def rename(self, old: str, new: str) -> bool:
        if await self.size(new) is not None:
            return False
        with _words():
            await self.client.rename(self.root / old, self.root / new)
        return True

    async def remove(self, path: str) -> None:
        with _words():
            await self.client.remove_file(self.root / path)

    async def names(self, folder: str) -> list[tuple[str, int]]:
        rows: list[tuple[str, int]] = []
        try:
            with _words():
                async for path, facts in self.client.list(self.root / folder):
                    if facts.get("type") == "file":
                        rows.append((path.name, int(facts.get("size", 0))))
                    if len(rows) > MOST_NAMES:
                        raise TooMuchError
        except Refused as error:
            if error.word != "right":
                raise
        return rows

    async def read(self, path: str, most: int) -> bytes | None:
        size = await self.size(path)
        if size is None:
            return None
        if size > most:
            raise TooMuchError
        content = bytearray()
        with _words():
            async with self.client.download_stream(self.root / path) as stream:
                async for piece in stream.iter_by_block(_PIECE):
                    content += piece
                    if len(content) > most:
                        raise TooMuchError
        return bytes(content)


def carrier(onward: Onward) -> Ftp:
    """For the entry point; DriverMissingError without aioftp."""
    if aioftp is None:
        raise DriverMissingError("ftp", "aioftp", "files")
    return Ftp()
