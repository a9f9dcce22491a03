"""A section of its own whose deadline is seconds away: bids of five CAs delivered, opened, judged, proved.

Before the opening nothing is said of who delivered or how many: not here, and not by the hub, which is
looked at for that.
"""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hub.client import HubClient, Sent
from hub.demo.asking import Asking, put, section_of
from hub.demo.envelopes import Bid, delivery
from hub.demo.holders import b64
from hub.demo.speaking import Said, Speaking
from hub.errors import ReceiverError
from hub.message import CST, Key, wall
from hub.standard import load as load_standard
from hub.standard.sample import Project

OPENINGS = "/v1/bids/openings"
EARLY, LATE, UNKNOWN = "bid.before-deadline", "bid.after-deadline", "section.unknown"
REGION, SEED = "620102", 7600
SECTION, NOTICE, DOCUMENT = "eng-section", "eng-tender-notice", "eng-tender-document"
_FIRST = ("eng-project", "eng-tender-project", SECTION)
_LEAST, _TRIES, _MARGIN = 3.0, 4, 0.8
_PATIENCE = 180.0
AtSection = Callable[[Mapping[str, Any]], None]


@dataclass(slots=True)
class Bidding:
    """`organiser` runs the section and delivers for the bidders; `at_section` is told of its record."""

    speaking: Speaking
    organiser: str
    key: Key
    at_section: AtSection
    section: Mapping[str, Any] = field(default_factory=dict)
    deadline: datetime = field(default_factory=lambda: datetime.now(CST))
    said: list[Said] = field(default_factory=list)
    receipts: dict[str, dict[str, Any]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    _project: Project = field(init=False)
    _pace: float = 0.0

    @property
    def client(self) -> HubClient:
        return self.speaking.client(self.organiser)

    @property
    def code(self) -> str:
        return str(self.section["BID_SECTION_CODE"])

    def register(self) -> None:
        """The tender and its one section, whose deadline nobody knows yet."""
        start = datetime.now(CST).replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=60)
        self._project = Project(SEED, start, REGION, standard=load_standard())
        for stage in _FIRST:
            self._say(stage)
        self.section = self.said[-1].fields
        self.at_section(self.section)

    def upload(self, bids: Sequence[Bid]) -> None:
        """Every bid and its bidder's certificate; how long it takes says how fast this machine is today."""
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as place:
            for raw in (one for bid in bids for one in (bid.raw, bid.who.encryption.certificate)):
                path = Path(place) / "file"
                path.write_bytes(raw)
                self.client.put_file(path)
        self._pace = time.monotonic() - began

    def announce(self) -> Sent:
        """The deadline in notice and documents; how the hub answers who asks for the opening before any
        bid."""
        self._set(max(_LEAST, 2 * self._pace), NOTICE, DOCUMENT)
        return self._known()

    def deliver(self, bids: Sequence[Bid]) -> None:
        """All before the deadline, with a moment to spare; a machine that is too slow today postpones it."""
        for number in range(_TRIES):
            left = [bid for bid in bids if bid.name not in self.receipts]
            if not left and self.left() > _MARGIN:
                return
            if number:
                self._set(_LEAST * 3**number, DOCUMENT)
            for bid in left:
                self._deliver(bid)

    def left(self) -> float:
        """Seconds to the deadline."""
        return (self.deadline - datetime.now(CST)).total_seconds()

    def wait(self) -> None:
        time.sleep(max(0.0, self.left()) + 0.05)

    def ask_opening(self, client: HubClient, reason: str = "") -> Sent:
        return client.ask("POST", OPENINGS, {"section": self.code, **({"reason": reason} if reason else {})})

    def look(self, client: HubClient, section: str = "") -> Sent:
        return client.ask("GET", f"{OPENINGS}/{section or self.code}")

    def until(self, states: Sequence[str]) -> dict[str, Any]:
        """How far the opening is, once it is in one of these states."""
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            told = self.look(self.client)
            if told.document.get("state") in states:
                return told.document
            time.sleep(0.05)
        raise ReceiverError(f"{self.organiser} 的开标没有完成", code="demo.timeout")

    def bring(self, bid: Bid, part: bytes) -> Sent:
        number = self.receipts[bid.name]["receiptNo"]
        return self.client.ask("POST", "/v1/bids/shares", {"receiptNo": number, "share": b64(part)})

    def proof(self, bid: Bid) -> dict[str, Any]:
        return self.client.ask("GET", f"/v1/bids/{self.receipts[bid.name]['receiptNo']}").document

    def _deliver(self, bid: Bid) -> None:
        number = f"{bid.who.ca}-{secrets.token_hex(4)}"
        fields = delivery(bid, section_of(self.section), datetime.now(CST))
        sent = put(self.client, self.key, Asking("bid.receipt", "", fields, number))
        if sent.ok:
            self.receipts[bid.name] = dict(sent.document["receipt"])
        elif sent.code != LATE:
            self.refused.append(f"{sent.status} {sent.code} {sent.document.get('detail', '')}")

    def _set(self, seconds: float, *stages: str) -> None:
        """Times are whole seconds."""
        self.deadline = (datetime.now(CST) + timedelta(seconds=seconds)).replace(microsecond=0)
        at = wall(self.deadline)
        for stage in stages:
            more = {"POST_OPEN_TIME": at} if stage == DOCUMENT else {}
            self._say(stage, BID_DOC_REFER_END_TIME=at, BID_OPEN_TIME=at, **more)

    def _known(self) -> Sent:
        """The deadline is in force when it has been folded, a moment after its record was taken."""
        until = time.monotonic() + _PATIENCE
        while True:
            sent = self.ask_opening(self.client)
            if sent.code != UNKNOWN or time.monotonic() > until:
                return sent
            time.sleep(0.05)

    def _say(self, stage: str, **changes: Any) -> None:
        fields = self._project.record(stage) | changes
        said = self.speaking.natively(Said(self.organiser, stage, REGION), fields)
        if said.why_not:
            raise ReceiverError(f"{stage}: {said.why_not}", code="demo.section")
        self.said.append(said)
