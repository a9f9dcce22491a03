"""How an answer came about: who was asked when with what outcome, and where the answer was taken from.

The journal keeps it with the answer. Of a sealed question it stands in the enciphered bytes alone, and
without times: how fast an answer came would tell whether somebody had asked before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hub.message import wall

# Where an answer was taken from.
PROVIDER, CACHE, COALESCED, STALE, DEGRADED, NOBODY, CALLBACK = (
    "provider", "cache", "coalesced", "stale", "degraded", "none", "callback",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call to one provider, or why there was none; `at` in microseconds, `millis` it took."""

    provider: str
    at: int
    millis: int
    outcome: str
    code: str

    def facts(self) -> dict[str, Any]:
        return {
            "provider": self.provider, "at": self.at, "millis": self.millis, "outcome": self.outcome,
            "code": self.code,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Story:
    """`question`: whose call it was, when not its own; `asked`: when the provider answered, microseconds;
    `took`: milliseconds by part of the way; `limit`: milliseconds there were."""

    source: str
    provider: str = ""
    asked: int = 0
    question: str = ""
    attempts: tuple[Attempt, ...] = ()
    took: Mapping[str, int] | None = None
    limit: int = 0

    def facts(self) -> dict[str, Any]:
        """The journal's form; what is not the case is not written."""
        said = {"provider": self.provider, "asked": self.asked, "question": self.question}
        return {
            "source": self.source,
            **{name: value for name, value in said.items() if value},
            "attempts": [one.facts() for one in self.attempts],
            "took": dict(self.took or {}),
            "limit": self.limit,
        }

    def told(self, hub_id: str, now: int) -> dict[str, Any]:
        """What the caller hears beside the answer: who says so, and how old it is."""
        said: dict[str, Any] = {"hubId": hub_id, "source": self.source}
        if self.provider:
            said["provider"] = self.provider
        if self.asked:
            said["askedTime"] = wall(datetime.fromtimestamp(self.asked / 1e6, UTC))
            said["ageSeconds"] = max(0, (now - self.asked) // 1_000_000)
        return said
