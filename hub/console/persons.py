"""Whose certificate it is, each code with what its check characters say, and by whose list its CA counts."""

from __future__ import annotations

import re
from typing import Any

from certs.cli.naming import called, plain
from certs.cli.report import Report
from certs.model.certificate import Certificate
from certs.trustlist import Peer
from hub.console import wording
from hub.console.clocks import local

_LONGEST_NAME = 80
_HAN = re.compile(r"[\u4e00-\u9fff]")
_BEFORE_NAME = re.compile(r"^[0-9A-Z-]{8,20}(?=[\u4e00-\u9fff])")
_KINDS = {
    "uscc": ("统一社会信用代码", "credit code"), "resident": ("居民身份号码", "resident number"),
    "organisation": ("组织机构代码", "organisation code"), "registration": ("注册号", "registration number"),
    "tax": ("纳税人识别号", "tax number"), "agent": ("经办人", "agent"),
    "vendor": ("厂商编号", "vendor's number"),
}  # fmt: skip


def name_of(one: Certificate) -> str:
    """Its name in full, without the codes some CAs write before it: those stand below, checked."""
    parts = [part for part in called(one, _LONGEST_NAME).split("@") if _HAN.search(part)]
    return _BEFORE_NAME.sub("", parts[-1]) if parts else called(one)


def who(report: Report, place: int) -> dict[str, Any] | None:
    """Whose certificate it is, each code with what its check characters say."""
    if report.recognition is None:
        return None
    subject = report.recognition.subject
    codes = []
    for one in subject.candidates if subject is not None else ():
        kind = _KINDS.get(one.kind, (one.kind,) * 2)[place]
        bound = subject is not None and subject.bound is not None and one.code == subject.bound.code
        codes.append(
            {
                "kind": kind,
                "code": plain(one.shown),
                "at": plain(wording.spoken(one.place, place)),
                "bound": bound,
            }
        )
    chain = report.chain
    return {
        "name": name_of(chain[-1]) if chain else "",
        "subject": plain(str(chain[-1].subject)) if chain else "",
        "codes": codes,
        "findings": [plain(str(one)) for one in subject.findings] if subject is not None else [],
        "medium": wording.coded(report.recognition.medium or "", wording.MEDIA, place),
    }


def ca(report: Report, place: int) -> dict[str, Any] | None:
    found = report.recognition
    if found is None or found.ca is None or found.member is None:
        return None
    listed, peer = found.member.listed_by, found.member.peer
    return {
        "id": plain(found.ca.id),
        "name": plain(found.ca.zh if place == 0 else found.ca.en),
        "list": plain(listed.zh if place == 0 else listed.en),
        "region": plain(listed.region),
        "sequence": listed.sequence,
        "until": local(listed.next_update),
        "period": f"{local(found.ca.period.begin)} – "
        + (local(found.ca.period.end) if found.ca.period.end is not None else "…"),
        "sectors": [_sector(one, peer, place) for one in found.ca.sectors],
        "assurance": found.assurance or "—",
        "peer": None if peer is None else plain(peer.zh if place == 0 else peer.en),
        "stated": plain(found.ca.assurance),
    }


def _sector(name: str, peer: Peer | None, place: int) -> str:
    """Of another province in its own word and ours; what is not mapped counts for nothing here."""
    if peer is None or peer.sectors.get(name) == name:
        return plain(wording.sector(name, place))
    ours = peer.sectors.get(name)
    return plain(f"{name} → {wording.sector(ours, place) if ours else '✗'}")
