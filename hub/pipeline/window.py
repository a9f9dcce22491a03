"""When a message may be delivered at the earliest, and until when it is worth delivering.

The standard has no member for either, so a sender says it in `body.ext`: `DELIVER_AFTER` and
`VALID_UNTIL`, times in the standard's own form. They are addressed to the hub and go no further.
What is written wrongly is refused: a limit that is silently ignored is found on the day it was needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.message import Finding
from hub.pipeline.exchange import Exchange, World
from hub.standard.telling import AFTER, TO_THE_HUB, UNTIL

CODE, CLAUSE = "delivery.window", "EX-ORD-06"
_EXPECTED = "YYYY-MM-DDTHH:MM:SS+08:00"


@dataclass(frozen=True, slots=True)
class Window:
    """Microseconds since the epoch; 0 where nothing was said."""

    after: int = 0
    until: int = 0


ALWAYS = Window()


def window_of(body: Mapping[str, Any]) -> Window:
    """What an envelope's body says; what is not a time says nothing."""
    ext = body.get("ext")
    if not ext:
        return ALWAYS
    return Window(_moment(ext.get(AFTER)) or 0, _moment(ext.get(UNTIL)) or 0)


def window(exchange: Exchange, world: World) -> Exchange:
    """422 for a time that is none, or an end before the beginning. A time gone by is no mistake."""
    ext = exchange.envelope["body"].get("ext")
    if not ext or exchange.known is not None or TO_THE_HUB.isdisjoint(ext):
        return exchange
    findings = [
        Finding(CODE, f"/body/ext/{name}", _EXPECTED, str(ext[name])[:40], "按标准书写时间", CLAUSE)
        for name in (AFTER, UNTIL)
        if name in ext and _moment(ext[name]) is None
    ]
    said = window_of(exchange.envelope["body"])
    if not findings and said.after and said.until and said.until <= said.after:
        findings = [
            Finding(CODE, f"/body/ext/{UNTIL}", f"> {ext[AFTER]}", str(ext[UNTIL])[:40], "止于起之后", CLAUSE)
        ]
    return exchange.refuse(422, findings)._replace(examined=True) if findings else exchange


def _moment(text: Any) -> int | None:
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return int(moment.timestamp() * 1e6) if moment is not None and moment.tzinfo is not None else None
