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


def _no(constant: str) -> Any:
    raise ValueError(constant)
