"""How a trading system speaks to the hub: a record or a question in, bytes out, what the answer meant."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Saying:
    """One thing to be said, the same in every attempt: a record (`stage`) or a service question."""

    msg_id: str
    key: str
    stage: str
    fields: Fields
    service: bool = False
    said_at: datetime | None = None
    op: str = "insert"
    version: int = 1
    to: str = ""  # whom a question is for, where the dialect can say so


@dataclass(frozen=True, slots=True)
class Wire:
    """One HTTP request to the hub; `path` follows the hub's address."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Heard:
    """What an answer meant. `done` ends the resending, well (`ok`) or badly."""

    done: bool
    ok: bool
    status: int
    code: str
    hub_id: str = ""
    told: Fields = field(default_factory=dict)
    repeat: bool = False


Turns = Generator[Wire, "tuple[int, bytes] | None", Heard]
"""One attempt as the calls it takes; each is given its answer, or None where there was no whole one."""

NO_ANSWER = Heard(False, False, 0, "no-answer")


class Voice(Protocol):
    """A dialect spoken towards the hub."""

    late_duplicate_every: int
    """After how many acknowledged records one is sent again for nothing; 0 for never."""

    def name(self, stage: str, bidder: int | None, stamp: str) -> tuple[str, str]:
        """The message number and the record key that this system would give the record."""
        ...

    def meant(self, saying: Saying) -> Fields:
        """The unified record that the hub must understand from it."""
        ...

    def write(self, saying: Saying, now: datetime) -> Wire: ...

    def read(self, saying: Saying, status: int, body: bytes) -> Heard: ...


@runtime_checkable
class Speaker(Protocol):
    """A voice that needs more than one call to say something (it fetches a token first)."""

    def speak(self, saying: Saying, clock: Callable[[], datetime]) -> Turns: ...


def attempt(voice: Voice, saying: Saying, clock: Callable[[], datetime]) -> Turns:
    """One attempt to say something, in as many calls as the voice needs."""
    if isinstance(voice, Speaker):
        return (yield from voice.speak(saying, clock))
    got = yield voice.write(saying, clock())
    return NO_ANSWER if got is None else voice.read(saying, *got)
