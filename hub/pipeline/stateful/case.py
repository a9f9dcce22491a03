"""What a stateful rule sees: the facts of the record, the index as it is in this transaction, the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.index.port import Index
from hub.pipeline.decision import Verdict
from hub.pipeline.facts import Facts


@dataclass(frozen=True, slots=True)
class Case:
    """`released`: an officer has let a held amount go. `now` in microseconds by the hub's clock."""

    facts: Facts
    fields: Mapping[str, Any]
    index: Index
    now: int
    released: bool = False


Rule = Callable[[Case], Verdict | None]
