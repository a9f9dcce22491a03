"""How a trading system speaks to the hub: a record or a question in, bytes out, what the answer meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

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
