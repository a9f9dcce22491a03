"""What is shown of a ticket, and for how long it may be shown."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import segno

from hub.auth.asking import Wish
from hub.auth.book import Entry
from hub.auth.refusing import WORDS, request_refusal
from hub.auth.states import State
from hub.message import wall

POLL = 2
# Shortest, usual and longest life in seconds, by what the papers say of a provider.
LIVES: Mapping[str, tuple[int, int, int]] = {"N05": (30, 60, 60)}
LIFE = (60, 90, 120)
WAITS = (State.CREATED, State.SCANNED)


def shown(entry: Entry, name: str) -> dict[str, Any]:
    """How a ticket stands, and why it was refused; never who confirmed it."""
    told = {
        "ticket": name,
        "state": str(entry.state),
        "action": entry.binding.action,
        "expireTime": wall(entry.binding.expires),
    }
    if entry.face is not None:
        told["face"] = "passed" if entry.faced else "needed"
    if entry.reason in WORDS:
        told |= {"reason": entry.reason, "reasonZh": WORDS[entry.reason][1]}
    return told


def picture(content: str) -> str:
    """A QR code as SVG to be put into a page as it is."""
    out = io.BytesIO()
    segno.make(content, error="m", micro=False).save(out, kind="svg", xmldecl=False, scale=4)
    return out.getvalue().decode("ascii")


def seconds(asked: Wish) -> int:
    """The life that was asked for; raises SenderError where the provider's papers do not allow it."""
    shortest, usual, longest = LIVES.get(asked.provider, LIFE)
    wanted = usual if asked.seconds is None else asked.seconds
    if not shortest <= wanted <= longest:
        expected = f"{shortest} 至 {longest}"
        raise request_refusal("/seconds", expected, str(asked.seconds), "改为范围内的秒数,或省去")
    return wanted
