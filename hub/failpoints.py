"""Places where a sandbox hub kills itself on demand, so that tests can prove what a crash leaves behind.

`HUTONG_FAILPOINTS="after-commit:3"` means: SIGKILL at the third pass of that point, no clean-up of any
kind. Outside the sandbox the whole thing is deaf.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from threading import Lock

from hub.errors import SettingsError

POINTS = frozenset(
    {
        "before-commit",
        "after-commit",
        "after-send",
        "after-fetch",
        "before-settle",
        "while-folding",
        "checkpoint",
        "after-stamp",
        "file-written",
        "file-whole",
        "file-placed",
    }
)


class FailPoints:
    """Counts passes; thread-safe, because commits and sends happen in different threads."""

    def __init__(self, plan: str = "", *, realm: str = "sandbox") -> None:
        self._at = _parse(plan) if realm == "sandbox" else {}
        self._seen: Counter[str] = Counter()
        self._lock = Lock()

    def hit(self, point: str) -> None:
        """Pass one point; does not return when its turn has come."""
        if point not in self._at:
            return
        with self._lock:
            self._seen[point] += 1
            if self._seen[point] == self._at[point]:
                os.kill(os.getpid(), signal.SIGKILL)


def _parse(plan: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in filter(None, (piece.strip() for piece in plan.split(","))):
        name, _, count = part.partition(":")
        if name not in POINTS or not (count or "1").isdigit():
            raise SettingsError(f"failpoints: {part!r}; 可用 / known {sorted(POINTS)}, 写作 NAME:K")
        found[name] = int(count or "1")
    return found
