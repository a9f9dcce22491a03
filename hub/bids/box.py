"""What taking and opening bids have in common: names, times, and reading back what was kept."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from certs.algorithms.digest import digest
from hub.bids.timeproof import Times
from hub.bids.unsealing import Sealed
from hub.ca.desk import CaDesk
from hub.ca.platform import Keeper
from hub.catalogue.sections import in_engineering, round_of
from hub.evidence.heads import HeadKey
from hub.files.shelf import Shelf
from hub.index.port import BidRow, Index, OpeningRow
from hub.index.tokens import Tokens
from hub.journal.claims import UNSEALING, Claim
from hub.journal.closing import Closing
from hub.journal.port import Reading
from hub.journal.writer import Writer
from hub.pipeline.facts import runner
from hub.pipeline.people import People, closing
from hub.settings import Settings
from hub.standard import Standard
from hub.standard.persons import in_question

SERVICE = "bid.receipt"
TENDER = 20  # a section's code is that of its tender project and three digits


class Section(NamedTuple):
    """`code` is its name (`hub.catalogue.sections`), `scope` the token deadlines stand under, `gate` the one
    its bids are enciphered for."""

    code: str
    scope: int
    gate: int


@dataclass(frozen=True, slots=True)
class Box:
    """The parts; `log_key` is the key statements are signed with now."""

    settings: Callable[[], Settings]
    clock: Callable[[], datetime]
    ca: CaDesk
    keeper: Keeper
    times: Times
    shelf: Shelf
    writer: Writer
    reading: Reading
    tokens: Tokens
    log_key: Callable[[], HeadKey]
    new_id: Callable[[], str]
    pool: ThreadPoolExecutor
    standard: Standard
    # Deliveries that came before the deadline and are not kept yet, by section.
    inside: dict[int, int] = field(default_factory=dict)

    @property
    def index(self) -> Index:
        return self.reading.index

    def section(self, code: str) -> Section:
        scope, gate = self.tokens.many([("scope", code), ("bids", code)])
        return Section(code, scope, gate)

    def closing(self, section: Section) -> Closing:
        return Closing((section.gate,))

    def holding(self, section: Section, party: Mapping[str, Any], sender: str) -> Closing:
        """The same for what names its bidder: where that is a natural person, all of it is under a key of
        that person, kept as long as the delivery must be (its certificates say who it is, too)."""
        found = in_question(self.standard.services[SERVICE], {"bidder": dict(party)}, sender)
        return closing(People(found, None), self.tokens, SERVICE, (section.gate,))

    def owner(self, code: str) -> str | None:
        """Who registered the tender project the section belongs to, or first spoke of the section; a round
        of prices is its section's."""
        code, _ = round_of(code)
        whose = ("tender", code[:TENDER]) if in_engineering(code) else runner(code)
        return self.index.parent_owner(self.tokens.of(*whose))

    def now(self) -> int:
        return int(self.clock().timestamp() * 1_000_000)

    def ripe(self, row: BidRow) -> bool:
        """Is the deadline over that its receipt speaks of?"""
        return self.now() >= row.until

    def kept(self, row: BidRow, claim: Claim = UNSEALING) -> Kept | None:
        """What was kept of a delivery, if that may be read on this ground."""
        raw = self._raw(row.seq, claim)
        return None if raw is None or "receipt" not in raw else Kept(row, raw)

    def erased(self, row: BidRow, claim: Claim) -> bool:
        """Was it taken out at the bidder's own wish, when nothing had to be kept any more?"""
        entry = self.reading.journal.entry(row.seq, claim)
        return entry is not None and bool(entry.gone)

    def outcome(self, row: BidRow, claim: Claim = UNSEALING) -> dict[str, Any] | None:
        return self._raw(row.result_entry, claim) if row.result_entry else None

    def begun(self, row: OpeningRow) -> dict[str, Any]:
        """`{"opening", "stamp"}`: it names nobody, and stands open."""
        entry = self.reading.journal.entry(row.seq)
        assert entry is not None  # noqa: S101 - the row is made from it
        found: dict[str, Any] = json.loads(entry.raw)
        return found

    def _raw(self, seq: int, claim: Claim) -> dict[str, Any] | None:
        entry = self.reading.journal.entry(seq, claim)
        if entry is None or not entry.raw:
            return None
        found: dict[str, Any] = json.loads(entry.raw)
        return found


@dataclass(frozen=True, slots=True)
class Kept:
    """A delivery read back."""

    row: BidRow
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def receipt(self) -> Mapping[str, Any]:
        said: Mapping[str, Any] = self.raw["receipt"]
        return said

    def sealed(self) -> Sealed:
        evidence = self.raw["evidence"]
        signer = digest(base64.b64decode(evidence["signer"]))
        return Sealed(
            self.row.file, self.row.size, self.row.model, signer, bytes.fromhex(evidence["binding"]),
            bytes.fromhex(evidence.get("covered", "")),
        )  # fmt: skip
