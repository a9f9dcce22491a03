"""Which messages go first (绿色通道): `data/priorities.csv`, by stage, sender and a flag in `body.ext`.

`*` stands for any; a flag is written `NAME=value`. Whoever may set a flag is decided by the row's
sender. Going first costs others a fifth of their pace at most (`hub.delivery.turns`).
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

ANY = "*"


@dataclass(frozen=True, slots=True)
class Row:
    stage: str
    sender: str
    flag: str

    def fits(self, stage: str, sender: str, ext: Mapping[str, Any]) -> bool:
        name, _, value = self.flag.partition("=")
        return (
            self.stage in (ANY, stage)
            and self.sender in (ANY, sender)
            and (not name or str(ext.get(name, "")) == value)
        )


def load() -> tuple[Row, ...]:
    """The rows as issued; raises ValueError for a row that would let everything go first."""
    text = files("hub.catalogue").joinpath("data/priorities.csv").read_text("utf-8")
    rows = tuple(Row(row["stage"], row["sender"], row["flag"]) for row in csv.DictReader(text.splitlines()))
    for row in rows:
        if row.stage == row.sender == ANY and not row.flag:
            raise ValueError("priorities.csv: a row that fits every message")
    return rows


def judge(rows: tuple[Row, ...]) -> Callable[[Mapping[str, Any]], bool]:
    """Does this envelope go first? Rows by stage first, since nearly every message is told by its stage."""
    plain = {row.stage for row in rows if row.sender == ANY and not row.flag}
    others = tuple(row for row in rows if row.sender != ANY or row.flag)
    named = frozenset(row.flag.partition("=")[0] for row in others if row.flag)
    always = tuple(row for row in others if not row.flag)

    def urgent(envelope: Mapping[str, Any]) -> bool:
        head, ext = envelope["head"], envelope["body"].get("ext") or {}
        stage = head.get("stage", "")
        if stage in plain:
            return True
        candidates = always if named.isdisjoint(ext) else others
        return any(row.fits(stage, head["from"], ext) for row in candidates)

    return urgent
