"""One question on its way through the desk, with everything that decides what may be done for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.index.port import MessageRow
from hub.ports import Answer
from hub.services.caching import Rule
from hub.services.terms import Terms


@dataclass(frozen=True, slots=True)
class Case:
    """One question on its way: `key` under which its answer may be told again, None where it may not;
    `limit` seconds in all, of which `began` (steady seconds) was the start; `before`: what was answered when
    it came first, where that was not the end of it."""

    row: MessageRow
    envelope: Mapping[str, Any]
    gates: tuple[int, ...]
    terms: Terms
    rule: Rule | None
    key: bytes | None
    marks: tuple[int, ...]
    opened: bool
    began: float
    kept: float
    limit: float
    before: Answer | None = None
    ends: Callable[[str, Answer], int | None] = lambda *_: None

    def ended(self, answer: Answer) -> int | None:
        """What this answer says of how long a provider may still call back; None for nothing."""
        return self.ends(self.row.msg_type, answer)

    @property
    def deadline(self) -> float:
        return self.began + self.limit
