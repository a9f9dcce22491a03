"""How well the log is stamped, from the index alone: the same after a restart, and for the doctor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.index.port import Evidence

REQUIRED = "required-within-grace"


@dataclass(frozen=True, slots=True)
class Standing:
    """`late` is how long the oldest head without a stamp waits, `age` that of the newest stamp.

    `overdue` is never set where there is no service and none is required.
    """

    policy: str
    service: str
    size: int
    age: float | None
    late: float
    overdue: bool

    @property
    def state(self) -> str:
        if self.overdue:
            return "overdue"
        if not self.service:
            return "off"
        return "pending" if self.late else "current"

    def shown(self, failure: str = "") -> dict[str, Any]:
        """For the public status; heads are made by the clock, so this tells of nobody's traffic."""
        return {
            "state": self.state,
            "policy": self.policy,
            "service": self.service or None,
            "stampedSize": self.size,
            "ageSeconds": None if self.age is None else int(self.age),
            "lateSeconds": int(self.late),
            "failure": failure or None,
        }

    def gauges(self) -> dict[str, float]:
        known = {} if self.age is None else {"evidence_stamp_age_seconds": self.age}
        return {
            **known,
            "evidence_stamp_late_seconds": self.late,
            "evidence_stamp_overdue": float(self.overdue),
        }


def standing(rows: Evidence, now: int, *, policy: str, service: str, grace: float) -> Standing:
    """`now` in microseconds; `service` is empty where no service is asked."""
    newest, oldest = rows.stamp(), rows.unstamped()
    late = max(0.0, now / 1e6 - _made(oldest.facts["head"]["time"])) if oldest is not None else 0.0
    return Standing(
        policy=policy,
        service=service,
        size=newest.size if newest is not None else 0,
        age=max(0.0, (now - newest.at) / 1e6) if newest is not None else None,
        late=late,
        overdue=late > grace and bool(service or policy == REQUIRED),
    )


def _made(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
