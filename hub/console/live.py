"""From the hub's public status to what the picture shows: numbers, colours, three lines of news."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def live(status: Mapping[str, Any], names: Mapping[str, tuple[str, str]], time: str) -> dict[str, Any]:
    return {"time": time, "systems": {}, "accepted": 0, "delivered": 0, "dead": 0, "last": []}
