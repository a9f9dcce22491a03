"""A centre, its CAs and a list, in memory; every test changes what it is about."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from certs.testpki.issue import Authority
from certs.trustlist import TrustList, publish
from certs.trustlist.publishing import listed

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DAY = timedelta(days=1)
SECTORS = ["engineering", "procurement", "land"]


_ROOTS: dict[tuple[str, str], Authority] = {}
_SUBS: dict[tuple[str, str], Authority] = {}


def root(name: str, algorithm: str = "sm2-sm3") -> Authority:
    if (name, algorithm) not in _ROOTS:
        _ROOTS[name, algorithm] = Authority.root(f"{name} 根", algorithm, now=NOW - 800 * DAY)
    return _ROOTS[name, algorithm]


def sub(name: str, algorithm: str = "sm2-sm3") -> Authority:
    if (name, algorithm) not in _SUBS:
        _SUBS[name, algorithm] = root(name, algorithm).sub(f"{name} 运营 CA")
    return _SUBS[name, algorithm]


@cache
def centre(name: str = "中心", algorithm: str = "sm2-sm3") -> Any:
    return Authority.root(f"{name} 管理根", algorithm, now=NOW).issue(f"{name} 信任列表签发", days=365)


def moment(when: datetime) -> str:
    return when.isoformat(timespec="seconds")


def ca(name: str, algorithm: str = "sm2-sm3", **different: Any) -> dict[str, Any]:
    begin = moment(NOW - 700 * DAY)
    return {
        "id": name,
        "name": {"zh": f"{name} 电子认证", "en": name},
        "licence": f"ECP-{name}",
        "roots": [listed(root(name, algorithm).key.certificate)],
        "intermediates": [listed(sub(name, algorithm).key.certificate)],
        "subordinates": "listed",
        "algorithms": [{"name": algorithm, "bits": 2048 if "rsa" in algorithm else 256}],
        "sectors": {"engineering": {"from": begin}, "procurement": {"from": begin}},
        "from": begin,
        "grandfathering": {"rule": "until-expiry", "reason": "正常退出"},
        "assurance": "high",
        "media": ["token", "tokenless"],
        "quirks": [],
        "revocation": {"ocsp": ["http://ocsp.example.invalid/"], "crl": []},
        "identity": [],
        "contact": {"phone": "0931-0000000"},
    } | different  # fmt: skip


def content(*cas: dict[str, Any], **different: Any) -> dict[str, Any]:
    return {
        "version": "1",
        "region": "62",
        "issuer": {"zh": "甘肃省公共资源交易中心(沙箱)", "en": "Gansu centre (sandbox)"},
        "sequence": 7,
        "issued": moment(NOW),
        "nextUpdate": moment(NOW + 30 * DAY),
        "sectors": SECTORS,
        "assurances": ["basic", "high"],
        "cas": list(cas),
        "peers": [],
    } | different


def signed(value: dict[str, Any], by: Any = None) -> bytes:
    return publish(value, by or centre(), at=NOW)[0]


def read(data: bytes, at: datetime = NOW, **more: Any) -> Any:
    return TrustList.read(data, signers=[centre().certificate], at=at, **more)


def changed(value: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    out = copy.deepcopy(value)
    change(out)
    return out


def usable(*cas: dict[str, Any], at: datetime = NOW, **different: Any) -> TrustList:
    found = read(signed(content(*cas, **different)), at)
    assert isinstance(found, TrustList), found.sentence()
    return found
