"""What `FILES` asks for and the order in which it is done, the same for every kind of folder.

A file is written under a name that nobody looks for, counted, and then renamed: a receiver sees it whole or
not at all. What is there already is not written again, so repeating an attempt is safe, and the order of
the puts holds (a marker comes after what it marks).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import secrets
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Protocol

from adapters.transports.said import Refused, read_json, refusal, told
from hub.delivery.transport import TOO_LARGE, TransportError
from hub.ports import Bounds, WireReply, WireRequest

_MEMBERS = frozenset({"put", "get", "list", "limit"})
_WILD = frozenset("*?[")
MOST_NAMES = 10_000


class TooMuchError(Exception):
    """More bytes or names than the request may have."""


class Folder(Protocol):
    """One peer's folder, open. Paths are relative and judged; a missing thing is None, [] or False.

    Raises Refused for what the other side said, OSError for silence, TooMuchError.
    """

    async def size(self, path: str) -> int | None: ...
    async def write(self, path: str, content: bytes) -> None: ...
    async def rename(self, old: str, new: str) -> bool: ...
    async def remove(self, path: str) -> None: ...
    async def names(self, folder: str) -> list[tuple[str, int]]: ...
    async def read(self, path: str, most: int) -> bytes | None: ...


@dataclass(frozen=True, slots=True)
class Put:
    """Write `content`, unless `path` is there, or `unless`."""

    path: str
    content: bytes
    unless: str


@dataclass(frozen=True, slots=True)
class Asked:
    """`lists`: patterns of which only names and sizes are wanted."""

    puts: tuple[Put, ...]
    gets: tuple[str, ...]
    lists: tuple[str, ...]
    limit: int


def read_files(body: bytes, most: int) -> Asked:
    """Raises Refused("request")."""
    asked = read_json(body, _MEMBERS)
    try:
        limit = asked.get("limit", most)
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
            raise Refused("request")
        gets, lists = (
            tuple(_path(one, wild=True) for one in asked.get(name, [])) for name in ("get", "list")
        )
        return Asked(tuple(map(_put, asked.get("put", []))), gets, lists, min(limit, most))
    except (KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise Refused("request") from error


def _put(one: Mapping[str, Any]) -> Put:
    unless = one.get("unless") or ""
    content = base64.b64decode(one["b64"], validate=True)
    return Put(_path(one["path"]), content, _path(unless) if unless else "")


def _path(text: Any, *, wild: bool = False) -> str:
    """A path below the peer's folder and never out of it; a pattern may be in its last part only."""
    if not isinstance(text, str):
        raise Refused("request")
    parts = text.split("/")
    for number, part in enumerate(parts):
        pattern = bool(_WILD & set(part))
        if not plain(part) or (pattern and not (wild and number == len(parts) - 1)):
            raise Refused("request")
    return text


def plain(name: str) -> bool:
    """One name and nothing else: no way up, no line break that a server would read as a command."""
    return name not in {"", ".", ".."} and not any(sign in "/\\" or ord(sign) < 32 for sign in name)


class Exchange:
    """One request on an open folder. `moved`: something may be visible over there."""

    def __init__(self, folder: Folder, asked: Asked, fresh: str) -> None:
        self.folder, self.asked, self.fresh = folder, asked, fresh
        self.moved = False
        self.done: list[bool] = []

    async def run(self) -> WireReply:
        try:
            for one in self.asked.puts:
                self.done.append(await self._put(one))
            got = await self._got()
            answer: dict[str, Any] = {"put": self.done, "got": got}
            if self.asked.lists:
                answer["listed"] = {
                    path: size for one in self.asked.lists for path, size in await self._matching(one)
                }
            return told(answer)
        except Refused as error:
            return refusal(error.word, {"put": self.done})
        except TooMuchError as error:
            raise TransportError(TOO_LARGE, sent=self.moved) from error

    async def _put(self, one: Put) -> bool:
        for path in (one.path, one.unless):
            if path and await self.folder.size(path) is not None:
                return False
        above, slash, name = one.path.rpartition("/")
        draft = f"{above}{slash}.{name[:80]}.{self.fresh}.part"
        try:
            await self.folder.write(draft, one.content)
            if await self.folder.size(draft) != len(one.content):
                raise TransportError("network.reset", sent=self.moved)  # half of it arrived: not shown
            self.moved = True
            if await self.folder.rename(draft, one.path):
                return True
            await self.folder.remove(draft)
            return False
        except Exception:
            with suppress(Exception):
                await self.folder.remove(draft)
            raise

    async def _got(self) -> dict[str, str]:
        got: dict[str, str] = {}
        left = self.asked.limit
        for pattern in self.asked.gets:
            wild = _WILD & set(pattern)
            paths = [path for path, _ in await self._matching(pattern)] if wild else [pattern]
            for path in paths:
                content = await self.folder.read(path, left)
                if content is None:
                    continue
                left -= len(content)
                if left < 0:
                    raise TooMuchError
                got[path] = base64.b64encode(content).decode("ascii")
        return got

    async def _matching(self, pattern: str) -> list[tuple[str, int]]:
        """Names that fit, sorted; never those being written, and none that leads elsewhere."""
        above, slash, last = pattern.rpartition("/")
        rows = await self.folder.names(above)
        if len(rows) > MOST_NAMES:
            raise TooMuchError
        return sorted(
            (f"{above}{slash}{name}", size)
            for name, size in rows
            if plain(name) and not name.startswith(".") and fnmatchcase(name, last)
        )


async def carry_files(
    opened: AbstractAsyncContextManager[Folder], request: WireRequest, bounds: Bounds
) -> WireReply:
    """One request on the folder that `opened` opens; raises TransportError."""
    work = None
    try:
        asked = read_files(request.body, bounds.answer)
        async with asyncio.timeout(bounds.total), opened as folder:
            work = Exchange(folder, asked, secrets.token_hex(4))
            return await work.run()
    except Refused as error:
        return refusal(error.word)
    except TimeoutError as error:
        raise TransportError("network.timeout", sent=work is not None and work.moved) from error
    except OSError as error:
        raise TransportError("network.reset", sent=work is not None and work.moved) from error
