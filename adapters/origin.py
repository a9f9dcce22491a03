"""Where a record began and under which key a receiver knows it.

Row key of the papers: SHA-256 of `from|stage|key`, written in the shape each dialect likes. It is
the same for every attempt and version, so that a repeated attempt cannot take effect twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from adapters.paths import text_of
from hub.message import wall
from hub.ports import Call, Outgoing


def row_key(sender: str, stage: str, key: str, shape: str) -> str:
    """The row key in one of the shapes uuid, hex32, HEX32, hex64."""
    digits = hashlib.sha256("|".join((sender, stage, key)).encode()).hexdigest()
    if shape == "hex64":
        return digits
    digits = digits[:32]
    if shape == "uuid":
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    return digits.upper() if shape == "HEX32" else digits


def circumstances(outgoing: Outgoing, call: Call, shape: str) -> dict[str, str]:
    """Values of the `@` rows of a mapping table for one attempt."""
    sender = outgoing.sender or _of(outgoing.envelope, "head", "from")
    key = outgoing.key or _of(outgoing.envelope, "body", "key") or call.key
    return {
        "@key": row_key(sender, outgoing.stage, key, shape),
        "@op": outgoing.op,
        "@version": str(outgoing.version),
        "@from": sender,
        "@hubId": outgoing.hub_id,
        "@sentAt": wall(call.now),
        "@stage": outgoing.stage,
    }


def below(path: str, system: str) -> str:
    """The path under the base address of a caller, whether or not the server has cut `/in/{id}` off."""
    return path.removeprefix(f"/in/{system}") or "/"


def _of(envelope: Mapping[str, Any] | None, part: str, name: str) -> str:
    inner = (envelope or {}).get(part)
    return text_of(inner.get(name)) if isinstance(inner, Mapping) else ""
