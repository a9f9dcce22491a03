"""The log's keys over time: one signs now, those before stay checkable.

A change is a statement signed by the old key and by the new one, and an entry of the log. So whoever
trusts either of them can reach the other, and nobody but the holder of both could have made it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from hub.errors import SettingsError
from hub.evidence.heads import SIGNATURE, HeadKey, fingerprint, open_key, read_key, value_holds
from hub.journal.entry import Kind
from hub.journal.port import Reading, Tx
from hub.journal.writer import Writer
from hub.message import canonical, wall

FILE, NEXT, RETIRED = "evidence.key", "evidence.next.key", "evidence.retired"
_STATED = frozenset({"log", "from", "to", "oldKey", "newKey", "time"})


@dataclass(slots=True)
class Ring:
    """`changes` are the statements, oldest first; `since` the entry from which on each key signs."""

    current: HeadKey
    changes: list[dict[str, Any]] = field(default_factory=list)
    retired: dict[str, HeadKey] = field(default_factory=dict)
    _since: list[tuple[int, str]] = field(default_factory=list)

    def signer_of(self, seq: int) -> HeadKey | None:
        """The key that signed when entry `seq` was written; None if it has been destroyed since."""
        for entry, name in reversed(self._since):
            if entry <= seq:
                return self._named(name)
        return self._named(self.changes[0]["from"]) if self.changes else self.current

    def receipt_sign(self, seq: int, words: bytes) -> dict[str, str] | None:
        """The signature block of a receipt for entry `seq`: the same key and so the same words every time."""
        key = self.signer_of(seq)
        if key is None:
            return None
        return {"alg": SIGNATURE, "keyId": f"hub:{key.fingerprint}", "value": key.value(words)}

    def sign(self, words: bytes) -> dict[str, str]:
        """The hub's signature block over anything that is no entry."""
        return {
            "alg": SIGNATURE,
            "keyId": f"hub:{self.current.fingerprint}",
            "value": self.current.value(words),
        }

    def _named(self, name: str) -> HeadKey | None:
        return self.current if name == self.current.fingerprint else self.retired.get(name)

    def learn(self, reading: Reading) -> None:
        """Take up the changes that the journal tells of."""
        self._since = list(reading.index.evidence.keys())
        entries = [reading.journal.entry(seq) for seq, _ in self._since]
        self.changes = [entry.facts["change"] for entry in entries if entry is not None]
        newest = self._since[-1][1] if self._since else self.current.fingerprint
        if newest != self.current.fingerprint:
            raise SettingsError("存证密钥与日志所记不符 / the evidence key is not the one the log names")


def open_ring(data: Path, *, realm: str) -> Ring:
    """The key in the data directory, and those put away."""
    folder = data / RETIRED
    kept = [read_key(file, realm=realm) for file in sorted(folder.glob("*.key"))] if folder.is_dir() else []
    return Ring(open_key(data / FILE, realm=realm), retired={key.fingerprint: key for key in kept})


async def take_next(ring: Ring, data: Path, writer: Writer, reading: Reading, now: datetime) -> None:
    """If a next key lies ready: journal the change, then exchange the files. Learn what the journal says.

    A crash in between is made up for at the next start.
    """
    waiting = data / NEXT
    if waiting.exists():
        old, new = ring.current, read_key(waiting, realm=ring.current.log.removeprefix("HUB-62-"))
        known = reading.index.evidence.keys()
        if new.fingerprint == old.fingerprint:
            raise SettingsError(f"{waiting}: 与现用密钥相同 / the same key again")
        if not known or known[-1][1] != new.fingerprint:
            facts = {"change": change(old, new, now)}
            await writer.do(lambda tx: _note(tx, int(now.timestamp() * 1e6), facts), own=True, long=True)
        folder = data / RETIRED
        folder.mkdir(mode=0o700, exist_ok=True)
        target = folder / f"{old.fingerprint}.key"
        if not target.exists():
            target.hardlink_to(data / FILE)
        waiting.replace(data / FILE)
        ring.current, ring.retired = new, {**ring.retired, old.fingerprint: old}
    ring.learn(reading)


def _note(tx: Tx, at: int, facts: Mapping[str, Any]) -> int:
    return tx.append(Kind.KEY, at, facts)


def change(old: HeadKey, new: HeadKey, now: datetime) -> dict[str, Any]:
    """The statement that `new` follows `old`, signed by both."""
    said = {
        "log": old.log,
        "from": old.fingerprint,
        "to": new.fingerprint,
        "oldKey": old.public_pem,
        "newKey": new.public_pem,
        "time": wall(now),
    }
    return {**said, "signs": {"from": old.value(canonical(said)), "to": new.value(canonical(said))}}


def change_holds(said: Mapping[str, Any]) -> bool:
    """Is it signed by both keys it names?"""
    if set(said) != _STATED | {"signs"} or set(said["signs"]) != {"from", "to"}:
        return False
    stated = {name: said[name] for name in _STATED}
    named = (fingerprint(said["oldKey"]), fingerprint(said["newKey"])) == (said["from"], said["to"])
    return named and all(
        value_holds(canonical(stated), said["signs"][which], said[pem])
        for which, pem in (("from", "oldKey"), ("to", "newKey"))
    )


def known_keys(trusted: str, changes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """All keys that one trusted key leads to, by fingerprint: through changes, in both directions."""
    sound = [one for one in changes if change_holds(one)]
    found = {fingerprint(trusted): trusted}
    grown = True
    while grown:
        more = {
            one[there]: one[pem]
            for one in sound
            for here, there, pem in (("from", "to", "newKey"), ("to", "from", "oldKey"))
            if one[here] in found and one[there] not in found
        }
        found |= more
        grown = bool(more)
    return found
