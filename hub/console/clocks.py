"""Moments as clocks here show them: what judges say is in UTC, who reads a page lives by Beijing time."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_CST = timezone(timedelta(hours=8))
_UTC = re.compile(r"\b(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.\d+)?(?:\+00:00|Z)")


def local(moment: datetime) -> str:
    try:
        return f"{moment.astimezone(_CST):%Y-%m-%d %H:%M:%S}"
    except OverflowError:  # at the end of the calendar
        return f"{moment:%Y-%m-%d %H:%M:%SZ}"


def timed(text: str) -> str:
    """A text with the moments in it told so; what only looks like one stays."""
    return _UTC.sub(_local, text)


def _local(found: re.Match[str]) -> str:
    try:
        return local(datetime.fromisoformat(found[1] + "+00:00"))
    except ValueError:
        return found[0]
