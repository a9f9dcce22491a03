"""Revocation lists that a CA tells by `ca.sync`: signed by a listed certificate of a CA that the sender
speaks for, in date, and not before the one we have.

To a complete one (`crl`) notices give way. A delta (`delta-crl`, RFC 5280 5.2.4) counts upon the complete
list it continues: that one has to be here, signed by the same key, of the same scope, numbered between the
delta's base and the delta; `certs` puts the two together. Without it nothing is known of those whom the delta
does not name, so it is refused and the complete list asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from certs.model.crl import HOLD, REMOVED, Crl, read_crl
from certs.model.der import MalformedError
from certs.revocation.lists import continuing
from certs.trustlist import TrustList
from hub.ca.neighbours import ENCODING, EXPIRED, GAP, ROLLBACK, SIGNATURE
from hub.ca.replacing import age, by, replaces, same_scope, supersedes
from hub.ca.standing import FROZEN, Mark, Standing, ToldList
from hub.ca.telling import NotTaken, Told, issuers_of, nothing, speaks_for
from hub.message import shown

_AHEAD = timedelta(minutes=5)


def judge_list(
    listed: TrustList, standing: Standing, known: Sequence[bytes], system: str, octets: bytes, now: datetime,
    *, delta: bool = False,
) -> Told | NotTaken:  # fmt: skip
    """For a thread. `known` are the lists at hand, whoever brought them; `delta`: it was called one."""
    try:
        crl = read_crl(octets)
    except MalformedError as error:
        return nothing(ENCODING, "/content", "吊销列表(DER)", str(error)[:200], "核对文件后重发")
    listing = issuers_of(speaks_for(listed, system))
    key = next((key for key, (issuer, _) in listing.items() if by(crl, issuer)), "")
    if not key:
        expected = f"{system} 在信任列表中所列证书的签名"
        return nothing(SIGNATURE, "/content", expected, shown(str(crl)), "由签发 CA 本身签名")
    base = crl.extensions.delta_base
    if (base is not None) is not delta:
        words = ("增量吊销列表", "全量") if delta else ("全量吊销列表", "增量")
        advice = "syncKind:全量用 crl,增量用 delta-crl"
        return nothing(ENCODING if delta else GAP, "/content", *words, advice)
    if crl.next_update is None or crl.next_update <= now or crl.this_update > now + _AHEAD:
        expected = f"含 {now.isoformat()} 的有效期"
        return nothing(EXPIRED, "/content", expected, shown(str(crl)), "重新签发后再发")
    # What was fetched has not been proved yet: a list that nobody signed must not keep this one out.
    if base is not None:
        signed = [one for one in map(read_crl, known) if by(one, listing[key][0])]
        return _continued(standing, signed, ToldList(key, octets, system), crl, base)
    same = [one for one in map(read_crl, known) if replaces(crl, one) and by(one, listing[key][0])]
    if any(age(one) > age(crl) for one in same):
        return nothing(ROLLBACK, "/content", "不早于现有列表", shown(str(crl)), "请发最新的列表")
    if any(one.raw == octets for one in same):
        return Told(standing, fresh=False)
    told = [one for one in standing.lists if one.issuer != key or not supersedes(crl, read_crl(one.raw))]
    # The CA has signed what there is to say about these: better or worse, it goes before the notices.
    marks = [one for one in standing.marks if one.issuer != key or one.told > crl.this_update]
    if crl.extensions.issuing_point is not None:
        marks = list(standing.marks)  # one of several lists: silence in it proves nothing
    lists = (*told, ToldList(key, octets, system))
    made = replace(standing, number=standing.number + 1, marks=tuple(marks), lists=lists)
    return Told(made, fresh=True)


def _continued(
    standing: Standing, signed: Sequence[Crl], told: ToldList, crl: Crl, base: int
) -> Told | NotTaken:
    """`signed` are the lists at hand that its issuer has signed as well."""
    wholes = [one for one in signed if one.extensions.delta_base is None and same_scope(crl, one)]
    newest = max((age(one) for one in signed if one.raw in _deltas(standing, crl)), default=None)
    if any(one.raw == crl.raw for one in signed):
        return Told(standing, fresh=False)
    if (newest is not None and newest > age(crl)) or any(age(one) > age(crl) for one in wholes):
        return nothing(ROLLBACK, "/content", "不早于现有列表", shown(str(crl)), "请发最新的列表")
    if not any(crl in continuing(one, [crl]) for one in wholes):
        numbers = sorted(one.extensions.crl_number or 0 for one in wholes)
        here = f"手边全量列表 CRL Number:{' '.join(map(str, numbers)) or '无'}"
        expected = f"编号在 {base} 与 {(crl.extensions.crl_number or 0) - 1} 之间的全量列表"
        return nothing(GAP, "/content", expected, here, "请先发全量列表(syncKind=crl)")
    kept = [one for one in standing.lists if one.raw not in _deltas(standing, crl)]
    # Of whom it names it speaks, for the worse or to lift a hold; of others a notice says more than silence.
    marks = [one for one in standing.marks if one.issuer != told.issuer or not _answered(crl, one)]
    made = replace(standing, number=standing.number + 1, marks=tuple(marks), lists=(*kept, told))
    return Told(made, fresh=True)


def _answered(crl: Crl, mark: Mark) -> bool:
    entry = crl.find(crl.issuer, mark.serial)
    if entry is None or mark.told > crl.this_update:
        return False
    return mark.status == FROZEN or entry.reason not in (HOLD, REMOVED)


def _deltas(standing: Standing, crl: Crl) -> frozenset[bytes]:
    """The deltas told of the same scope."""
    told = ((one.raw, read_crl(one.raw)) for one in standing.lists)
    return frozenset(
        raw for raw, one in told if one.extensions.delta_base is not None and same_scope(crl, one)
    )
