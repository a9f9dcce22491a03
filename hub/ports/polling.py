"""Systems that lay down instead of calling: who looks, how often, what a look brought, the verdict back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from hub.ports.values import Answer, Incoming
from hub.ports.wire import Carry


@dataclass(frozen=True, slots=True)
class Haul:
    """What one look at a table or a folder brought, in the order in which it is to be kept.

    `watermark` says from where to look next time: a position (row number, time of change), no business key,
    since it stands in the journal in clear. `more`: there was more than the limit.
    """

    items: tuple[Incoming, ...]
    watermark: str
    more: bool = False


class Plan(Protocol):
    """The schedule of one system (`hub.peers.Poll`)."""

    @property
    def every(self) -> float: ...
    @property
    def limit(self) -> int: ...
    @property
    def patience(self) -> float: ...
    @property
    def source(self) -> str: ...


class Poller(Protocol):
    """Looks at what a system lays down in a table or a folder; made by a dialect that polls.

    Looking changes nothing over there: the same watermark ("" at first) gives the same again, until the hub
    has it durably and asks from the next. Every item is `authenticated` and has a `message_id` that is
    the same whenever it is looked at, so that even a look that overlaps doubles nothing. Raises whatever
    it likes when it cannot look; it is asked again later.
    """

    async def next(self, watermark: str, limit: int) -> Haul: ...
    async def close(self) -> None: ...


@runtime_checkable
class Settles(Protocol):
    """A poller whose system wants to read the verdict where it laid the item down (flag, receipt file).

    `settle` comes after the items are durable, with each item and what was decided. It comes at least once: a
    crash between the two, or a failed `settle`, leaves the item over there as it was, so the next look must
    bring it again (look for what is *not yet settled*, not after a watermark); being known it gets its
    first answer again, and `settle` comes again. Leave unsettled what `Answer` only puts off (429, 5xx).
    """

    async def settle(self, done: Sequence[tuple[Incoming, Answer]]) -> None: ...


@runtime_checkable
class Polls(Protocol):
    """A dialect whose systems do not call and cannot be called: they lay down, and the hub looks.

    `credentials` are the strings of the peer's papers; `source` names one of several tables or folders, as
    the schedule in `peers.toml` does; `carry` brings a request (`ROWS`, `FILES`) to the peer's place.
    """

    def poller(
        self, system: str, variant: str, credentials: Mapping[str, str], source: str, carry: Carry
    ) -> Poller: ...
