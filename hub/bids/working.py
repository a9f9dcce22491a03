"""Results of an opening, a few bids at a time and one after another: unsealed, stated, signed; for threads.

What is read for a lot is read on the loop, what comes of it is written there in one piece: a thread is woken
once for several small bids, and never holds more than a few of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from certs.keys.port import DecryptionKey
from hub.bids import statement
from hub.bids.box import Box, Kept, Section
from hub.bids.faults import WITHDRAWN
from hub.bids.reading import Work, shared
from hub.bids.unsealing import Found, KeyAwayError, unseal
from hub.errors import HubError
from hub.index.folding.bids import WITHDRAWN as TAKEN_BACK
from hub.index.port import BidRow
from hub.index.tokens import hexed
from hub.message import canonical

_TOGETHER = 8
_ROOM = 8 << 20  # octets of files in one lot


@dataclass(frozen=True, slots=True)
class Begun:
    """An opening under way; `name` is how results refer to its statement."""

    section: Section
    name: str


@dataclass(frozen=True, slots=True)
class Result:
    """What is to be written of a bid."""

    row: BidRow
    at: int
    facts: Mapping[str, Any]
    raw: bytes = field(repr=False)


@dataclass(slots=True)
class Results:
    """As many of a lot as could be had, and why not all: `stopped` concerns everybody, `odd` one alone."""

    had: list[Result] = field(default_factory=list)
    stopped: Exception | None = None
    odd: Exception | None = None


def lots(rows: Sequence[BidRow]) -> Iterator[list[BidRow]]:
    """Few enough, and small enough, to be held by one thread."""
    lot: list[BidRow] = []
    for row in rows:
        if lot and (len(lot) == _TOGETHER or sum(one.size for one in lot) + row.size > _ROOM):
            yield lot
            lot = []
        lot.append(row)
    if lot:
        yield lot


def results(box: Box, begun: Begun, lot: Sequence[Work]) -> Results:
    """A thread's turn. What was found before something stopped it counts; what breaks on one bid, in a way
    that nobody thought of, does not keep the others closed."""
    out = Results()
    try:
        key = box.keeper.open().bids
        for one in lot:
            _add(out, box, begun, one, key)
    except Exception as error:
        out.stopped = error
    return out


def _add(out: Results, box: Box, begun: Begun, one: Work, key: DecryptionKey) -> None:
    try:
        out.had.append(_result(box, begun, one, key))
    except (KeyAwayError, HubError):
        raise
    except Exception as error:
        out.odd = error


def _result(box: Box, begun: Begun, one: Work, key: DecryptionKey) -> Result:
    kept = Kept(one.row, msgspec.json.decode(one.delivery))
    if one.row.state == TAKEN_BACK:
        found = Found(WITHDRAWN)
    else:
        found = unseal(box.shelf, kept.sealed(), key, shared(one.share), lambda piece: None)
    at = box.now()
    said = statement.outcome(box.log_key(), kept.receipt, begun.name, found, at)
    facts = {"bid": one.row.seq, "section": hexed(begun.section.scope), "result": said["result"]}
    return Result(one.row, at, facts, canonical({"outcome": said}))
