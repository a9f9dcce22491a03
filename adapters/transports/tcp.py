"""One document per connection over TCP: written whole, read until it ends by the rule of the papers.

A bank's socket has no length and no status: a document ends when the other side closes, or with its last
tag. Which, the codec says in the word `end` to its carrier: nothing (we close our half, which some
servers wait for, and read until they close theirs), `eof` (our half stays open), a closing tag such as
`</root>`, found in any case since that drifts too, or `half-close </root>` for both.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass

from adapters.transports.places import dial, door
from adapters.transports.said import refusal
from hub.delivery.transport import TOO_LARGE, TransportError
from hub.ports import Bounds, Onward, Place, WireReply, WireRequest

_PIECE = 65536
_LAST_WORD = 0.5  # for closing in good order


@dataclass(frozen=True, slots=True)
class End:
    """How this exchange ends."""

    half_close: bool
    tag: bytes

    @classmethod
    def of(cls, word: str) -> End | None:
        """None for words that are no rule."""
        words = word.split() or ["half-close"]
        tags = [one.lower().encode("ascii", "replace") for one in words if one[:2] == "</" and one[-1] == ">"]
        if len(tags) > 1 or set(words) - {"half-close", "eof"} - {one for one in words if one[:2] == "</"}:
            return None
        return cls("half-close" in words, tags[0] if tags else b"")

    def reached(self, read: bytearray, before: int) -> int:
        """Where the document ends, -1 when it does not yet; up to `before` was looked at already."""
        if not self.tag:
            return -1
        found = bytes(read[max(0, before - len(self.tag)) :]).lower().find(self.tag)
        return found if found < 0 else max(0, before - len(self.tag)) + found + len(self.tag)


class Tcp:
    """With the peer's `tls`, the same inside TLS (where no half can be closed alone)."""

    methods = frozenset({"TCP"})

    async def carry(self, place: Place, request: WireRequest, bounds: Bounds) -> WireReply:
        """Raises TransportError; an answer that is cut off comes back as far as it came."""
        end = End.of(request.headers.get("end", ""))
        if end is None:
            return refusal("request")
        began = asyncio.get_running_loop().time()
        reader, writer = await self._connect(place, min(bounds.connect, bounds.total))
        try:
            async with asyncio.timeout_at(began + bounds.total):
                writer.write(request.body)
                await writer.drain()
                if end.half_close and writer.can_write_eof():
                    writer.write_eof()
                return WireReply(200, {}, await _read(reader, end, bounds.answer))
        except TimeoutError as error:
            raise TransportError("network.timeout", sent=True) from error
        except OSError as error:
            raise TransportError("network.reset", sent=True) from error
        finally:
            writer.close()
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(_LAST_WORD):
                    await writer.wait_closed()
            writer.transport.abort()

    async def close(self) -> None:
        """Nothing is kept between exchanges."""

    async def _connect(
        self, place: Place, seconds: float
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        port = door(place, "", 0).port
        try:
            async with asyncio.timeout(seconds):
                return await dial(
                    place, lambda address: asyncio.open_connection(address, port, ssl=place.tls)
                )
        except ssl.SSLError as error:
            raise TransportError("network.tls", sent=False) from error
        except (OSError, TimeoutError) as error:
            raise TransportError("network.refused", sent=False) from error


async def _read(reader: asyncio.StreamReader, end: End, most: int) -> bytes:
    read = bytearray()
    while piece := await reader.read(_PIECE):
        before = len(read)
        read += piece
        stop = end.reached(read, before)
        if (stop if stop >= 0 else len(read)) > most:
            raise TransportError(TOO_LARGE, sent=True)
        if stop >= 0:
            return bytes(read[:stop])
    return bytes(read)


def carrier(onward: Onward) -> Tcp:
    """For the entry point."""
    return Tcp()
