"""A proof: entries of one message, their paths, a signed head and its time stamp; checked without a hub.

The whole document is signed by the log's key, so that no byte of it can be changed unseen, not even one
that no rule of its own protects. Who made it can be asked; what it proves stands without.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hub.evidence import merkle
from hub.evidence.ring import Ring
from hub.index.port import StampRow, TreeRow
from hub.journal.claims import own
from hub.journal.entry import Entry
from hub.journal.port import Reading
from hub.message import wall

FORMAT = "hutong-proof/2"
FIRST = "hutong-proof/1"  # without receipt, stamp and signature of the whole; still read


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries of whom; with `raw` the message's bytes are in it (for those who may read them)."""

    entries: Sequence[int]
    subject: Mapping[str, Any]
    raw: bool
    receipt: Mapping[str, Any] | None = None


def prove(reading: Reading, wanted: Wanted, ring: Ring, now: datetime) -> dict[str, Any] | None:
    """The proof; None until a head covers the first entry.

    Under the first stamped head that covers everything, which proves the earliest time; if there is none
    yet, under the newest head, with what the newest stamp proves of it.
    """
    under, stamp = _heads(reading, wanted.entries)
    if under is None:
        return None
    look, head = looker(reading), under.facts["head"]
    # Only its sender is handed the bytes, also while they are sealed: that is not lifting the seal.
    claim = own(str(wanted.subject.get("from", "")), message=min(wanted.entries))
    rows = []
    for seq in (one for one in wanted.entries if one <= under.size):
        entry = reading.journal.entry(seq, claim) if wanted.raw else _bare(reading, seq)
        if entry is None:
            return None
        row: dict[str, Any] = {
            "leafIndex": seq - 1,
            "entry": base64.b64encode(entry.head).decode("ascii"),
            "path": [node.hex() for node in merkle.path(seq - 1, head["size"], look, head["alg"])],
        }
        if entry.gone:
            row["erased"] = _erasure(reading, entry.gone[0])
        elif wanted.raw and entry.raw:
            row["raw"] = base64.b64encode(entry.raw).decode("ascii")
        rows.append(row)
    return ring.current.sign(
        {
            "format": FORMAT,
            "subject": dict(wanted.subject),
            "made": wall(now),
            "entries": rows,
            "later": sum(one > under.size for one in wanted.entries),
            "receipt": None if wanted.receipt is None else dict(wanted.receipt),
            "head": head,
            "stamp": None if stamp is None else stamped(reading, stamp, under),
            "keys": ring.changes,
            "publicKey": ring.current.public_pem,
        }
    )


def _bare(reading: Reading, seq: int) -> Entry | None:
    """The entry with nothing deciphered."""
    return next(iter(reading.journal.heads(seq - 1, 1)), None)


def _erasure(reading: Reading, place: int) -> dict[str, str]:
    """When a person's values in the raw bytes were destroyed, and the event that says so."""
    found = reading.index.persons.erasure(place)
    entry = _bare(reading, found[1]) if found is not None else None
    if found is None or entry is None:
        return {}
    return {"at": wall(datetime.fromtimestamp(found[0] / 1e6, UTC)), "event": str(entry.facts["hubId"])}


def stamped(reading: Reading, stamp: StampRow, under: TreeRow) -> dict[str, Any] | None:
    """The stamp with the head it is over, and that `under` only added to that."""
    over, entry = reading.index.evidence.head(stamp.size), reading.journal.entry(stamp.seq)
    if over is None or entry is None:
        return None
    alg = under.facts["head"]["alg"]
    nodes = merkle.consistency(over.size, under.size, looker(reading), alg)
    return {
        "head": over.facts["head"],
        "consistency": [node.hex() for node in nodes],
        "kept": base64.b64encode(entry.raw).decode("ascii"),
    }


def looker(reading: Reading) -> merkle.Look:
    return lambda node: reading.journal.nodes([node])[node]


def told(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The receipt's words as the message's own leaf tells them: what the sender was told at first."""
    return {
        "hubId": facts["hubId"],
        "receiptState": facts["decision"]["state"],
        "receivedTime": wall(datetime.fromtimestamp(facts["at"] / 1e6, UTC)),
        "from": facts["from"],
        "msgId": facts["msgId"],
        "digest": f"sm3:{facts['digest']}",
        "reason": facts["decision"]["reason"],
    }


def _heads(reading: Reading, entries: Sequence[int]) -> tuple[TreeRow | None, StampRow | None]:
    rows = reading.index.evidence
    whole = rows.stamp(covering=max(entries))
    if whole is not None and (head := rows.head(whole.size)) is not None:
        return head, whole
    newest = reading.index.tree()
    if newest is None or newest.size < min(entries):
        return None, None
    part = rows.stamp()
    return newest, part if part is not None and part.size >= min(entries) else None
