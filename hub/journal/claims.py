"""On what ground somebody may read the bytes of an entry, and whether the index bears it out.

A message whose seal has lifted (or that never had one) is read by whoever the callers let ask. Before
that there are three grounds, and none is taken on trust: it is the sender's own, it is being delivered to
a receiver that may hold it early, or the writer itself judges a held message again. An answer, and what a
provider says when it calls back, is its asker's own. A bid is its sender's until the opening of its section
has begun. What nobody can claim is not deciphered, whatever a page, a command or
a mistake in either asks for.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Run = Callable[..., sqlite3.Cursor]
# Who delivered the bid that an entry belongs to, and whether the opening of its section has begun.
_BID = (
    "SELECT b.sender, EXISTS (SELECT 1 FROM bid_opening AS o WHERE o.section = b.section) FROM bid AS b"
    " WHERE b.entry IN (:seq, (SELECT bid FROM bid_share WHERE entry = :seq),"
    " (SELECT bid FROM bid_result WHERE entry = :seq))"
)


class Ground(StrEnum):
    OPEN = "open"  # the seal is off
    OWN = "own"  # `who` sent it
    DELIVERY = "delivery"  # delivery `number` is on its way
    JUDGING = "judging"  # the writer looks at a held message again
    UNSEALING = "unsealing"  # the opening of the section a bid belongs to has begun


@dataclass(frozen=True, slots=True)
class Claim:
    """`message` names the question when an answer to it is wanted, or what its provider said later."""

    ground: Ground
    who: str = ""
    number: int = 0
    message: int = 0


OPEN = Claim(Ground.OPEN)
JUDGING = Claim(Ground.JUDGING)
UNSEALING = Claim(Ground.UNSEALING)


def own(who: str, *, message: int = 0) -> Claim:
    return Claim(Ground.OWN, who, message=message)


def delivering(number: int) -> Claim:
    return Claim(Ground.DELIVERY, number=number)


def granted(run: Run, seq: int, claim: Claim, *, closed: bool, writing: bool) -> bool:
    """`closed`: the bytes are stored enciphered. `writing`: it is the writer who asks."""
    about = _message(run, seq)
    if about is None:
        return not closed or _beside(run, seq, claim)
    sender, hidden, state = about
    if claim.ground is Ground.OWN:
        return bool(sender == claim.who) or _heard(run, seq, claim)
    if claim.ground is Ground.DELIVERY:
        row = run("SELECT seq, state FROM delivery WHERE id = ?", (claim.number,)).fetchone()
        return row is not None and tuple(row) == (seq, "waiting")
    if claim.ground is Ground.JUDGING:
        return writing and state == "held"
    return not hidden


def _message(run: Run, seq: int) -> Any:
    return run("SELECT sender, hidden, state FROM message WHERE seq = ?", (seq,)).fetchone()


def _beside(run: Run, seq: int, claim: Claim) -> bool:
    """An answer goes where its question came from; a refused record's note to who sent it, sealed or not."""
    refused = run("SELECT sender, sealed FROM refused WHERE seq = ?", (seq,)).fetchone()
    if refused is not None:
        return not refused[1] if claim.ground is Ground.OPEN else _is_own(claim, refused[0])
    bid = run(_BID, {"seq": seq}).fetchone()
    if bid is not None:
        return bool(bid[1]) if claim.ground is Ground.UNSEALING else _is_own(claim, bid[0])
    answers = run("SELECT 1 FROM answer WHERE seq = ? AND entry = ?", (claim.message, seq)).fetchone()
    question = _message(run, claim.message) if answers is not None else None
    return question is not None and _is_own(claim, question[0])


def _heard(run: Run, seq: int, claim: Claim) -> bool:
    """What a provider says when it calls back is for whoever asked."""
    said = run("SELECT 1 FROM heard WHERE entry = ? AND question = ?", (seq, claim.message)).fetchone()
    question = _message(run, claim.message) if said is not None else None
    return question is not None and _is_own(claim, question[0])


def _is_own(claim: Claim, sender: str) -> bool:
    return claim.ground is Ground.OWN and claim.who == sender
