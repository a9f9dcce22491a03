"""A CA of each kind, a signer below it, and holders of keys that envelopes are for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from certs.keys.held import HeldKey
from certs.testpki.issue import ENCIPHER, Authority
from certs.trust import Revocation, Trust
from tests.certs.cms.worlds import NOW

CONTENT = "投标文件:总价 9,876,543.21 元(沙箱)".encode()


@dataclass(frozen=True)
class World:
    sm2: Authority
    rsa: Authority
    signer: HeldKey
    rsa_signer: HeldKey
    thief: HeldKey
    holders: tuple[HeldKey, ...]
    stranger: HeldKey
    trust: Trust

    @property
    def recipients(self) -> list[bytes]:
        return [one.certificate for one in self.holders]


@cache
def world() -> World:
    sm2 = Authority.root("信封测试根 SM2", now=NOW)
    rsa = Authority.root("信封测试根 RSA", "rsa-sha256", now=NOW)
    holders = (
        sm2.issue("招标人", usage=ENCIPHER),
        rsa.issue("平台运营者", usage=ENCIPHER),
        sm2.issue("投标人甲", usage=ENCIPHER),
    )
    anchors = (sm2.key.certificate, rsa.key.certificate)
    return World(
        sm2,
        rsa,
        sm2.issue("投标人甲"),
        rsa.issue("投标人乙"),
        sm2.issue("投标人丙"),
        holders,
        sm2.issue("无关者", usage=ENCIPHER),
        Trust(anchors, Revocation.REQUIRED, crls=(sm2.crl(), rsa.crl())),
    )
