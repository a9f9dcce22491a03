"""What the hub needs of a journal engine, and of the store that joins journal and index.

The embedded store commits both in one transaction; a cluster store appends to its journal first and
lets the index follow. Either way `Group.commit` returns only when everything appended is durable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from hub.index.port import Index
from hub.journal.claims import OPEN, Claim
from hub.journal.closing import Closing
from hub.journal.entry import Entry, Kind


class TooLongError(Exception):
    """This piece is not for a place where others wait."""


class Journal(Protocol):
    """Reading side: safe from any thread that holds its own."""

    def last(self) -> int:
        """Highest sequence number, 0 when empty."""

    def entry(self, seq: int, claim: Claim = OPEN) -> Entry | None:
        """An entry with its raw bytes, if the index as folded bears the claim out; without them if not."""

    def heads(self, seq: int, limit: int) -> Sequence[Entry]:
        """Entries after `seq` without their raw bytes, in order, at most `limit`."""

    def nodes(self, places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        """Stored interior nodes of the Merkle log by (level, index)."""


class Tx(Protocol):
    """One piece of work inside a group. What it appends is in the index at once."""

    @property
    def index(self) -> Index: ...
    @property
    def journal(self) -> Journal: ...
    @property
    def patient(self) -> bool:
        """May this piece take long? Where not, raise TooLongError: it is run again where it may."""

    def append(
        self,
        kind: Kind,
        at: int,
        facts: Mapping[str, Any],
        raw: bytes = b"",
        *,
        closing: Closing | None = None,
    ) -> int:
        """Append an entry and fold it into the index; returns its sequence number.

        `closing`: the raw bytes are enciphered where they are kept, under these keys.
        """

    def put_nodes(self, nodes: Mapping[tuple[int, int], bytes]) -> None: ...
    def wake(self, receiver: str) -> None:
        """After the commit, tell the delivery to this receiver that there is work."""


class Group(Protocol):
    """An open group commit."""

    def piece(self) -> AbstractContextManager[Tx]:
        """Work that is rolled back alone when it raises."""

    def ready(self) -> None:
        """Everything that `commit` does but waiting for the disk; nothing may be appended after it."""

    def together(self) -> Tx:
        """For short pieces that are undone with the whole group if one of them raises."""

    def commit(self) -> frozenset[str]:
        """Make all pieces durable; returns the receivers to wake."""

    def rollback(self) -> None: ...


class Reading(Protocol):
    """A consistent look at what is committed, for one thread."""

    @property
    def journal(self) -> Journal: ...
    @property
    def index(self) -> Index: ...
    def close(self) -> None: ...


class Store(Protocol):
    """An engine: one writer at a time, any number of readers."""

    def begin(self) -> Group: ...
    def begin_now(self) -> Group | None:
        """The same, or None if it would have to wait."""

    def reader(self) -> Reading: ...
    def maintain(self) -> None:
        """Housekeeping off the acknowledging path; called from a thread of its own."""

    def close(self) -> None: ...
