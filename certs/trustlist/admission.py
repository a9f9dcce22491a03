"""What a trust list says of a chain that holds by itself; `certs.trust` asks it of every certificate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from certs.model.certificate import Certificate
from certs.trust import Purpose
from certs.trustlist.algorithms import key_of, signed_with
from certs.trustlist.model import (
    LISTED,
    NEVER,
    UNTIL_DATE,
    AdmittedCa,
    Grandfathering,
    Member,
    Peer,
    Period,
    TrustList,
)
from certs.trustlist.quirks import quirks
from certs.verdict import FAILED, OPEN, PASSED, SKIPPED, Check, Moment, Reason


@dataclass(frozen=True, slots=True)
class ListAdmission:
    """Implements `certs.trust.Admission`. Without a sector or a medium, that is not asked."""

    listed: TrustList
    sector: str | None = None
    medium: str | None = None

    def checks(self, chain: Sequence[Certificate], moment: Moment, purpose: Purpose) -> Sequence[Check]:
        """`chain` is anchor first."""
        out = [_current(self.listed, moment)]
        member = self.listed.member(chain)
        if member is None:
            out.append(_step("admission", [Reason("not-admitted", str(chain[0]))]))
            return out
        # Whoever signs may claim any time: only a time that others vouch for counts against removal.
        when = moment.data_at if moment.source == "claimed" else moment.at
        sector = self.sector
        if member.peer is not None:
            out.append(_current(member.listed_by, moment))
            out.append(_province(member, member.peer, when))
        leaf = chain[-1]
        out.append(_admitted(member.ca, chain, leaf, when))
        out.append(_sector(member, sector, leaf, when))
        out.append(_algorithms(member.ca, chain, when))
        out.append(_quirks(member.ca, chain))
        out.append(_medium(member.ca, self.medium))
        for one in self.listed.besides:
            out += one.checks(chain, moment, purpose)
        return out


def _step(name: str, reasons: Iterable[Reason], evidence: str = "", at: str = "") -> Check:
    found = tuple(reasons)
    still_open = {reason.row.state for reason in found} == {"indeterminate"}
    outcome = (OPEN if still_open else FAILED) if found else PASSED
    return Check(name, outcome, at, evidence, None, found)


def _current(listed: TrustList, moment: Moment) -> Check:
    """A list that was in date when it was read may be so no longer."""
    evidence = f"{listed.region} #{listed.sequence}, {listed.digest[:20]}…"
    at, reasons = moment.data_at, []
    if at >= listed.next_update:
        reasons.append(Reason("list-expired", listed.zh, listed.next_update.isoformat()))
    return _step("list", reasons, evidence, listed.zh)


def _outside(
    period: Period, when: datetime, about: str, leaf: Certificate, rule: Grandfathering
) -> list[Reason]:
    """Reasons if `when` lies outside, and nothing issued before the end saves it."""
    if when < period.begin:
        return [Reason("admission-not-begun", about, period.begin.isoformat())]
    if period.end is None or not period.over(when):
        return []
    ended = period.end.isoformat()
    if leaf.not_before >= period.end:
        return [Reason("admission-ended", about, f"{ended};证书签发于此后 {leaf.not_before.isoformat()}")]
    if rule.rule == NEVER:
        return [Reason("admission-ended", about, f"{ended};此前所发证书一并不认:{rule.reason}")]
    if rule.rule == UNTIL_DATE and rule.until is not None and when >= rule.until:
        return [Reason("admission-ended", about, f"{ended};此前所发证书只认到 {rule.until.isoformat()}")]
    return []


def _admitted(ca: AdmittedCa, chain: Sequence[Certificate], leaf: Certificate, when: datetime) -> Check:
    about = f"{ca.id} {ca.zh}"
    reasons = _outside(ca.period, when, about, leaf, ca.grandfathering)
    if ca.subordinates == LISTED:
        held = ca.certificates
        reasons += [Reason("subordinate", str(one)) for one in chain[1:-1] if one.raw not in held]
    evidence = str(ca.period)
    if ca.period.over(when):
        evidence += f";{ca.grandfathering.rule}:{ca.grandfathering.reason}"
    return _step("admission", reasons, evidence, about)


def _sector(member: Member, sector: str | None, leaf: Certificate, when: datetime) -> Check:
    """Any of their sectors that means ours, if the CA is another province's."""
    ca = member.ca
    if sector is None:
        return Check("sector", SKIPPED, ca.id, "未问行业 / not asked")
    theirs = (
        [sector]
        if member.peer is None
        else [one for one, ours in member.peer.sectors.items() if ours == sector]
    )
    held = [one for one in theirs if one in ca.sectors]
    if not held:
        known = "、".join(sorted(ca.sectors)) or "—"
        return _step("sector", [Reason("sector", ca.id, f"{sector};准入行业 / admitted: {known}")])
    tried = [_outside(ca.sectors[one], when, f"{ca.id} {one}", leaf, ca.grandfathering) for one in held]
    best = min(tried, key=len)
    evidence = "、".join(f"{one} {ca.sectors[one]}" for one in held)
    return _step("sector", best, evidence if member.peer is None else f"{evidence} → {sector}", ca.id)


def _algorithms(ca: AdmittedCa, chain: Sequence[Certificate], when: datetime) -> Check:
    """How each certificate below the anchor is signed, and how long every key is."""
    rules = {one.name: one for one in ca.algorithms}
    reasons, seen = [], []
    for one in chain[1:]:
        name = signed_with(one)
        rule = rules.get(name)
        if rule is None or (rule.until is not None and when >= rule.until):
            until = "" if rule is None or rule.until is None else f",只到 {rule.until.isoformat()}"
            reasons.append(Reason("algorithm-not-admitted", str(one), name + until))
    for one in chain:
        family, bits = key_of(one)
        least = [
            rule.bits for rule in ca.algorithms if rule.name == family or rule.name.startswith(f"{family}-")
        ]
        seen.append(f"{family} {bits}")
        if not least or bits < min(least):
            reasons.append(Reason("algorithm-not-admitted", str(one), f"{family} {bits}"))
    return _step("admitted-algorithm", reasons, "、".join(dict.fromkeys(seen)))


def _quirks(ca: AdmittedCa, chain: Sequence[Certificate]) -> Check:
    """A certificate that stands on the list itself was admitted as it is, byte for byte."""
    held, reasons, tolerated = ca.certificates, [], []
    for one in chain:
        if one.raw in held:
            continue
        for quirk in quirks(one, issuing=one is not chain[-1]):
            if quirk.name in ca.quirks:
                tolerated.append(quirk.zh)
            else:
                reasons.append(Reason("quirk", str(one), f"{quirk.name}({quirk.zh})"))
    return _step("quirks", reasons, "、".join(dict.fromkeys(tolerated)) or "无偏差 / none")


def _medium(ca: AdmittedCa, medium: str | None) -> Check:
    if medium is None:
        return Check("medium", SKIPPED, ca.id, "未问介质 / not asked")
    reasons = [] if medium in ca.media else [Reason("medium", ca.id, medium)]
    return _step("medium", reasons, medium, ca.id)


def _province(member: Member, peer: Peer, when: datetime) -> Check:
    """Recognition across provinces is for those with the same technology and architecture; their
    assurance must have a meaning here."""
    reasons = []
    if not peer.same_architecture:
        reasons.append(Reason("peer-architecture", peer.zh, peer.basis))
    if when < peer.period.begin:
        reasons.append(Reason("admission-not-begun", peer.zh, peer.period.begin.isoformat()))
    if peer.period.over(when):
        reasons.append(Reason("admission-ended", peer.zh, str(peer.period)))
    ours = peer.assurances.get(member.ca.assurance)
    if ours is None:
        reasons.append(Reason("peer-assurance", peer.zh, member.ca.assurance))
    evidence = f"{peer.basis};保证级别 / assurance {member.ca.assurance} → {ours or '—'}"
    return _step("province", reasons, evidence, peer.zh)
