"""What a page shows of an exchange: bytes on the left, the record in the standard's names on the right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from hub.catalogue.papers import Papers
from simulators.journal import Exchange
from simulators.pages.opened import text_of
from simulators.pages.reading import Reading, read
from simulators.pages.veil import veiled
from simulators.system import System

SHOWN = 6000
_CLOSED = frozenset({"authorization", "cookie", "set-cookie"})
_PLAIN = frozenset({"host", "connection", "user-agent", "accept-encoding", "date", "server"})


@dataclass(frozen=True, slots=True)
class Side:
    """One direction: headers and body as they were on the wire, and what they say."""

    headers: tuple[tuple[str, str], ...]
    body: str
    size: int
    charset: str
    reading: Reading | None


@dataclass(frozen=True, slots=True)
class Shown:
    """One exchange for the page. `status` 0: the line was cut without an answer."""

    number: int
    at: str
    method: str
    target: str
    fault: str
    stage: str
    key: str
    status: int
    asked: Side
    said: Side | None
    trace: str
    hub_id: str


def shown(system: System, exchange: Exchange) -> Shown:
    """An exchange with its readings, secrets veiled on both sides."""
    secrets = (*system.desk.credentials.values(), *system.desk.own.values())

    def veil(text: str) -> str:
        return veiled(text, secrets)

    asked, said = read(system, exchange)
    request, reply = exchange.request, exchange.reply
    return Shown(
        exchange.number,
        f"{exchange.at:%Y-%m-%d %H:%M:%S}.{exchange.at.microsecond // 1000:03d}",
        request.method,
        veil(request.target),
        exchange.fault,
        exchange.stage or ("" if asked is None else asked.stage),
        exchange.key,
        0 if reply is None else reply.status,
        _side(request.headers, request.body, asked, veil),
        None if reply is None else _side(reply.headers, reply.body, said, veil),
        request.headers.get("traceparent", ""),
        _hub_id(system, asked),
    )


def _side(
    headers: Mapping[str, str], body: bytes, reading: Reading | None, veil: Callable[[str], str]
) -> Side:
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    text, charset = text_of(body if body.startswith(b"PK") else body[: SHOWN * 4], kind) if body else ("", "")
    text = veil(text)
    told = tuple(
        (name, "***" if name.lower() in _CLOSED else veil(value))
        for name, value in headers.items()
        if name.lower() not in _PLAIN
    )
    if reading is not None:
        boxes = (replace(box, raw=veil(box.raw), value=veil(box.value)) for box in reading.boxes)
        reading = replace(reading, boxes=tuple(boxes), plain=veil(reading.plain))
    return Side(told, text if len(text) <= SHOWN else f"{text[:SHOWN]}…", len(body), charset, reading)


def _hub_id(system: System, asked: Reading | None) -> str:
    """The hub's own number of the message, where the papers give it a box: the way into the hub's trace."""
    if asked is None:
        return ""
    names = {row.foreign for row in Papers.load(system.desk.dialect).rows("*") if row.standard == "@hubId"}
    return next((box.raw for box in asked.boxes if box.foreign in names or box.foreign == "head.corrId"), "")
