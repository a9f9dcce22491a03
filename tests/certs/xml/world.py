"""Documents, signers and trust of the XML tests."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from certs.keys.held import HeldKey
from certs.testpki.issue import Authority
from certs.trust import Revocation, Trust
from certs.xml import OpenedXml, open_xml

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ALGORITHMS = ("sm2-sm3", "rsa-sha256", "ecdsa-sha256")
PLAIN = b'<bid xmlns="urn:a" xmlns:b="urn:b"><b:x Id="p1">one<i a="1&#10;2"/></b:x><y Id="p2">2</y>tail</bid>'
CHINESE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!-- 说明 -->'
    '<标书 xmlns="urn:a" xmlns:b="urn:b" 编号="甲&#9;乙">'
    '<b:x Id="p1">一&#13;<i a="1&#10;2"/><![CDATA[<&>]]></b:x><y Id="p2"/>尾<!-- 注 --><?pi x?></标书>'
).encode()


@cache
def root(algorithm: str) -> Authority:
    return Authority.root("XML 测试根", algorithm, now=NOW)


@cache
def signer(algorithm: str) -> HeldKey:
    return root(algorithm).issue("XML 签名者")


@cache
def trust() -> Trust:
    anchors = tuple(root(one).key.certificate for one in ALGORITHMS)
    return Trust(anchors, Revocation.REQUIRED, crls=tuple(root(one).crl() for one in ALGORITHMS))


def opened(data: bytes, **asked: Any) -> OpenedXml:
    return open_xml(data, trust=asked.pop("trust", trust()), at=asked.pop("at", NOW), **asked)


def codes(found: OpenedXml) -> set[str]:
    return {reason.code for reason in found.verdict.reasons}
