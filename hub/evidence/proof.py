"""A proof: entries of one message, their paths and one signed head, to be checked without a hub."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from hub.evidence import merkle
from hub.journal.port import Reading

FORMAT = "hutong-proof/1"


def prove(
    reading: Reading, entries: Sequence[int], *, public_pem: str, raw: bool, subject: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The proof, under the newest head, of those journal entries it covers; None until it covers the first.

    With `raw` the message's bytes are in it (for those who may read them).
    """
    tree = reading.index.tree()
    if tree is None or tree.size < min(entries):
        return None
    head = tree.facts["head"]

    def look(node: merkle.Node) -> bytes:
        return reading.journal.nodes([node])[node]

    rows = []
    for seq in (one for one in entries if one <= tree.size):
        entry = reading.journal.entry(seq)
        if entry is None:
            return None
        row: dict[str, Any] = {
            "leafIndex": seq - 1,
            "entry": base64.b64encode(entry.head).decode("ascii"),
            "path": [node.hex() for node in merkle.path(seq - 1, head["size"], look, head["alg"])],
        }
        if raw and entry.raw:
            row["raw"] = base64.b64encode(entry.raw).decode("ascii")
        rows.append(row)
    return {
        "format": FORMAT,
        "subject": dict(subject),
        "entries": rows,
        "head": head,
        "publicKey": public_pem,
    }
