"""Files inside messages: octets that came in one are put on the shelf, and stand beside their digest where a
receiver's dialect writes them out.

A codec touches no store. It is given a file as the message names it (`name`, `digest`, `size`, `media`)
with the octets in one more member, `data` (Base64), and gives it back so. Nothing with `data` gets past this
room into the journal. Reading is by the rules of `reading.py`; what may not be read, or does not fit, stays
a name.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from typing import Any

from hub.errors import HubError
from hub.files.cipher import DamagedFileError
from hub.files.desk import Files
from hub.files.name import Name, running
from hub.files.offer import CONTENT, Offer, refused
from hub.index.port import FileRow
from hub.ports import Blame, Dialect, Encloses, Incoming, Kind, Outcome, Outgoing

DATA = "data"
_MEMBERS = frozenset({"name", "digest", "size", "media"})
_PIECE = 1 << 20
BROKEN = Outcome(Kind.UNKNOWN, "receiver.broken-body", Blame.RECEIVER)


class Enclosures:
    """`may` finds the arrival through which a principal may read a file now, or None."""

    def __init__(self, files: Files, may: Callable[[str, Name], FileRow | None]) -> None:
        self._files, self._may = files, may

    async def outgoing(self, dialect: Dialect, system: str, saying: Outgoing) -> Outgoing:
        """What is to be said, with the octets that this dialect writes out for that system.

        A record's files go to whom it goes to; a question's are those of the one who asks.
        """
        limit = room(dialect, system, saying.message, saying.stage)
        if not limit:
            return saying
        budget = [limit]
        reader = system if saying.stage else saying.sender
        fields = await self.beside(reader, saying.fields, budget)
        files = await self.beside(reader, saying.files, budget)
        return replace(saying, fields=fields, files=files)

    async def outcome(self, saying: Outgoing, told: Outcome) -> Outcome:
        """An answer whose files belong to the one who asked; one that is not what it is called is broken."""
        if not holds(told.data):
            return told
        try:
            return replace(told, data=await self.away(saying.sender, told.data))
        except HubError as error:
            return replace(BROKEN, foreign=error.code)

    async def incoming(self, owner: str, incoming: Incoming) -> Incoming:
        """A call whose files are on the shelf; raises HubError for what is not taken.

        With `owner` "" nothing is kept: what will be refused anyway leaves no file behind.
        """
        if not holds(incoming.fields) and not holds(incoming.files):
            return incoming
        fields = await self.away(owner, incoming.fields)
        return replace(incoming, fields=fields, files=await self.away(owner, incoming.files))

    async def away(self, owner: str, value: Any) -> Any:
        """The same without octets, each file kept as this owner's."""
        if _enclosed(value):
            if owner and owner != "hub":
                await self._keep(owner, value)
            return {name: one for name, one in value.items() if name != DATA}
        if isinstance(value, Mapping):
            return {name: await self.away(owner, one) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return type(value)([await self.away(owner, one) for one in value])
        return value

    async def beside(self, reader: str, value: Any, budget: list[int]) -> Any:
        """The same with octets, as far as the reader may have them and the budget goes."""
        if isinstance(value, Mapping):
            if _named(value) and DATA not in value:
                octets = await self._octets(reader, value, budget)
                return value if octets is None else {**value, DATA: base64.b64encode(octets).decode("ascii")}
            return {name: await self.beside(reader, one, budget) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return type(value)([await self.beside(reader, one, budget) for one in value])
        return value

    async def _octets(self, reader: str, file: Mapping[str, Any], budget: list[int]) -> bytes | None:
        name = Name.of(str(file["digest"]))
        row = self._may(reader, name) if name is not None else None
        if name is None or row is None or row.size > budget[0]:
            return None
        try:
            octets: bytes = await self._files.run(self._read, name)
        except (HubError, DamagedFileError):
            return None  # a name that nobody can follow is told as a name
        budget[0] -= len(octets)
        return octets

    def _read(self, name: Name) -> bytes:
        with self._files.shelf.open(name) as opened:
            return b"".join(opened.pieces())

    async def _keep(self, owner: str, file: Mapping[str, Any]) -> None:
        name = Name.of(str(file["digest"]))
        try:
            octets = base64.b64decode(str(file[DATA]), validate=True)
        except (binascii.Error, ValueError):
            octets = None
        if name is None or octets is None or len(octets) != file["size"]:
            observed = "不是 Base64" if octets is None else f"{len(octets)} B"
            raise refused(
                422, "file.digest", "/body/files", f"{str(file['digest'])[:80]},{file['size']} B", observed,
                "核对附件的摘要、字节数与内容后重报", CONTENT,
            )  # fmt: skip
        known = self._files.progress(owner, name)
        if known is not None and known.hub_id:
            return
        for start in range(0, max(len(octets), 1), _PIECE):
            piece = octets[start : start + _PIECE]
            check = running(name.algorithm)
            check.update(piece)
            stated = f"{name.algorithm}:{check.hexdigest()}"
            offer = Offer(owner, name, start, start + len(piece), len(octets), stated)
            await self._files.receive(offer, _once(piece))


async def _once(piece: bytes) -> AsyncIterator[bytes]:
    yield piece


def room(dialect: Dialect, system: str, message: str, stage: str) -> int:
    """Octets that all files of one such message may have together."""
    return dialect.encloses(system, message, stage) if isinstance(dialect, Encloses) else 0


def holds(value: Any) -> bool:
    """Are there octets of a file anywhere in it?"""
    if isinstance(value, Mapping):
        return _enclosed(value) or any(holds(one) for one in value.values())
    return isinstance(value, list | tuple) and any(holds(one) for one in value)


def _named(value: Mapping[str, Any]) -> bool:
    return value.keys() >= _MEMBERS


def _enclosed(value: Any) -> bool:
    return isinstance(value, Mapping) and DATA in value and _named(value)
