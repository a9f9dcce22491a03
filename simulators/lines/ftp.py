"""Real FTP servers over the systems' folders (pyftpdlib, extra `files`): one thread for all of them.

pyftpdlib brings an event loop of its own; it runs beside ours and touches nothing of the systems but the
folder and the `ways` of it (a frozen set, replaced whole).
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import threading
from collections.abc import Callable
from typing import Any, ClassVar

from simulators.lines.folder import FolderPlace
from simulators.listening import Address

authorizers: Any = importlib.import_module("pyftpdlib.authorizers")  # an extra
handlers: Any = importlib.import_module("pyftpdlib.handlers")
ioloop: Any = importlib.import_module("pyftpdlib.ioloop")
servers: Any = importlib.import_module("pyftpdlib.servers")


class FtpThread:
    """The loop of all FTP servers of a fleet. All that touches it is done inside it, between two polls."""

    def __init__(self) -> None:
        self.loop = ioloop.IOLoop()
        self._asked: list[tuple[Callable[[], Any], asyncio.Future[Any], asyncio.AbstractEventLoop]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sim-ftp", daemon=True)
        self._users = 0

    def _run(self) -> None:
        while not self._stop.is_set():
            self.loop.loop(0.02, blocking=False)
            while self._asked:
                work, future, loop = self._asked.pop(0)
                value: Any = None
                error: BaseException | None = None
                try:
                    value = work()
                except OSError as caught:
                    error = caught
                loop.call_soon_threadsafe(_settle, future, value, error)
        self.loop.close()

    async def ask(self, work: Callable[[], Any]) -> Any:
        """What `work` returns, done in the thread."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._asked.append((work, future, loop))
        return await future

    def enter(self) -> None:
        """A server more; the thread runs from the first to the last."""
        if not self._users:
            self._thread.start()
        self._users += 1

    def leave(self) -> None:
        self._users -= 1
        if not self._users:
            self._stop.set()
            self._thread.join(5)


def _settle(future: asyncio.Future[Any], value: Any, error: BaseException | None) -> None:
    if not future.done():
        future.set_exception(error) if error is not None else future.set_result(value)


class FtpDoor:
    """The server of one folder: one account, held to it."""

    def __init__(self, folder: FolderPlace, user: str, password: str, thread: FtpThread) -> None:
        self._folder, self._user, self._password = folder, user, password
        self._thread = thread
        self._server: Any = None

    async def start(self, host: str) -> Address:
        accounts = authorizers.DummyAuthorizer()
        accounts.add_user(self._user, self._password, str(self._folder.root), perm="elradfmwMT")
        handler = type("Handler", (_Handler,), {"authorizer": accounts, "folder": self._folder})
        self._thread.enter()
        self._server = await self._thread.ask(
            lambda: servers.FTPServer((host, 0), handler, ioloop=self._thread.loop)
        )
        return Address(f"ftp://{self._user}@{host}:{self._server.address[1]}/")

    async def stop(self) -> None:
        if self._server is not None:
            server, self._server = self._server, None
            with contextlib.suppress(OSError):
                await self._thread.ask(server.close)
            self._thread.leave()


class _Handler(handlers.FTPHandler):  # type: ignore[misc]
    """The folder, as its server lets others see it; wrong passwords are answered without the usual wait."""

    folder: ClassVar[FolderPlace]
    auth_failed_timeout = 0
    banner = "FTP ready."

    def on_connect(self) -> None:
        if "shut" in self.folder.ways:
            self.respond("421 Service not available, closing control connection.")
            self.close_when_done()

    def ftp_STOR(self, file: str, mode: str = "w") -> Any:
        return super().ftp_STOR(file, mode) if self._may_write() else None

    def ftp_RNTO(self, path: str) -> Any:
        return super().ftp_RNTO(path) if self._may_write() else None

    def _may_write(self) -> bool:
        refusal = {
            "full": "452 Insufficient storage space in system.",
            "read-only": "550 Permission denied.",
            "shut": "421 Service not available, closing control connection.",
        }
        way = next((way for way in refusal if way in self.folder.ways), "")
        if way:
            self.respond(refusal[way])
        return not way
