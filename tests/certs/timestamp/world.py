"""A small world of time stamps: three kinds of keys, each with root, CA and authority. Made once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache

from certs.keys.held import HeldKey
from certs.testpki.issue import Authority
from certs.timestamp import Accuracy, request, respond
from certs.trust import Revocation, Trust

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
DATA = "评标报告(沙箱)".encode()
POLICY = "1.2.156.10197.6.1.99.1"
STAMPS = ("1.3.6.1.5.5.7.3.8",)
KINDS = ("sm2-sm3", "rsa-sha256", "ecdsa-sha256")
DIGEST = {"sm2-sm3": "sm3", "rsa-sha256": "sha256", "ecdsa-sha256": "sha256"}


@dataclass(frozen=True, slots=True)
class World:
    kind: str
    root: Authority
    sub: Authority
    tsa: HeldKey

    @property
    def digest(self) -> str:
        return DIGEST[self.kind]

    def trust(
        self,
        revoked: Sequence[tuple[int, datetime, int]] = (),
        *,
        at: datetime = NOW,
        revocation: Revocation = Revocation.REQUIRED,
    ) -> Trust:
        lists = (self.root.crl(this_update=at), self.sub.crl(revoked, this_update=at))
        return Trust((self.root.key.certificate,), revocation, crls=lists)

    def asked(self, data: bytes = DATA, nonce: int | None = 77) -> bytes:
        return request(data, self.digest, nonce=nonce)

    def stamped(self, data: bytes = DATA, *, at: datetime = NOW, key: HeldKey | None = None) -> bytes:
        return respond(
            self.asked(data), key or self.tsa, at=at, serial=4711, policy=POLICY, accuracy=Accuracy(1, 500)
        )


@cache
def world(kind: str = "sm2-sm3") -> World:
    root = Authority.root("时间戳根 CA", kind, now=NOW)
    sub = root.sub("时间戳 CA")
    return World(kind, root, sub, replace(sub.issue("时间戳机构", extended=STAMPS, days=300)))
