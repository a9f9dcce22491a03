"""Values inside records: reached and placed by dotted paths, and written as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def text_of(value: object) -> str:
    """A unified value as text: numbers in decimal digits, truth as true/false, nothing as ""."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def reach(fields: Mapping[str, Any], path: str) -> object:
    """The value at a dotted path; None when any step of it is missing."""
    if "." not in path:
        return fields.get(path)  # nearly every field of every record
    value: object = fields
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def place(fields: dict[str, Any], path: str, value: object) -> None:
    """Put a value at a dotted path, making the objects on the way."""
    *above, last = path.split(".")
    for name in above:
        fields = fields.setdefault(name, {})
    fields[last] = value
