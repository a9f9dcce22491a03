"""Whose fault a bid that does not open is: `data/faults.csv`, a table and nothing else.

The rule behind it: what left the bidder's hands right (signature and recipients held at delivery, digest
fixed by the receipt) and is not right now was in the platform's hands meanwhile. What is inside the
signed envelope was made by whoever signed it. What cannot be established is nobody's fault: it is not a
result, and the opening waits until it can be.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files

OPENED, BIDDER, PLATFORM, WITHDRAWN = "opened", "bidder-fault", "platform-fault", "withdrawn"
RESULTS = (OPENED, BIDDER, PLATFORM, WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Fault:
    """One row: what was found, whose it is and by which clause. (What proves it stands there for readers.)"""

    finding: str
    result: str
    clause: str
    zh: str
    en: str


@cache
def faults() -> dict[str, Fault]:
    """By finding; raises ValueError for a result that is none."""
    text = files("hub.bids").joinpath("data/faults.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    found = {row["finding"]: Fault(*(row[one.name] for one in fields(Fault))) for row in rows}
    wrong = [one.finding for one in found.values() if one.result not in RESULTS or not one.clause]
    if wrong:
        raise ValueError(f"faults.csv: {wrong}")
    return found
