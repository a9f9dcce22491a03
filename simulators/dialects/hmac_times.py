"""Times with an offset (x-ca): any offset is read, none at all is the callers' own mistake."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.catalogue.papers import FieldRow
from hub.message import CST
from simulators.nested import dig, plant, way
from simulators.sheet import empty

_FORM = "datetime:with-zone"
_BARE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
_ZONED = re.compile(_BARE.pattern + r"(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})")


def zoneless(rows: Sequence[FieldRow], body: Mapping[str, Any]) -> str:
    """The first member that is a time without its offset; empty for none."""
    for row in rows:
        value = _value(row, body)
        if isinstance(value, str) and _BARE.fullmatch(value):
            return row.foreign
    return ""


def in_beijing(rows: Sequence[FieldRow], body: Mapping[str, Any], *, bare: bool = False) -> dict[str, Any]:
    """The same body with each such time as the form writes it, so that the form can judge it.

    `bare`: a time without an offset is taken for Beijing's (receivers that do not insist).
    """
    told = copy.deepcopy(dict(body))
    for row in rows:
        value = _value(row, body)
        at = moment_of(value, bare=bare) if isinstance(value, str) else None
        if at is not None:
            plant(told, way(row.foreign, row.standard)[0].outside, f"{at:%Y-%m-%dT%H:%M:%S}+08:00")
    return told


def moment_of(text: str, *, bare: bool = False) -> datetime | None:
    """The moment that a text with any offset means, in Beijing."""
    if not (_ZONED.fullmatch(text) or (bare and _BARE.fullmatch(text))):
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=CST)).astimezone(CST)


def _value(row: FieldRow, body: Mapping[str, Any]) -> Any:
    there = way(row.foreign, row.standard)[0]
    if row.form != _FORM or there.many:
        return None
    value = dig(body, there.outside)
    return None if empty(value) else value
