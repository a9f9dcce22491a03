"""What a bidder brings to an opening: what is kept of it at delivery, and whether what is brought is that.

A wrong one, brought by mistake or by another program, would else use up the bidder's turn and cost it the
bid. The check value of a part stands in the envelope, and a key that only the bidder has must fit what its
signature binds: so it is seen at the door, before anything is opened. Such a key travels in the form of a
part, the only one there is (`certs.envelope.open_key`).
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from certs.algorithms.digest import digest
from certs.envelope import Share
from certs.envelope.binding import binding_over
from certs.envelope.outside import Outside
from certs.envelope.shares import SealedShare
from certs.model.certificate import Certificate
from certs.model.der import MalformedError

_GROUP = 16


def sealed_part(parts: Sequence[SealedShare], platform: Certificate | None) -> dict[str, Any] | None:
    """What tells the part that is not the platform's, to be kept beside the bid; None where there is none."""
    others = [one for one in parts if platform is None or not one.recipient.is_for(platform)]
    if len(others) != 1:
        return None
    one = others[0]
    return {"group": one.group.hex(), "index": one.index, "total": one.total, "check": one.check.hex()}


def covered(outside: Outside) -> bytes:
    """The digest of what the signature binds the key to, taken while the file is at hand."""
    return digest(outside.signed + (outside.detached or b""))


def brought(evidence: Mapping[str, Any], share: Share) -> bool:
    """Is this what the bidder has to bring, by what was kept at the delivery?"""
    if evidence["share"] is not None:
        return is_that(evidence["share"], share)
    bound, signer = bytes.fromhex(evidence["binding"]), digest(base64.b64decode(evidence["signer"]))
    named = (share.group, share.index, share.total, len(share.value))
    if named != (bound[:_GROUP], 1, 1, evidence["keySize"]):
        return False
    found = binding_over(share.value, signer, bytes.fromhex(evidence["covered"]))
    return hmac.compare_digest(found, bound)


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
