"""Revocation lists that a CA tells by `ca.sync` (`crl`): complete, signed by a listed certificate of a CA
that the sender speaks for, in date, and not before the one we have. Notices give way to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from certs.algorithms.verification import fault
from certs.model.certificate import Certificate
from certs.model.crl import Crl, read_crl
from certs.model.der import MalformedError
from certs.trustlist import TrustList
from hub.ca.neighbours import ENCODING, EXPIRED, GAP, ROLLBACK, SIGNATURE
from hub.ca.standing import Standing, ToldList
from hub.ca.telling import NotTaken, Told, issuers_of, nothing, speaks_for
from hub.message import shown

_AHEAD = timedelta(minutes=5)
_AUTHORITY_KEY = "2.5.29.35"


def judge_list(
    listed: TrustList, standing: Standing, known: Sequence[bytes], system: str, octets: bytes, now: datetime
) -> Told | NotTaken:
    """For a thread. `known` are the lists at hand, whoever brought them."""
    try:
        crl = read_crl(octets)
    except MalformedError as error:
        return nothing(ENCODING, "/content", "吊销列表(DER)", str(error)[:200], "核对文件后重发")
    listing = issuers_of(speaks_for(listed, system))
    key = next((key for key, (issuer, _) in listing.items() if _by(crl, issuer)), "")
    if not key:
        expected = f"{system} 在信任列表中所列证书的签名"
        return nothing(SIGNATURE, "/content", expected, shown(str(crl)), "由签发 CA 本身签名")
    if crl.extensions.delta_base is not None:
        return nothing(GAP, "/content", "全量吊销列表", "增量", "请发全量列表")
    if crl.next_update is None or crl.next_update <= now or crl.this_update > now + _AHEAD:
        expected = f"含 {now.isoformat()} 的有效期"
        return nothing(EXPIRED, "/content", expected, shown(str(crl)), "重新签发后再发")
    # What was fetched has not been proved yet: a list that nobody signed must not keep this one out.
    same = [one for one in map(read_crl, known) if _replaces(crl, one) and _by(one, listing[key][0])]
    if any(_age(one) > _age(crl) for one in same):
        return nothing(ROLLBACK, "/content", "不早于现有列表", shown(str(crl)), "请发最新的列表")
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
        and mine.values.get(_AUTHORITY_KEY) == theirs.values.get(_AUTHORITY_KEY)
    )


def _age(crl: Crl) -> tuple[datetime, int]:
    return crl.this_update, crl.extensions.crl_number or 0
