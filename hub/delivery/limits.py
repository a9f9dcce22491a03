"""How long one exchange with a receiver may take and how much it may answer, as its papers say.

A chain node that has not answered after five seconds will not; a department's SOAP service may need
fifteen. One limit for all would be wrong for both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_ANSWER = 4 * 2**20
CONNECT = 5.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for the whole exchange and for its connection; bytes of the answer."""

    total: float
    connect: float = CONNECT
    answer: int = MAX_ANSWER


def limits(stated: Mapping[str, Any], ceiling: float) -> Limits:
    """Limits from the `[limits]` of a `dialect.toml`; `ceiling` bounds, and stands in for, its seconds."""
    total = min(float(stated.get("total_s", ceiling)), ceiling)
    connect = min(float(stated.get("connect_s", CONNECT)), total)
    return Limits(total, connect, int(stated.get("max_answer_bytes", MAX_ANSWER)))
