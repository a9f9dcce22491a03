"""What the fast path can say."""

from __future__ import annotations

from enum import Enum


class Verdict(Enum):
    """CLEAN: not one finding. WARNED: accepted, yet there are words for the receipt. REFUSED: errors.

    UNSURE passes between the parts of the fast path only, and means: ask the checker.
    """

    CLEAN = "clean"
    WARNED = "warned"
    REFUSED = "refused"
    UNSURE = "unsure"

    @property
    def accepts(self) -> bool:
        return self is Verdict.CLEAN or self is Verdict.WARNED
