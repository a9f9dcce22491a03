"""What T01 says to one native message from the hub: a value per message, in the order the profile asks.

bytes -> shape -> signature, time, nonce -> seen before? -> all findings of the standard -> kept, receipt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from certs.algorithms.digest import digest
from hub.message import Finding
from simulators.nonces import NonceBook
from simulators.wire import Reply

STATUS_TITLES = {
    400: "报文不是合格的 I-JSON",
    401: "未通过认证",
    404: "没有这个地址或命令",
    405: "方法不适用",
    409: "同一报文编号,内容不同",
    413: "报文过大",
    422: "报文不合标准",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """An acknowledged message: what it was and what we said."""

    digest: bytes
    raw: bytes
    receipt: Mapping[str, Any]


@dataclass(slots=True)
class Memory:
    """Acknowledged messages by (from, msgId), and nonces within the window."""

    seen: dict[tuple[str, str], Seen] = field(default_factory=dict)
    nonces: NonceBook = field(default_factory=NonceBook)
    serial: int = 0

    def fresh_nonce(self, owner: str, nonce: str, now: datetime) -> bool:
        """Remember a nonce; False when it was used within the window."""
        return self.nonces.fresh((owner, nonce), now)


def fingerprint(raw: bytes) -> bytes:
    """What tells a byte for byte repetition without keeping the bytes."""
    return digest(raw)


def problem(status: int, code: str, findings: list[Finding]) -> Reply:
    """A refusal: RFC 9457 with every finding."""
    told = {
        "type": "about:blank",
        "title": STATUS_TITLES.get(status, "refused"),
        "status": status,
        "code": code,
        "findings": [finding.public() for finding in findings],
    }
    body = json.dumps(told, ensure_ascii=False).encode("utf-8")
    return Reply(status, {"Content-Type": "application/problem+json; charset=utf-8"}, body)


def answer(status: int, told: Mapping[str, Any]) -> Reply:
    """A JSON answer."""
    body = json.dumps(told, ensure_ascii=False).encode("utf-8")
    return Reply(status, {"Content-Type": "application/json; charset=utf-8"}, body)
