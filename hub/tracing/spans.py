"""Spans: what took how long. They leave the hub only of messages that anybody may know of.

The number of spans in a minute is the number of messages in it. So a message's spans are held until it is
decided, and those of a message that waits for a gate, or that was refused, are let go: not exported, not
counted, not exported later either, since their times would tell afterwards what the policy may still keep.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol

from hub.tracing.context import Context, current, parse

SERVER, CLIENT, INTERNAL = "server", "client", "internal"


@dataclass(frozen=True, slots=True)
class Span:
    """Times are nanoseconds since the epoch; `parent` is empty at the root."""

    name: str
    kind: str
    trace: str
    span: str
    parent: str
    start: int
    end: int
    attributes: Mapping[str, str] = field(default_factory=dict)
    failed: bool = False


class Exporter(Protocol):
    def export(self, spans: list[Span]) -> None: ...
    def close(self) -> None: ...


@dataclass(slots=True)
class Held:
    """The spans of one request until somebody says what it was."""

    root: Context
    parent: str
    start: int
    fresh: Callable[[int], bytes]
    spans: list[Span] = field(default_factory=list)
    known: bool = False
    attributes: dict[str, str] = field(default_factory=dict)


_held: ContextVar[Held | None] = ContextVar("hutong_spans", default=None)
# Three times a message there is nothing to do: one object for all of them (a generator each costs 1 us).
_NOTHING = nullcontext()


class Tracer:
    """`exporter` None: contexts are passed on, nothing is measured."""

    def __init__(self, randbytes: Callable[[int], bytes], exporter: Exporter | None = None) -> None:
        self._randbytes = randbytes
        self._exporter = exporter

    @property
    def on(self) -> bool:
        return self._exporter is not None

    def request(self, name: str, given: Context | None) -> AbstractContextManager[None]:
        """A request from outside; its spans are exported only if `tell` was called in it."""
        if self._exporter is not None:
            return self._measured(self._exporter, name, given)
        return _NOTHING if given is None else self._passed_on(given)

    @contextmanager
    def _passed_on(self, given: Context) -> Iterator[None]:
        """Nobody measures: the caller's context is carried, and no span is made."""
        token = current.set(given.child(self._randbytes(8).hex()))
        try:
            yield
        finally:
            current.reset(token)

    @contextmanager
    def _measured(self, exporter: Exporter, name: str, given: Context | None) -> Iterator[None]:
        mine = self._randbytes(8).hex()
        root = given.child(mine) if given else Context(self._randbytes(16).hex(), mine)
        held = Held(root, given.span if given else "", time.time_ns(), self._randbytes)
        tokens = current.set(root), _held.set(held)
        try:
            yield
        finally:
            current.reset(tokens[0])
            _held.reset(tokens[1])
            if held.known and root.flags == "01":
                whole = Span(
                    name, SERVER, root.trace, root.span, held.parent, held.start, time.time_ns(),
                    held.attributes,
                )  # fmt: skip
                exporter.export([*held.spans, whole])

    @contextmanager
    def delivery(self, header: str, *, known: bool, receiver: str) -> Iterator[None]:
        """An attempt of a stored message; the receiver hears of the trace only if all may know of it."""
        stored = parse(header)
        if stored is None or not known:
            yield
            return
        mine = stored.child(self._randbytes(8).hex(), known=True)
        token, start, failed = current.set(mine), time.time_ns(), True
        try:
            yield
            failed = False
        finally:
            current.reset(token)
            if self._exporter is not None and mine.flags == "01":
                done = Span(
                    "hutong.deliver", CLIENT, mine.trace, mine.span, stored.span, start, time.time_ns(),
                    {"hutong.receiver": receiver}, failed,
                )  # fmt: skip
                self._exporter.export([done])

    def close(self) -> None:
        if self._exporter is not None:
            self._exporter.close()


def span(name: str) -> AbstractContextManager[None]:
    """A part of the request that is being handled; nothing where nobody measures."""
    held = _held.get()
    return _NOTHING if held is None else _part(held, name)


@contextmanager
def _part(held: Held, name: str) -> Iterator[None]:
    start = time.time_ns()
    try:
        yield
    finally:
        mine, root = held.fresh(8).hex(), held.root
        held.spans.append(Span(name, INTERNAL, root.trace, mine, root.span, start, time.time_ns()))


def tell(attributes: Mapping[str, str]) -> None:
    """Anybody may know of the message this request became."""
    held = _held.get()
    if held is not None:
        held.known = True
        held.attributes.update(attributes)


def carried() -> str:
    """What is stored with a message, so that its deliveries belong to the same trace; "" for none."""
    context = current.get()
    return "" if context is None else context.header
