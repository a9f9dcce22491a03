"""The life of a challenge or ticket as one table: what may follow what, and nothing else may.

A login with a token takes the same road as a QR code, only without being scanned: its signature confirms it
and uses it up in one request.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class State(StrEnum):
    CREATED = "created"
    SCANNED = "scanned"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    EXPIRED = "expired"
    USED = "used"


class Act(StrEnum):
    """`refuse` is the holder's no, and ours: a signature that does not hold, a licence that is gone."""

    SCAN = "scan"
    CONFIRM = "confirm"
    REFUSE = "refuse"
    EXPIRE = "expire"
    USE = "use"


# What is not here cannot happen. A lost word of the scanning must not stop a confirmation; what was
# confirmed may still be refused, because it is judged once more when it is used.
TABLE: Final[Mapping[tuple[State, Act], State]] = MappingProxyType(
    {
        (State.CREATED, Act.SCAN): State.SCANNED,
        (State.CREATED, Act.CONFIRM): State.CONFIRMED,
        (State.CREATED, Act.REFUSE): State.REFUSED,
        (State.CREATED, Act.EXPIRE): State.EXPIRED,
        (State.SCANNED, Act.CONFIRM): State.CONFIRMED,
        (State.SCANNED, Act.REFUSE): State.REFUSED,
        (State.SCANNED, Act.EXPIRE): State.EXPIRED,
        (State.CONFIRMED, Act.USE): State.USED,
        (State.CONFIRMED, Act.REFUSE): State.REFUSED,
        (State.CONFIRMED, Act.EXPIRE): State.EXPIRED,
    }
)
OPEN: Final = frozenset({State.CREATED, State.SCANNED, State.CONFIRMED})


def after(state: State, act: Act) -> State | None:
    """The state that follows; None where this may not happen."""
    return TABLE.get((state, act))
