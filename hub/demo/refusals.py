"""A vendor's first day: each usual mistake, and what the hub says to it; and one retry that is no mistake."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.client import HubClient, Sent
from hub.message import CST, Finding, Key, canonical, sign, wall
from hub.standard import load as load_standard


@dataclass(frozen=True, slots=True)
class Tried:
    """One deliberate message: what it was, the code expected, the answer that came."""

    name: str
    expected: str
    status: int
    code: str

    @property
    def ok(self) -> bool:
        return self.code == self.expected

    def finding(self) -> Finding:
        return Finding(
            "refusal.differs", self.name, self.expected, f"{self.status} {self.code}", "查看问题详情"
        )


def try_refusals(client: HubClient, own: Key, foreign: Key, seed: int) -> list[Tried]:
    """Send one good notice, its retry, and five bad ones as the owner of `own`."""
    base = load_standard().sample("subject-legal-person", seed)

    def fresh(**head: Any) -> dict[str, Any]:
        envelope = copy.deepcopy(base)
        stamp = {"from": own.owner, "msgId": f"demo-{secrets.token_hex(6)}", "nonce": secrets.token_hex(8)}
        envelope["head"].update(stamp, time=wall(datetime.now(CST)), **head)
        envelope["head"].pop("sign", None)
        return envelope

    first = sign(fresh(), own)
    bad_code = fresh()
    bad_code["body"]["fields"] = {**bad_code["body"]["fields"], "LEGAL_CODE": "91620000MA0000000X"}
    changed = sign(fresh(), own)
    changed["body"]["fields"] = {**changed["body"]["fields"], "LEGAL_NAME": "改过的名称"}
    cases: list[tuple[str, str, Callable[[], dict[str, Any]]]] = [
        ("合规报文", "0000", lambda: first),
        ("同一报文重发", "0000", lambda: first),
        ("签名后改动一字", "auth.signature", lambda: changed),
        ("重复使用随机数", "auth.nonce-reused", lambda: sign(fresh(nonce=first["head"]["nonce"]), own)),
        ("时间过期", "auth.time-window", lambda: sign(_aged(fresh()), own)),
        ("冒用他人密钥", "auth.key", lambda: sign(fresh(), foreign)),
        ("信用代码校验位错误", "party.code-check", lambda: sign(bad_code, own)),
    ]
    return [_tried(name, expected, client.send(canonical(make()))) for name, expected, make in cases]


def _aged(envelope: dict[str, Any]) -> dict[str, Any]:
    envelope["head"]["time"] = wall(datetime.now(CST) - timedelta(minutes=10))
    return envelope


def _tried(name: str, expected: str, sent: Sent) -> Tried:
    codes = [finding["code"] for finding in sent.findings]
    return Tried(name, expected, sent.status, expected if expected in codes else sent.code)
