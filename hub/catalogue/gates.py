"""What lets out the records that no other record and no time of their own opens: `data/gate_events.csv`.

The policy says `event:NAME`; a row here says what that event is about (all that one sender holds of a
`section`, or one `record`) and, where there is one, the message whose accepted sending is the event, with
the field that says from when. Otherwise it is an act (`POST /v1/gates/NAME`) of the record's own sender,
who answers for it, or of the centre.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

SECTION, RECORD = "section", "record"
PREFIX: Final = "event:"


@dataclass(frozen=True, slots=True)
class GateEvent:
    """`message` and `time` are empty where only an act lifts the gate."""

    name: str
    scope: str
    message: str
    time: str
    zh: str


@cache
def events() -> dict[str, GateEvent]:
    """Events by name; raises ValueError for a scope that is none."""
    text = files("hub.catalogue").joinpath("data/gate_events.csv").read_text("utf-8")
    found = {}
    for row in csv.DictReader(text.splitlines()):
        if row["scope"] not in (SECTION, RECORD) or bool(row["message"]) != bool(row["time"]):
            raise ValueError(f"gate_events.csv: {row['event']}")
        found[row["event"]] = GateEvent(row["event"], row["scope"], row["message"], row["time"], row["zh"])
    return found


@cache
def carried(message: str) -> tuple[GateEvent, ...]:
    """The events that an accepted message of this type is."""
    return tuple(one for one in events().values() if one.message == message)
