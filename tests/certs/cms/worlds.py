"""A small CA per algorithm, two people below it, and how their messages are judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from certs.cms import verify_cms
from certs.keys.held import HeldKey
from certs.testpki.issue import Authority
from certs.trust import Revocation, Trust
from certs.verdict import Verdict

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
CONTENT = "开标一览表:投标总价 1,234,567.00 元(沙箱)".encode()
ALGORITHMS = ("sm2-sm3", "rsa-sha256", "ecdsa-sha256")


@dataclass(frozen=True)
class World:
    root: Authority
    sub: Authority
    first: HeldKey
    second: HeldKey
    trust: Trust

    def judge(self, message: bytes, **asked: Any) -> Verdict:
        return verify_cms(message, trust=asked.pop("trust", self.trust), at=asked.pop("at", NOW), **asked)


@cache
def world(algorithm: str) -> World:
    root = Authority.root(f"签名数据测试根 {algorithm}", algorithm, now=NOW)
    sub = root.sub(f"签名数据测试 CA {algorithm}")
    first, second = sub.issue("投标人甲"), sub.issue("投标人乙")
    trust = Trust((root.key.certificate,), Revocation.REQUIRED, crls=(root.crl(), sub.crl()))
    return World(root, sub, first, second, trust)


def codes(verdict: Verdict) -> set[str]:
    return {reason.code for reason in verdict.reasons}


def notes(verdict: Verdict) -> set[str]:
    return {reason.detail for reason in verdict.forgiven}
