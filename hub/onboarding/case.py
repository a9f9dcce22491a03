"""What the desk looks at when a step is asked for, and how it says that something is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.message import Finding

CLAUSE = "ONB"


@dataclass(frozen=True, slots=True)
class Case:
    """`application` as filed, `report` what is known of the newest conformance report, `cause` as stated."""

    system: str
    realm: str
    now: datetime
    application: Mapping[str, Any]
    report: Mapping[str, Any] | None
    has_key: bool
    cause: str = ""


def missing(code: str, at: str, expected: str, advice: str, observed: str = "") -> Finding:
    return Finding(code, at, expected, observed, advice, CLAUSE)


def member(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    member = value.get(name)
    return dict(member) if isinstance(member, Mapping) else {}


def moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else None
