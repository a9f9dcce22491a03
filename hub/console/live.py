"""From the hub's public status to what the picture shows: numbers, colours, three lines of news."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Names = Mapping[str, tuple[str, str]]
_NEWS = 3
_FEW, _LONG = 5, 36
_OTHER = ("其他报文", "other message")


def live(status: Mapping[str, Any], stages: Names, time: str) -> dict[str, Any]:
    """`status` is `Hub.status()`: nothing sealed is in it, so nothing sealed can come out."""
    systems = {
        system: {"state": row["state"], "traffic": row["traffic"], "faulty": row["faulty"]}
        for system, row in status["systems"].items()
    }
    return {
        "time": time,
        "systems": systems,
        "accepted": status["messages"].get("accepted", 0),
        "delivered": status["deliveries"].get("delivered", 0),
        "dead": status["deliveries"].get("dead", 0),
        "last": [_line(row, stages) for row in status["last"][:_NEWS]],
    }


def _line(row: Mapping[str, Any], stages: Names) -> dict[str, str]:
    return {lang: _words(row, stages, place) for place, lang in enumerate(("zh", "en"))}


def _words(row: Mapping[str, Any], stages: Names, place: int) -> str:
    what = stages.get(str(row["stage"]), _OTHER)[place]
    to: Sequence[str] = row["to"]
    shown = " ".join(to[:_FEW]) + (" …" if len(to) > _FEW else "")
    return f"{str(row['at'])[11:19]}  {row['from']} · {what[:_LONG]} → {shown or '—'}"
