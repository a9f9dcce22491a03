"""The door: every connection begins here, and the plain `POST /v1/messages` never goes further in, nor do the
questions about certificates that come by the thousand (`QUESTIONS`).

Handling HTTP is the larger half of taking in a message (`bench/ingest.py`), and four fifths of judging one
signature of a known signer (`bench/ca_service.py`). So one literal form of these requests
is recognised and answered here: HTTP/1.1, a stated length, JSON, nothing unusual in the head.
Whatever else comes makes the connection aiohttp's, from that request's first byte on: here nothing is
interpreted that two readers could read differently. A head must be whole within its time before anybody
looks at it, so that nobody holds a place by sending it drop by drop.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

from hub.message.signing import HEADERS
from hub.ports import Answer
from hub.server.crowd import Crowd
from hub.server.intake import Limits
from hub.server.patience import Patience
from hub.server.tail import Tail
from hub.server.tls import Marks, marks

HEAD_SECONDS, IDLE_SECONDS = 10.0, 75.0
LARGEST_HEAD = 16_384
_USUAL_HEAD = 512
MESSAGES = "/v1/messages"
QUESTIONS = frozenset(("/v1/ca/recognise", "/v1/ca/verify"))  # rows of `Who.QUESTION` in the table
_PLAIN = re.compile(
    rb"POST (/v1/(?:messages|ca/recognise|ca/verify)) HTTP/1\.1\r\n"
    rb"((?:[A-Za-z0-9-]{1,64}:[\t\x20-\x7e]*\r\n){1,64})\r\n"
)
_COMES_AGAIN = b"POST /v1/messages "
_SIGNED = tuple((name.lower().encode("ascii"), name) for name in HEADERS)
_FIELDS = re.compile(rb"([^:]+):([^\r]*)\r\n")
_JSON = re.compile(rb'application/json(?:[\t ]*;[\t ]*charset="?utf-?8"?)?', re.IGNORECASE)
_UNUSUAL = frozenset((b"transfer-encoding", b"content-encoding", b"expect", b"upgrade", b"trailer", b"te"))


@dataclass(frozen=True, slots=True)
class Plain:
    """What is to be known of a plain request: the length of its body, whether the connection stays, its
    trace context as it came; of a question also the headers by which it is signed."""

    length: int
    stays: bool
    trace: str = ""
    path: str = MESSAGES
    signed: Mapping[str, str] = field(default_factory=dict)


Take = Callable[[str, Marks | None, Plain, bytes], Awaitable[Answer | bytes]]
Write = Callable[[Answer | bytes, bool], bytes]


def seen(head: bytes) -> Plain | None:
    """`plain`, for heads that come again word for word: a program's differ in the length of the body at most.

    Long ones, which nobody's program writes, are not kept: strangers shall not fill our memory. Nor are those
    of questions, which are signed and never come again.
    """
    return _kept(head) if len(head) <= _USUAL_HEAD and head.startswith(_COMES_AGAIN) else plain(head)


def plain(head: bytes) -> Plain | None:
    """The request, if it is the plain one; `head` ends with the empty line."""
    found = _PLAIN.fullmatch(head)
    if found is None:
        return None
    fields: dict[bytes, bytes] = {}
    for name, value in _FIELDS.findall(found[2]):
        low = name.lower()
        if low in fields or low in _UNUSUAL:
            return None
        fields[low] = value.strip(b"\t ")
    length, connection = fields.get(b"content-length", b""), fields.get(b"connection", b"").lower()
    if not (length.isdigit() and len(length) < 12 and b"host" in fields):
        return None
    if connection not in (b"", b"keep-alive", b"close") or not _JSON.fullmatch(
        fields.get(b"content-type", b"")
    ):
        return None
    trace, path = fields.get(b"traceparent", b"").decode("ascii"), found[1].decode("ascii")
    if path not in QUESTIONS:
        return Plain(int(length), connection != b"close", trace)
    signed = {name: fields[low].decode("ascii") for low, name in _SIGNED if low in fields}
    return Plain(int(length), connection != b"close", trace, path, signed)


_kept = lru_cache(1024)(plain)


@dataclass(frozen=True, slots=True)
class Inside:
    """What the door needs of the house. `take` answers a body from a remote address and certificate, with
    an answer or the JSON of a good one; `write` puts it on the wire; `known` says whether a head that came
    without its body is worth waiting for; `late` is the answer to a body that does not come, `full` to one
    connection too many, `others` makes aiohttp's protocol; `limits` are those that hold now, asked for each
    request."""

    take: Take
    write: Write
    known: Callable[[Plain], bool]
    late: Callable[[], Answer]
    full: Callable[[], Answer]
    others: Callable[[], Any]
    limits: Callable[[], Limits]
    crowd: Crowd
    doors: set[Door] = field(default_factory=set)

    async def close(self, seconds: float) -> None:
        """Let what was begun be answered, then close; the time is for all together."""
        for door in list(self.doors):
            door.leave()
        tasks = [door.task for door in self.doors if door.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        for door in list(self.doors):
            door.shut()


class Door(asyncio.Protocol):
    """One connection until it is handed over or closed."""

    def __init__(self, inside: Inside) -> None:
        self._inside = inside
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._plain: Plain | None = None
        self._start = 0
        self._leaving = False
        self._stuffed = False
        self._remote = ""
        self._marks: Marks | None = None
        self._transport: Any = None
        self._patience = Patience(self._loop)
        self.task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self._remote = str(peer[0]) if peer else ""
        if not self._inside.crowd.enter(self._remote):
            self._leaving = True
            self._transport.write(self._inside.write(self._inside.full(), False))
            self._transport.close()
            return
        self._marks = marks(transport)
        self._inside.doors.add(self)
        self._patience.wait(HEAD_SECONDS, self.shut)

    def connection_lost(self, exc: Exception | None) -> None:
        self._patience.end()
        if self in self._inside.doors:
            self._inside.doors.discard(self)
            self._inside.crowd.leave(self._remote)

    def pause_writing(self) -> None:
        """Whoever does not read its answers gets no more of them, and is let go in the end."""
        self._stuffed = True
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._stuffed = False
        if self.task is None and not self._transport.is_closing():
            self._go_on()

    def data_received(self, data: bytes) -> None:
        if self not in self._inside.doors:
            return  # one too many: nothing of it is looked at
        begins = not self._buffer
        self._buffer += data
        if self.task is not None:
            if len(self._buffer) > self._inside.limits().size:
                self._transport.pause_reading()
            return
        if begins:
            self._patience.wait(HEAD_SECONDS, self.shut)
        self._look()

    def leave(self) -> None:
        """No further request on this connection."""
        self._leaving = True
        if self.task is None and not self._buffer:
            self.shut()

    def shut(self) -> None:
        self._patience.end()
        self._transport.close()

    def _look(self) -> None:
        """Is there a whole request? Then answer it, or let aiohttp have it."""
        if self._plain is None:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self._buffer) > LARGEST_HEAD:
                    self._hand_over()
                return
            self._start = end + 4
            found = seen(bytes(self._buffer[: self._start]))
            limits = self._inside.limits()
            if found is None or found.length > limits.size:
                self._hand_over()
                return
            if len(self._buffer) < self._start + found.length:
                if not self._inside.known(found):
                    self._hand_over()
                    return
                self._patience.wait(limits.seconds, self._too_late)
            self._plain = found
        whole = self._start + self._plain.length
        if len(self._buffer) >= whole:
            self._patience.still()
            body = bytes(self._buffer[self._start : whole])
            del self._buffer[:whole]
            self.task = self._loop.create_task(self._answer(self._plain, body))

    async def _answer(self, asked: Plain, body: bytes) -> None:
        stays = asked.stays and not self._leaving
        answer = await self._inside.take(self._remote, self._marks, asked, body)
        stays = stays and not self._leaving
        self.task, self._plain = None, None
        if self._transport.is_closing():
            return
        self._transport.write(self._inside.write(answer, stays))
        if not stays:
            self.shut()
        elif self._stuffed:
            self._patience.wait(IDLE_SECONDS, self._transport.abort)
        else:
            self._go_on()

    def _go_on(self) -> None:
        """To the next request: what of it has come already, or what will."""
        self._transport.resume_reading()
        if self._buffer:
            self._patience.wait(HEAD_SECONDS, self.shut)
            self._look()
        else:
            self._patience.wait(IDLE_SECONDS, self.shut)

    def _too_late(self) -> None:
        self._transport.write(self._inside.write(self._inside.late(), False))
        self.shut()

    def _hand_over(self) -> None:
        """From here on the connection is aiohttp's, with all that has come."""
        self._patience.end()
        self._inside.doors.discard(self)
        gone = partial(self._inside.crowd.leave, self._remote)
        tail = Tail(self._inside.others(), HEAD_SECONDS, gone)
        self._transport.set_protocol(tail)
        tail.connection_made(self._transport)
        tail.data_received(bytes(self._buffer))
