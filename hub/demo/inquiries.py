"""Questions put to systems, notices told to them, what they say themselves; judged by their own notes."""

from __future__ import annotations

import secrets
import tempfile
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from hub.catalogue import load as load_catalogue
from hub.client import Sent
from hub.demo.asking import Asking, put
from hub.demo.delivered import delivery, stored
from hub.demo.exchanges import HERE, Exchange
from hub.demo.facts import project, question
from hub.demo.hours import away
from hub.demo.shown import Shown
from hub.demo.speaking import Said, Speaking
from hub.demo.understood import agrees, noted, recorded
from hub.message import CST
from hub.standard import load as load_standard

AVOIDED, _LONGEST = "upstream.unavailable", 6.0
TRIES = 4  # of a question that was not answered in its time: the first may have to make its certificates
TAKEN = "upstream.unavailable"  # of a question that lies there; one that may not have arrived timed out
ABOUT = {"ca.status": "C01", "app.register": "P23"}  # whom a system asks that asks by itself


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice on its way."""

    row: Exchange
    asking: Asking
    sent: Sent


@dataclass(frozen=True, slots=True)
class Inquiries:
    """Everything is said as a member through the hub and looked up at the simulated system."""

    speaking: Speaking
    taken_in: list[str] = field(default_factory=list)

    def ask(self, row: Exchange) -> Shown:
        """Ask until there is an answer of the system's own, or word that it has the question; a few times.

        Who answers at its hour is asked the same each time; others anew, as by a caller whose time is over.
        """
        asking, later = self._asking(row), row.system in _away()
        for _ in range(TRIES):
            sent = self._put(row, asking)
            shown = self._answered(row, asking, sent)
            if not shown.why or (sent.status < 500 and _source(sent) != "degraded"):
                return shown
            if later and sent.code == TAKEN:
                break
            asking = asking if later else self._asking(row)
            if sent.code == AVOIDED and not later:
                time.sleep(min(sent.retry_after or 1, _LONGEST))  # nobody is asked any sooner
        return replace(shown, later=asking)

    def ripe(self, shown: Shown) -> bool:
        """Has a system that answers at its hour looked at the question?"""
        return shown.later is None or self._note(shown.row, shown.later) is not None

    def again(self, shown: Shown) -> Shown:
        """Once more what had no answer in its time: where its hour has come the answer lies there."""
        if shown.later is None:
            return shown
        answered = self._answered(shown.row, shown.later, self._put(shown.row, shown.later))
        return self.ask(shown.row) if answered.why and shown.row.system not in _away() else answered

    def tell(self, row: Exchange) -> Notice:
        asking = self._asking(row)
        return Notice(row, asking, self._put(row, asking))

    def taken(self, notice: Notice) -> Shown:
        """After its delivery: does the system know it as it was said?"""
        row, sent = notice.row, notice.sent
        if not sent.ok:
            return Shown(row, f"枢纽未收:{sent.status} {sent.code} {sent.findings[:1]}")
        note = self._note(row, notice.asking)
        state = delivery(self.speaking.client(row.sender), sent.hub_id, row.system)
        if note is None or not stored(state):
            return Shown(row, f"{'已有记载' if note else '无记载'};投递 {state}")
        return Shown(row, "", sent.hub_id)

    def by_itself(self, row: Exchange) -> tuple[Shown, Said]:
        """The system says it in its dialect; the hub knows the message that its receipt is for as its own."""
        said, to = Said(row.system, row.what, row.region), ABOUT.get(row.what, "")
        record = row.what in load_standard().by_id
        fields = None if record else question(row.what, to, project(HERE))
        said = self.speaking.itself(said, fields, to)
        if said.why_not:
            return Shown(row, said.why_not), said
        trace = self.speaking.client(row.system).find(row.system, said.msg_id)
        state = "" if trace is None else str(trace["state"])
        why = "" if state not in ("", "refused", "held") else f"枢纽记载:{state or '无'}"
        said.hub_id = "" if trace is None else str(trace["hubId"])
        return Shown(row, why, f"回执 {said.hub_id}"), said

    def _answered(self, row: Exchange, asking: Asking, sent: Sent) -> Shown:
        system, note = load_catalogue().system(row.system), self._note(row, asking)
        if note is None:
            records = self.speaking.sims.records(row.system)
            if sent.ok and recorded(system, row.what, asking.fields, records):
                return Shown(row, "", "已入其账")
            return Shown(row, f"对方无记载;枢纽答 {sent.status} {sent.code}")
        if not sent.ok or _source(sent) != "provider":
            told = note.get("refused", "已答")
            return Shown(row, f"对方 {told};枢纽答 {sent.status} {sent.code} {_source(sent)}")
        answer = sent.document.get("body") or {}
        same = agrees(system, row.what, note, answer)
        return Shown(row, "" if same else f"对方所答 {note.get('told')},枢纽所答 {answer}", "问答相符")

    def _note(self, row: Exchange, asking: Asking) -> dict[str, Any] | None:
        notes = self.speaking.sims.asked(row.system)
        return noted(load_catalogue().system(row.system), row.what, asking.fields, notes)

    def _put(self, row: Exchange, asking: Asking) -> Sent:
        sent = put(self.speaking.client(row.sender), self.speaking.keys[row.sender], asking)
        if sent.ok:
            self.taken_in.append(asking.key)
        return sent

    def _asking(self, row: Exchange) -> Asking:
        return Asking(row.what, row.system, self._fields(row), f"{row.system}-{secrets.token_hex(6)}")

    def _fields(self, row: Exchange) -> dict[str, Any]:
        fields = question(row.what, row.system, project(HERE))
        if "@file" not in fields.values():
            return fields
        file = self._file(row.sender, str(fields))
        return {name: file if value == "@file" else value for name, value in fields.items()}

    def _file(self, sender: str, content: str) -> dict[str, Any]:
        """A small file, put where files are kept, as messages name it."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "list.txt"
            path.write_text(content, encoding="utf-8")
            kept = self.speaking.client(sender).put_file(path)
            return {
                "name": path.name, "digest": kept["digest"], "size": path.stat().st_size,
                "media": "text/plain",
            }  # fmt: skip


def _source(sent: Sent) -> str:
    """Who the answer is from: `provider`, `degraded`, `cache` ..."""
    return str(sent.document.get("service", {}).get("source", ""))


def _away() -> frozenset[str]:
    return away(datetime.now(CST))
