"""One journal entry: what happened, when, to which message, and the bytes that prove it.

The head is canonical JSON and is what the Merkle log hashes; raw bytes hang on it by digest only, so
that they can be kept elsewhere, enciphered or erased while every proof stays whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from certs.algorithms.digest import digest

FORMAT = 1
_READ = msgspec.json.Decoder(dict[str, Any]).decode  # a third of what json takes: a rebuild reads every head


class Kind(StrEnum):
    """What an entry says. Names are stored: they may be added to, never reused."""

    MESSAGE = "message"  # received, authenticated, stateless checks passed; with the first decision
    DECISION = "decision"  # a held message was released or refused
    ATTEMPT = "attempt"  # a delivery attempt is about to be sent
    OUTCOME = "outcome"  # what became of it
    REQUEUE = "requeue"  # an officer or the sender asked for another try
    GATE = "gate"  # a seal has lifted
    ANSWER = "answer"  # reply of a mediated service
    EVENT = "event"  # onboarding and the like
    REFUSED = "refused"  # a member's record that the standard's rules refused: codes and places only
    NONCE = "nonce"  # used by a request without envelope
    FILE = "file"  # a file has come whole: digest, size, owner; its bytes are never here
    HEAD = "head"  # signed tree head
    PADDING = "padding"  # nothing; keeps the tree size from counting
    STAMP = "stamp"  # a time stamp over a tree head; the token is in the raw bytes
    WATERMARK = "watermark"  # how far a system's table or folder has been read, beside what it brought
    BID = "bid"  # an enciphered bid was delivered, replaced or withdrawn: receipt and evidence beside it
    BID_ROUND = "bid-round"  # who runs a section asks for another round of prices, and until when
    BID_OPENING = "bid-opening"  # the opening of a section's bids has begun
    BID_SHARE = "bid-share"  # a bidder's part of a key, enciphered to the platform
    BID_RESULT = "bid-result"  # what came of one bid at the opening: the signed statement beside it
    KEY = "key"  # the log's key was changed: signed by the old one and by the new one


class Entry(NamedTuple):
    """`seq` starts at 1 without gaps; leaf `seq - 1` of the log. `raw` is empty where nothing came in.

    `gone`: keys whose destruction has put masks into `raw`. `withheld`: there is something that whoever
    asked may not read now.
    """

    seq: int
    head: bytes
    raw: bytes = b""
    gone: tuple[int, ...] = ()
    withheld: bool = False

    @property
    def facts(self) -> dict[str, Any]:
        """The head as values (`kind`, `at`, and what belongs to the kind)."""
        return dict(_READ(self.head))


def said(kind: Kind, at: int, facts: Mapping[str, Any], *, salt: bytes, raw: bytes = b"") -> dict[str, Any]:
    """A head's members, for its bytes and for the fold; `at` is microseconds by the hub's clock.

    Raw bytes are in it by digest; who has that already says it in `facts` (as `bound` writes it).
    """
    head: dict[str, Any] = {"v": FORMAT, "kind": kind.value, "at": at, "salt": salt.hex(), **facts}
    if raw and "raw" not in facts:
        head["raw"] = bound(digest(raw))
    return head


def bound(digest_of_raw: bytes) -> str:
    """How a head names the bytes that hang on it."""
    return f"sm3:{digest_of_raw.hex()}"
