"""What a CA tells of single certificates by `ca.sync` (`status-change`); what is right in it counts.

JSON, `{"version": "1", "changes": [{"issuerKey", "serialNo", "status", "time", "certificate"?}]}`. Its sender
is known by its dialect alone, so `revoked` and `frozen` count at once and `unfrozen` never by itself: only
when the CA's responder, asked by us, signs that the `certificate` is good, or a later list no longer has it.
Who was revoked stays so until a list says other.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from certs.model.certificate import Certificate, read_certificate
from certs.model.der import MalformedError
from certs.trustlist import TrustList
from certs.trustlist.canonical import parse
from certs.trustlist.model import Member
from hub.ca.neighbours import ENCODING, GAP, SIGNATURE
from hub.ca.standing import FROZEN, REVOKED, Mark, Standing, key_of
from hub.message import Finding, shown

CRL, DELTA, STATUS, BINDING = "crl", "delta-crl", "status-change", "subject-binding"
UNFROZEN = "unfrozen"
TOLD_OF = (CRL, DELTA, STATUS, BINDING)  # what CAs tell of single certificates
MOST_CHANGES, MOST_MARKS = 1000, 50_000
_MEMBERS = frozenset(("issuerKey", "serialNo", "status", "time"))


@dataclass(frozen=True, slots=True)
class Unproved:
    """A mark that is to be lifted, if the CA's own word says so."""

    mark: Mark
    certificate: Certificate
    issuer: Certificate
    responders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """`standing` is what then holds; `findings` are those entries that were not taken."""

    standing: Standing
    fresh: bool
    findings: tuple[Finding, ...] = ()
    unproved: tuple[Unproved, ...] = ()


@dataclass(frozen=True, slots=True)
class NotTaken:
    """Why nothing of it is: a code of `ca.sync`, and everything that was found."""

    code: str
    findings: tuple[Finding, ...]


def speaks_for(listed: TrustList, system: str) -> list[Member]:
    """The CAs about which this system may tell us: itself, or those of the province it stands for."""
    return [one for one in listed.members if system == (one.ca.id if one.peer is None else one.peer.system)]


def issuers_of(members: Iterable[Member]) -> dict[str, tuple[Certificate, Member]]:
    """Their listed certificates, by key."""
    found = ((read_certificate(raw), one) for one in members for raw in sorted(one.ca.certificates))
    return {key_of(certificate): (certificate, one) for certificate, one in found}


def judge_changes(
    listed: TrustList, standing: Standing, system: str, octets: bytes, now: datetime
) -> Told | NotTaken:
    """For a thread. What is right counts, also beside what is not."""
    try:
        value = parse(octets)
    except MalformedError as error:
        return nothing(ENCODING, "/content", "状态变更(JSON)", str(error)[:200], "核对文件后重发")
    rows = value.get("changes") if isinstance(value, dict) and value.get("version") == "1" else None
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_CHANGES:
        return nothing(
            ENCODING, "/content/changes", f"1 至 {MOST_CHANGES} 项", "", "version 为 1,changes 为数组"
        )
    issuers, marks = issuers_of(speaks_for(listed, system)), {(m.issuer, m.serial): m for m in standing.marks}
    findings: list[Finding] = []
    unproved: list[Unproved] = []
    for at, row in enumerate(rows):
        said = _change(row, f"/content/changes/{at}", issuers, system, now)
        if isinstance(said, Finding):
            findings.append(said)
        elif isinstance(said, Mark):
            key = said.issuer, said.serial
            marks[key] = _worse(marks.get(key), said)
        else:
            held = marks.get((said.mark.issuer, said.mark.serial))
            unproved += [replace(said, mark=held)] if held is not None and held.status == FROZEN else []
    if len(findings) == len(rows):
        return NotTaken(findings[0].code, tuple(findings))
    if len(marks) > MOST_MARKS:
        return nothing(GAP, "/content/changes", f"至多 {MOST_MARKS} 项未入列表", "", "请发全量吊销列表")
    made = tuple(marks.values())
    fresh = made != standing.marks
    return Told(
        replace(standing, number=standing.number + fresh, marks=made), fresh, tuple(findings), tuple(unproved)
    )


def _worse(held: Mark | None, said: Mark) -> Mark:
    """A hold does not soften a revocation, and the earlier moment stays."""
    if held is None:
        return said
    status = REVOKED if REVOKED in (held.status, said.status) else FROZEN
    if status == held.status and held.since <= said.since:
        return held
    return replace(said, status=status, since=min(held.since, said.since))


def _change(
    row: Any, at: str, issuers: dict[str, tuple[Certificate, Member]], system: str, now: datetime
) -> Mark | Unproved | Finding:
    if not isinstance(row, dict) or not _MEMBERS <= set(row) <= _MEMBERS | {"certificate", "reason"}:
        return Finding(ENCODING, at, " ".join(sorted(_MEMBERS)), "", "补齐成员,去掉其余")
    status, key = str(row["status"]), str(row["issuerKey"])
    if key not in issuers:
        return Finding(
            SIGNATURE, f"{at}/issuerKey", f"{system} 所属 CA 的公钥摘要", shown(key), "只可告知自己签发的证书"
        )
    if status not in (REVOKED, FROZEN, UNFROZEN):
        return Finding(ENCODING, f"{at}/status", f"{REVOKED} {FROZEN} {UNFROZEN}", shown(status), "改正状态")
    try:
        serial, since = int(str(row["serialNo"]), 16), datetime.fromisoformat(str(row["time"]))
        if since.tzinfo is None or not 0 < serial < 1 << 168:
            raise ValueError
    except ValueError:
        return Finding(ENCODING, at, "serialNo 十六进制,time 带时区", shown(str(row["time"])), "改正后重发")
    # Nobody is revoked from tomorrow on: what is told now counts now.
    mark = Mark(key, serial, status, min(since, now), now.replace(microsecond=0), system)
    if status != UNFROZEN:
        return mark
    certificate = _certificate(row.get("certificate"), serial)
    if certificate is None:
        return Finding(
            ENCODING, f"{at}/certificate", "该证书(Base64 DER)", "", "解冻须附证书,由枢纽向 OCSP 核实"
        )
    issuer, member = issuers[key]
    return Unproved(mark, certificate, issuer, member.ca.ocsp)


def _certificate(text: Any, serial: int) -> Certificate | None:
    try:
        found = read_certificate(base64.b64decode(str(text or ""), validate=True))
    except (MalformedError, binascii.Error, ValueError):
        return None
    return found if found.serial == serial else None


def lifted(standing: Standing, proved: Iterable[Mark]) -> Standing:
    """Without these marks."""
    gone = set(proved)
    kept = tuple(one for one in standing.marks if one not in gone)
    return (
        replace(standing, number=standing.number + 1, marks=kept)
        if len(kept) < len(standing.marks)
        else standing
    )


def nothing(code: str, at: str, expected: str, observed: str, advice: str) -> NotTaken:
    return NotTaken(code, (Finding(code, at, expected, observed, advice),))
