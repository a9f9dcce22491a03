"""What a CA tells of its certificates by `ca.sync`: judged here, and only what is not refused is laid down.

`crl`: a complete revocation list, signed by a listed certificate of a CA that the sender speaks for, in
date, and not before the one we have. `status-change`: JSON, `{"version": "1", "changes": [{"issuerKey",
"serialNo", "status", "time", "certificate"?}]}`. Its sender is known by its dialect alone, so `revoked` and
`frozen` count at once and `unfrozen` never by itself: only when the CA's responder, asked by us, signs that
the `certificate` is good, or a later list no longer has it. Who was revoked stays so until a list says other.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from certs.algorithms.verification import fault
from certs.model.certificate import Certificate, read_certificate
from certs.model.crl import Crl, read_crl
from certs.model.der import MalformedError
from certs.trustlist import TrustList
from certs.trustlist.canonical import parse
from certs.trustlist.model import Member
from hub.ca.neighbours import ENCODING, EXPIRED, GAP, ROLLBACK, SIGNATURE
from hub.ca.standing import FROZEN, REVOKED, Mark, Standing, ToldList, key_of
from hub.message import Finding, shown

CRL, STATUS = "crl", "status-change"
UNFROZEN = "unfrozen"
MOST_CHANGES, MOST_MARKS = 1000, 50_000
_AHEAD = timedelta(minutes=5)
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


# lists


def judge_list(
    listed: TrustList, standing: Standing, known: Sequence[bytes], system: str, octets: bytes, now: datetime
) -> Told | NotTaken:
    """For a thread. `known` are the lists at hand, whoever brought them."""
    try:
        crl = read_crl(octets)
    except MalformedError as error:
        return _not(ENCODING, "/content", "吊销列表(DER)", str(error)[:200], "核对文件后重发")
    key = next((key for key, one in issuers_of(speaks_for(listed, system)).items() if _by(crl, one[0])), "")
    if not key:
        return _not(
            SIGNATURE,
            "/content",
            f"{system} 在信任列表中所列证书的签名",
            shown(str(crl)),
            "由签发 CA 本身签名",
        )
    if crl.extensions.delta_base is not None:
        return _not(GAP, "/content", "全量吊销列表", "增量", "请发全量列表")
    if crl.next_update is None or crl.next_update <= now or crl.this_update > now + _AHEAD:
        return _not(EXPIRED, "/content", f"含 {now.isoformat()} 的有效期", shown(str(crl)), "重新签发后再发")
    same = [one for one in map(read_crl, known) if _replaces(crl, one)]
    if any(_age(one) > _age(crl) for one in same):
        return _not(ROLLBACK, "/content", "不早于现有列表", shown(str(crl)), "请发最新的列表")
    if any(one.raw == octets for one in same):
        return Told(standing, fresh=False)
    told = [one for one in standing.lists if one.issuer != key or not _replaces(crl, read_crl(one.raw))]
    # The CA has signed what there is to say about these: better or worse, it goes before the notices.
    marks = [one for one in standing.marks if one.issuer != key or one.told > crl.this_update]
    if crl.extensions.issuing_point is not None:
        marks = list(standing.marks)  # one of several lists: silence in it proves nothing
    lists = (*told, ToldList(key, octets, system))
    return Told(Standing(standing.number + 1, tuple(marks), lists), fresh=True)


def _by(crl: Crl, issuer: Certificate) -> bool:
    usage = issuer.extensions.key_usage
    if crl.issuer != issuer.subject or not crl.algorithm_agrees or (usage and "cRLSign" not in usage):
        return False
    return fault(crl.signed, crl.algorithm, crl.signature, issuer.key, remember=True) is None


def _replaces(crl: Crl, other: Crl) -> bool:
    mine, theirs = crl.extensions, other.extensions
    return (
        crl.issuer == other.issuer
        and theirs.delta_base is None
        and mine.issuing_point == theirs.issuing_point
        and mine.values.get(_KEY) == theirs.values.get(_KEY)
    )


_KEY = "2.5.29.35"


def _age(crl: Crl) -> tuple[datetime, int]:
    return crl.this_update, crl.extensions.crl_number or 0


# notices


def judge_changes(
    listed: TrustList, standing: Standing, system: str, octets: bytes, now: datetime
) -> Told | NotTaken:
    """For a thread. What is right counts, also beside what is not."""
    try:
        value = parse(octets)
    except MalformedError as error:
        return _not(ENCODING, "/content", "状态变更(JSON)", str(error)[:200], "核对文件后重发")
    rows = value.get("changes") if isinstance(value, dict) and value.get("version") == "1" else None
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_CHANGES:
        return _not(
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
        return _not(GAP, "/content/changes", f"至多 {MOST_MARKS} 项未入列表", "", "请发全量吊销列表")
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


def _not(code: str, at: str, expected: str, observed: str, advice: str) -> NotTaken:
    return NotTaken(code, (Finding(code, at, expected, observed, advice),))
