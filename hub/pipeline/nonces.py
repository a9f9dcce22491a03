"""Nonces: used once, durably, by whoever proved itself with them.

A native signature covers the whole message, so its nonce is used up with the message. The proof of
a foreign dialect (a password digest, say) covers no content: whoever saw it could put it on another
body. There the nonce is used up by every call that was judged, also by one that was refused or
only repeated what is known.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from hub.index.tokens import Tokens, hexed
from hub.journal.entry import Kind
from hub.journal.port import Tx

_MICROSECOND = timedelta(microseconds=1)
KEPT_WINDOWS = 2  # a nonce is kept for as long as a message bearing it could pass the time window


class Used(NamedTuple):
    """`token` names key and nonce in the index; both times are microseconds."""

    token: int
    now: int
    until: int


def used(tokens: Tokens, key_id: str, nonce: str, now: int, window: timedelta) -> Used:
    """The nonce of a key (for foreign callers: of the system) as it is kept."""
    return Used(tokens.of("nonce", key_id, nonce), now, kept(now, window))


def kept(now: int, window: timedelta) -> int:
    """Until when a nonce used now must be remembered."""
    return now + KEPT_WINDOWS * (window // _MICROSECOND)


def spend(tx: Tx, nonce: Used) -> bool:
    """Write it down as used; False when it was before."""
    if tx.index.nonce_used(nonce.token):
        return False
    tx.append(Kind.NONCE, nonce.now, {"nonce": hexed(nonce.token), "nonceUntil": nonce.until})
    return True
