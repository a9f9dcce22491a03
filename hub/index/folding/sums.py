"""What the entries of an open group come to, written once at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.index.gathered import Gathered
from hub.index.persons import LAST

Facts = Mapping[str, Any]
Mark = tuple[Counter[str], int, int]
NEWS = "~news"


@dataclass(slots=True)
class Sums:
    """`place`: the highest in the keystore; `nonces`: the newest time at which one was used, older ones may
    be forgotten; `woken`: receivers for whom the entry under way has something."""

    counts: Counter[str] = field(default_factory=Counter)
    news: int = 0
    place: int = 0
    nonces: int = 0
    woken: set[str] = field(default_factory=set)

    def write(self, rows: Gathered) -> None:
        for name, more in self.counts.items():
            rows.run(
                "INSERT INTO counter VALUES(?,?) ON CONFLICT DO UPDATE SET value = value + excluded.value",
                (name, more),
            )
        if self.nonces:
            rows.run("DELETE FROM nonce WHERE until < ?", (self.nonces,))
        for name, highest in ((LAST, self.place), (NEWS, self.news)):
            if highest:
                rows.run(
                    "INSERT INTO counter VALUES(?,?)"
                    " ON CONFLICT DO UPDATE SET value = max(value, excluded.value)",
                    (name, highest),
                )

    def forget(self) -> None:
        self.counts.clear()
        self.news = self.nonces = self.place = 0

    def mark(self) -> Mark:
        return Counter(self.counts), self.news, self.place

    def reset(self, mark: Mark) -> None:
        self.counts, self.news, self.place = mark
