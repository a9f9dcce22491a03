"""The bidder's part of a key: what is kept of it at delivery, and whether one that is brought is that part.

A wrong one, brought by mistake or by another program, would else use up the bidder's turn and cost it the
bid. Its check value stands in the envelope, so it is seen at the door, before anything is opened.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from certs.envelope import Share
from certs.envelope.shares import SealedShare
from certs.model.certificate import Certificate
from certs.model.der import MalformedError


def sealed_part(parts: Sequence[SealedShare], platform: Certificate | None) -> dict[str, Any] | None:
    """What tells the part that is not the platform's, to be kept beside the bid; None where there is none."""
    others = [one for one in parts if platform is None or not one.recipient.is_for(platform)]
    if len(others) != 1:
        return None
    one = others[0]
    return {"group": one.group.hex(), "index": one.index, "total": one.total, "check": one.check.hex()}


def is_that(sealed: Mapping[str, Any], share: Share) -> bool:
    """As `SealedShare.agrees`."""
    named = (share.group.hex(), share.index, share.total)
    if named != (sealed["group"], sealed["index"], sealed["total"]):
        return False
    return hmac.compare_digest(share.check, bytes.fromhex(sealed["check"]))


def read_share(raw: bytes) -> Share | None:
    """A part as it travels; None for what is none."""
    try:
        return Share.read(raw)
    except MalformedError:
        return None
