"""What a file system itself has to say: collected into packages, laid down whole, followed by its receipt.

Written from `dialects/xml-drop/rules.md` 9 and 10.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.catalogue.papers import Papers
from simulators.dialects.drop_packages import MOST
from simulators.dialects.xmlread import BadXmlError, read
from simulators.dialects.xmltree import write_tree
from simulators.nested import Body

NAME = "xml-drop"


@dataclass(slots=True)
class Telling:
    """One record or notice for the hub, and what the hub made of it (the attributes of its item)."""

    stage: str
    key: str
    version: int
    op: str
    fields: Mapping[str, Any]
    at: datetime | None = None
    laid: bool = False
    settled: Mapping[str, str] | None = None

    def record(self, source: str) -> str:
        """The element as it stands in the data file."""
        papers = Papers.load(NAME)
        head = {
            "Key": self.key,
            "Op": papers.codes["op"][self.op],
            "Version": str(self.version),
            "Source": source,
        }
        rows = papers.rows(self.stage, "in") or papers.rows(self.stage, "request")
        body = {} if self.op == "delete" else Body(rows, papers.codes, typed=False).abroad(self.fields)
        return f"<record>{write_tree({**head, **body})}</record>"


@dataclass(slots=True)
class Parcels:
    """Tellings that wait, packages that lie there, files that are still to be laid."""

    tellings: list[Telling] = field(default_factory=list)
    sent: dict[str, list[Telling]] = field(default_factory=dict)
    again: list[str] = field(default_factory=list)
    unfinished: list[tuple[str, bytes]] = field(default_factory=list)
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def tell(self, telling: Telling) -> Telling:
        self.tellings.append(telling)
        return telling

    def waiting(self, now: datetime) -> list[Telling]:
        """What has not been laid down yet; from now on it waits for its hour."""
        waiting = [telling for telling in self.tellings if not telling.laid]
        for telling in waiting:
            telling.at = telling.at or now
        return waiting

    def packages(
        self, sender: str, stamp: str, waiting: list[Telling], batch: bool
    ) -> Iterator[tuple[str, list[Telling]]]:
        """One category each, 500 records at most; with `batch` the records are named by it."""
        categories: dict[str, list[Telling]] = {}
        for telling in waiting:
            category = str(Papers.load(NAME).facts["categories"][telling.stage])
            categories.setdefault(category, []).append(telling)
        for category, tellings in categories.items():
            for at in range(0, len(tellings), MOST):
                group = tellings[at : at + MOST]
                number = self.numbers[category, stamp] = self.numbers.get((category, stamp), 0) + 1
                for n, telling in enumerate(group if batch else (), 1):
                    telling.key = f"{stamp}-{n:04d}"
                yield f"{sender}_{category}_{stamp}_{number:04X}", group

    def laid(self, name: str, group: list[Telling]) -> None:
        self.sent[name] = group
        for telling in group:
            telling.laid = True

    def hear(self, got: Mapping[str, bytes]) -> None:
        """Receipts settle what they name; after a bad file the package is laid down again."""
        for path, raw in got.items():
            name = path.removeprefix("back/").rpartition(".")[0].rpartition(".")[0]
            if name not in self.sent:
                continue
            if path.endswith(".bad.xml"):
                self.again.append(name)
                continue
            try:
                receipt = read(raw)
            except BadXmlError:
                continue
            items = {str(item.get("key")): dict(item.attrib) for item in receipt}
            whole = {"result": str(receipt.get("result")), "code": str(receipt.get("code") or "")}
            for telling in self.sent.pop(name):
                settled = items.get(telling.key, whole)
                telling.settled = {str(n): str(v) for n, v in settled.items()}
