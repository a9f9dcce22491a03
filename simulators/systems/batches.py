"""Supervision data by the batch: what a department checks before it says that it has it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hub.message import wall
from simulators.desk import Refusal
from simulators.state import Ledger


class Batches:
    """Counts and digests must agree with the list that comes with the batch."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def take(self, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        count, digest = int(asked["recordCount"]), str(asked.get("dataFile.digest") or "")
        if count < 1 or (digest and not int(asked.get("dataFile.size") or 0)):
            raise Refusal("data.count-differs")
        if digest and _hex(digest) != _hex(str(asked["batchDigest"])):
            raise Refusal("data.digest")
        return {
            "hubId": self._ledger.receipt(now),
            "receiptState": "accepted",
            "receivedTime": wall(now),
            "accepted": count,
        }


def _hex(digest: str) -> str:
    return digest.rpartition(":")[2].lower()
