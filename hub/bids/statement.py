"""What the hub states of a bid, each signed with the log's key: receipt, opening, outcome.

One refers to the other by digest, so that the three (with the time stamps over the first two) are a proof
that can be checked by whoever has the hub's public key, without the hub (`verify`).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from certs.algorithms.digest import digest
from hub.bids.delivery import Delivery
from hub.bids.faults import faults
from hub.bids.unsealing import Found
from hub.evidence.heads import HeadKey
from hub.message import canonical, wall

RECEIPT, ROUND = "hutong-bid-receipt/1", "hutong-bid-round/1"
OPENING, OUTCOME, PROOF = (
    "hutong-bid-opening/1", "hutong-bid-outcome/1", "hutong-bid-proof/1",
)  # fmt: skip


def receipt(
    key: HeadKey,
    one: Delivery,
    number: str,
    at: int,
    until: int,
    size: int,
    evidence: Mapping[str, Any],
    supplements: str = "",
) -> dict[str, Any]:
    """What the bidder may show: that this file came then, sealed for these, before that deadline; of a
    supplement which receipt it `supplements`."""
    return key.sign(
        {
            **({"supplements": supplements} if supplements else {}),
            "format": RECEIPT,
            "log": key.log,
            "key": key.fingerprint,
            "receiptNo": number,
            "section": one.section,
            "step": one.step,
            "bidder": {name: one.bidder[name] for name in ("type", "code", "name") if name in one.bidder},
            "system": one.sender,
            "hubId": one.hub_id,
            "fileDigest": str(one.file["digest"]),
            "fileSize": size,
            "model": one.model,
            "signer": signer_digest(evidence),
            "binding": evidence.get("binding", ""),
            "platform": evidence.get("platform", ""),
            "receivedTime": moment(at),
            "deadline": moment(until),
        }
    )


def opening(key: HeadKey, section: str, by: str, reason: str, at: int, until: int) -> dict[str, Any]:
    """That the opening of a section began then, after its deadline, and by whom."""
    said = {
        "format": OPENING, "log": key.log, "key": key.fingerprint, "section": section, "by": by,
        "reason": reason, "openTime": moment(at), "deadline": moment(until),
    }  # fmt: skip
    return key.sign(said)


def price_round(key: HeadKey, section: str, number: int, by: str, at: int, until: int) -> dict[str, Any]:
    """That prices of this round are taken until then, by word of who runs the section."""
    said = {
        "format": ROUND, "log": key.log, "key": key.fingerprint, "section": section, "round": number,
        "by": by, "time": moment(at), "deadline": moment(until),
    }  # fmt: skip
    return key.sign(said)


def outcome(key: HeadKey, taken: Mapping[str, Any], begun: str, found: Found, at: int) -> dict[str, Any]:
    """What came of one bid, whose fault that is, and on what that rests; `begun` names the opening."""
    row = faults()[found.finding]
    now, content = found.measured, found.content
    said: dict[str, Any] = {
        "format": OUTCOME,
        "log": key.log,
        "key": key.fingerprint,
        "receiptNo": taken["receiptNo"],
        "section": taken["section"],
        "receipt": named(taken),
        "opening": begun,
        "result": row.result,
        "finding": row.finding,
        "clause": row.clause,
        "zh": row.zh,
        "en": row.en,
        "fileDigest": taken["fileDigest"],
        "openedDigest": "" if now is None else now.digest,
        "openedSize": 0 if now is None else now.size,
        "digestMatch": now is not None and (now.digest, now.size) == (taken["fileDigest"], taken["fileSize"]),
        "contentDigest": "" if content is None else content.digest,
        "contentSize": 0 if content is None else content.size,
        "recovered": found.recovered,
        "keyProbed": found.probed,
        "openTime": moment(at),
    }
    return key.sign(said)


def named(statement: Mapping[str, Any]) -> str:
    """How one statement names another."""
    return f"sm3:{digest(canonical(dict(statement))).hex()}"


def signer_digest(evidence: Mapping[str, Any]) -> str:
    raw = base64.b64decode(evidence.get("signer", ""))
    return f"sm3:{digest(raw).hex()}" if raw else ""


def moment(micros: int) -> str:
    """Whole seconds, as everywhere; a deadline is one."""
    return wall(datetime.fromtimestamp(micros // 1_000_000, UTC))
