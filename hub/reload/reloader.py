"""Reload: read everything, judge it whole, write down who did it, and only then go on with it.

The journal comes before the change: what the hub works by is never something that its log does not
know. One at a time; what was taken up before goes on under what it began with.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hub.ca.belief import folder_of, stamps_of
from hub.engine import Hub
from hub.errors import HubError
from hub.keyring import Keyring
from hub.message import Finding, wall
from hub.peers import Peers
from hub.reload.candidate import EVERYTHING, WATCHED, Candidate, read_again
from hub.reload.change import catalogue_changed, fixed, settings_changed
from hub.settings import Settings

log = logging.getLogger(__name__)
LOOK = 0.5
EVENT = "operation.reload"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`outcome`: taken | unchanged | refused; `event` the id of its journal entry."""

    outcome: str
    by: str
    at: str
    number: int
    changed: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    event: str = ""

    def public(self) -> dict[str, Any]:
        return {
            "outcome": self.outcome, "by": self.by, "at": self.at, "number": self.number,
            "changed": list(self.changed), "findings": [one.public() for one in self.findings],
            "event": self.event,
        }  # fmt: skip


@dataclass(slots=True)
class Reloader:
    """`again` reads the settings as the start did; `taken` hears of new ones, on the loop, at the swap."""

    hub: Hub
    peers: Peers
    keyring: Keyring
    again: Callable[[], Settings]
    clock: Callable[[], datetime]
    taken: Callable[[], None]
    env: Mapping[str, str] = field(default_factory=lambda: os.environ)
    last: Outcome | None = None
    outcomes: Counter[str] = field(default_factory=Counter)
    _door: asyncio.Lock = field(default_factory=asyncio.Lock)
    _digests: dict[str, str] = field(default_factory=dict)
    _seen: tuple[Any, ...] = ()

    async def reload(self, by: str, parts: Iterable[str] = EVERYTHING) -> Outcome:
        """Read again and go on with it, or say why not; never leaves half of it behind."""
        async with self._door:
            wanted = frozenset(parts)
            try:
                outcome = await self._reload(by, wanted)
            except HubError as error:
                finding = Finding(error.code, "", "", "", error.detail)
                outcome = self._outcome("refused", by, findings=(finding,))
            self.last = outcome
            self.outcomes[outcome.outcome] += 1
            self._tell(outcome)
            return outcome

    async def begin(self) -> None:
        """What the files hold at the start; before anybody is told that the hub is ready.

        Read any later, it would hold what changed meanwhile, and that would be written down as no change.
        """
        self._seen = self._look()
        live = self.hub.live
        known = await asyncio.to_thread(
            read_again, live.settings, self.again, self.env, WATCHED, belief=self.hub.ca.again
        )
        self._digests.update(known.digests)

    async def watch(self) -> None:
        """Until cancelled: read peers, keys and recognition data again when their files change."""
        while True:
            await asyncio.sleep(LOOK)
            now = await asyncio.to_thread(self._look)
            if now != self._seen:
                self._seen = now
                await self.reload("file", WATCHED)

    async def _reload(self, by: str, parts: frozenset[str]) -> Outcome:
        live = self.hub.live
        found = await asyncio.to_thread(
            read_again, live.settings, self.again, self.env, parts, belief=self.hub.ca.again
        )
        findings = (*found.findings, *fixed(live.settings, live.systems, found))
        changed = () if findings else self._changed(found)
        kind = "refused" if findings else "taken" if changed else "unchanged"
        event = await self.hub.record_event(
            EVENT,
            {
                "step": "reload",
                "by": by,
                "outcome": kind,
                "changed": list(changed),
                "digests": dict(found.digests),
                "findings": [{"code": one.code, "at": one.at} for one in findings],
            },
            own=True,
        )
        if not findings:
            self._swap(found)
        return self._outcome(kind, by, changed=changed, findings=findings, event=event)

    def _changed(self, found: Candidate) -> tuple[str, ...]:
        live = self.hub.live
        names: list[str] = []
        if found.settings is not None:
            names += [f"settings.{name}" for name in settings_changed(live.settings, found.settings)]
        if found.catalogue is not None:
            names += catalogue_changed(live.systems, found.catalogue)
        # Both look at their files by themselves, so that the values may be there already: digests tell then.
        stale = {part for part in WATCHED if self._digests.get(part) != found.digests.get(part)}
        if found.peers is not None and ("peers" in stale or _other(self.peers.held, found.peers)):
            names.append("peers")
        if found.keys is not None and ("keys" in stale or _other(self.keyring.held, found.keys)):
            names.append("keys")
        if found.ca is not None:
            names += found.ca.differs(self.hub.ca.belief)
        return tuple(names)

    def _swap(self, found: Candidate) -> None:
        """Everything at once; no await in here."""
        live = self.hub.live
        if found.peers is not None:
            self.peers.renew(found.peers)
        if found.keys is not None:
            self.keyring.renew(found.keys)
        if found.settings is not None or found.catalogue is not None:
            self.hub.renew(found.settings or live.settings, found.catalogue or live.systems)
        if found.ca is not None and found.ca.differs(self.hub.ca.belief):
            self.hub.ca.renew(found.ca)
        self._digests.update(found.digests)
        self.taken()

    def _outcome(
        self,
        kind: str,
        by: str,
        *,
        changed: tuple[str, ...] = (),
        findings: tuple[Finding, ...] = (),
        event: str = "",
    ) -> Outcome:
        return Outcome(kind, by, wall(self.clock()), self.hub.live.number, changed, findings, event)

    def _tell(self, outcome: Outcome) -> None:
        if outcome.outcome != "refused":
            log.info("reload by %s: %s %s", outcome.by, outcome.outcome, ", ".join(outcome.changed))
            return
        for one in outcome.findings:
            log.error(
                "reload by %s refused, everything stays as it was: %s %s expected %s observed %s: %s",
                outcome.by, one.at, one.code, one.expected, one.observed, one.advice,
            )  # fmt: skip

    def _look(self) -> tuple[Any, ...]:
        settings = self.hub.live.settings
        # Every key file for itself: a directory does not change when one of its files is written over.
        keys = tuple((path.name, _stamp(path)) for path in sorted(settings.keys_dir.glob("*.json")))
        return _stamp(settings.peers_file), keys, stamps_of(folder_of(settings))


def _other(held: Any, found: Any) -> bool:
    """Not what is in use; nothing is as long as nobody has asked."""
    return bool(held) and held != found


def _stamp(path: Any) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
