"""JSON as the foreign systems read it: what cannot be stored or said again is not JSON to them."""

from __future__ import annotations

import json
from typing import Any


def read(raw: bytes | str) -> Any:
    """The value, or None for anything broken: bytes, syntax, depth, NaN, half characters."""
    try:
        text = raw.decode("utf-8") if isinstance(raw, bytes) else raw
        value = json.loads(text, parse_constant=_no)
        if "\\ud" in text or "\\uD" in text or isinstance(raw, str):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        return None
    return value


def strict(raw: bytes) -> dict[str, Any] | None:
    """An object without repeated members, fractions, NaN or half characters; None for anything else."""
    try:
        text = raw.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_once, parse_float=_no, parse_constant=_no)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a member twice")
    return made


def _no(constant: str) -> Any:
    raise ValueError(constant)
