"""`FILES` over SFTP: `sftp://user@host:port/path` (`/~/path` from the home folder), by asyncssh.

asyncssh is under the EPL and therefore in the extra `files` only; nothing else here needs it. The host is
believed by `known_hosts` of the credentials and by nothing else: no file of this machine's user, no agent,
no configuration is looked at. `private_key` (with `passphrase`) goes before `password`.
"""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

from adapters.transports.files import MOST_NAMES, Folder, TooMuchError, carry_files
from adapters.transports.places import Door, credential, dial, door
from adapters.transports.said import Refused
from hub.delivery.transport import TransportError
from hub.errors import DriverMissingError
from hub.ports import Bounds, Onward, Place, WireReply, WireRequest

asyncssh: Any = None
with suppress(ImportError):  # said when an address asks for it
    asyncssh = importlib.import_module("asyncssh")

_WORDS = {
    "SFTPPermissionDenied": "right",
    "SFTPWriteProtect": "right",
    "SFTPNoSuchFile": "absent",
    "SFTPNoSuchPath": "absent",
    "SFTPNotADirectory": "absent",
    "SFTPFileIsADirectory": "conflict",
    "SFTPInvalidFilename": "value",
    "SFTPNoSpaceOnFilesystem": "full",
    "SFTPQuotaExceeded": "full",
    "SFTPLockConflict": "locked",
}
HOST_KEY = "network.host-key"


class Sftp:
    """A connection per request: exchanges are minutes apart and servers close idle ones."""

    methods = frozenset({"FILES"})

    async def carry(self, place: Place, request: WireRequest, bounds: Bounds) -> WireReply:
        """Raises TransportError."""
        return await carry_files(_opened(place, bounds), request, bounds)

    async def close(self) -> None:
        """Nothing is kept between requests."""


@asynccontextmanager
async def _opened(place: Place, bounds: Bounds) -> AsyncIterator[Folder]:
    there = door(place, "file", 22)
    hosts = credential(place, "file", "known_hosts", "host_key")
    if not hosts:
        raise TransportError(HOST_KEY, sent=False, detail="credentials.known_hosts: 未给出 / missing")
    connection = await _connected(place, there, hosts, bounds)
    try:
        async with connection.start_sftp_client() as client:
            path = there.path.removeprefix("/~").lstrip("/") if there.path.startswith("/~") else there.path
            with _words():
                root = await client.realpath(path or ".")
            yield _Folder(client, str(root))
    except asyncssh.DisconnectError as error:
        raise ConnectionResetError(error.reason) from error
    finally:
        connection.abort()


async def _connected(place: Place, there: Door, hosts: str, bounds: Bounds) -> Any:
    seconds = min(bounds.connect, bounds.total)
    try:
        own = credential(place, "file", "private_key")
        phrase = credential(place, "file", "passphrase", "private_key_passphrase") or None
        keys = [asyncssh.import_private_key(own, phrase)] if own else None
        options = {
            "port": there.port, "username": there.user, "password": there.password or None,
            "client_keys": keys, "known_hosts": asyncssh.import_known_hosts(hosts),
            "host_key_alias": there.host, "agent_path": None, "config": None, "gss_host": None,
            "connect_timeout": seconds, "login_timeout": seconds,
        }  # fmt: skip
        return await dial(place, lambda address: asyncssh.connect(address, **options))
    except asyncssh.HostKeyNotVerifiable as error:
        raise TransportError(HOST_KEY, sent=False) from error
    except (asyncssh.KeyImportError, ValueError) as error:
        raise TransportError("peer.credentials", sent=False, detail="private_key, known_hosts") from error
    except asyncssh.PermissionDenied as error:
        raise Refused("login") from error
    except (asyncssh.DisconnectError, OSError, TimeoutError) as error:
        raise TransportError("network.refused", sent=False) from error


@contextmanager
def _words() -> Iterator[None]:
    """What the server says, in our words; a lost connection as an OSError."""
    try:
        yield
    except (asyncssh.SFTPNoConnection, asyncssh.SFTPConnectionLost, asyncssh.DisconnectError) as error:
        raise ConnectionResetError(error.reason) from error
    except asyncssh.SFTPError as error:
        raise Refused(_WORDS.get(type(error).__name__, "busy")) from error


class _Folder:
    """See `files.Folder`."""

    def __init__(self, client: Any, root: str) -> None:
        self.client, self.root = client, root

    async def size(self, path: str) -> int | None:
        try:
            with _words():
                return int((await self.client.stat(self._at(path))).size or 0)
        except Refused as error:
            if error.word == "absent":
                return None
            raise

    async def write(self, path: str, content: bytes) -> None:
        above = path.rpartition("/")[0]
        with _words():
            if above and not await self.client.isdir(self._at(above)):
                await self.client.makedirs(self._at(above), exist_ok=True)
            async with self.client.open(self._at(path), "xb") as handle:
                await handle.write(content)

    async def rename(self, old: str, new: str) -> bool:
        """The protocol's own renaming refuses a name that is taken."""
        try:
            with _words():
                await self.client.rename(self._at(old), self._at(new))
        except Refused:
            if await self.size(new) is None:
                raise
            return False
        return True

    async def remove(self, path: str) -> None:
        with _words():
            await self.client.remove(self._at(path))

    async def names(self, folder: str) -> list[tuple[str, int]]:
        rows: list[tuple[str, int]] = []
        try:
            with _words():
                async for row in self.client.scandir(self._at(folder)):
                    if row.attrs.type == asyncssh.FILEXFER_TYPE_REGULAR:
                        rows.append((str(row.filename), int(row.attrs.size or 0)))
                    if len(rows) > MOST_NAMES:
                        raise TooMuchError
        except Refused as error:
            if error.word != "absent":
                raise
        return rows

    async def read(self, path: str, most: int) -> bytes | None:
        size = await self.size(path)
        if size is None:
            return None
        if size > most:
            raise TooMuchError
        with _words():
            async with self.client.open(self._at(path), "rb") as handle:
                content: bytes = await handle.read(most + 1)
        return content

    def _at(self, path: str) -> str:
        return f"{self.root.rstrip('/')}/{path}" if path else self.root


def carrier(onward: Onward) -> Sftp:
    """For the entry point; DriverMissingError without asyncssh."""
    if asyncssh is None:
        raise DriverMissingError("sftp", "asyncssh", "files")
    return Sftp()
