"""How long an answer stays the same: until the next moment at which anything it rests on begins or ends.

Between two such moments a verdict cannot change, as long as the data stay: that, and not a guess, is how
long a repeated signer need not be judged again.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from certs.model.certificate import Certificate, read_certificate
from certs.model.crl import Crl, read_crl
from certs.model.der import MalformedError
from certs.model.ocsp import read_answer
from certs.trustlist.model import Member, Period, TrustList

# What `check_ocsp` allows clocks to differ, and how long it takes an answer without an end.
_SKEW, _WITHOUT_END = timedelta(minutes=5), timedelta(hours=24)
_NEXT = timedelta(microseconds=1)


def data_moments(
    crls: Sequence[bytes], ocsp: Sequence[bytes], certificates: Sequence[bytes] = ()
) -> tuple[tuple[Crl, ...], list[datetime]]:
    """The lists that can be read, and every moment at which a list, an answer or one of the certificates at
    hand begins or ends; sorted.

    Of the certificates all count, not those of a path alone: another may sign the lists or the answers, or
    be part of a path that would be taken instead.
    """
    read, moments = [], []
    for raw in crls:
        try:
            one = read_crl(raw)
        except MalformedError:
            continue
        read.append(one)
        moments += [one.this_update] + ([one.next_update] if one.next_update else [])
    for raw in ocsp:
        moments += list(_answer(raw))
    views = list(_readable(certificates))
    return tuple(read), sorted({*moments, *_standing(views, read)})


def _readable(raws: Iterable[bytes]) -> Iterator[Certificate]:
    for raw in raws:
        try:
            yield read_certificate(raw)
        except MalformedError:
            continue


def _standing(views: Iterable[Certificate], crls: Iterable[Crl]) -> Iterator[datetime]:
    """When certificates begin and end, and when lists say that they were revoked."""
    full = [crl for crl in crls if crl.entries or crl.foreign]
    for one in views:
        yield from (one.not_before, one.not_after)
        for crl in full:
            entry = crl.find(one.issuer, one.serial)
            try:
                if entry is not None:
                    yield crl.revoked_at(entry)
            except ValueError:  # then it counts at every moment alike
                continue


def _answer(raw: bytes) -> Iterator[datetime]:
    try:
        _, answer = read_answer(raw)
    except MalformedError:
        return
    if answer is None:
        return
    for one in _readable(answer.certificates):
        yield from (one.not_before, one.not_after)  # a responder's own
    told = [answer.produced_at]
    for single in answer.singles:
        told += [one for one in (single.this_update, single.next_update, single.revoked_at) if one]
    for moment in told:
        yield from (moment - _SKEW, moment, moment + _SKEW)
        yield from (moment + _WITHOUT_END, moment + _WITHOUT_END + _SKEW)


def until(
    at: datetime,
    chain: Sequence[Certificate],
    crls: Sequence[Crl],
    moments: Sequence[datetime],
    listed: TrustList | None,
    member: Member | None,
    most: timedelta,
) -> datetime:
    """The first moment after `at` at which the answer may be another, `most` away at the latest. `chain` and
    whatever else came along: of those that stand, `moments` tells."""
    ends = [at + most]
    place = bisect_left(moments, at)
    ends += moments[place : place + 1]
    ends += _standing(chain, crls)
    if listed is not None:
        ends += [listed.issued, listed.next_update]
        ends += [moment for one in listed.besides for moment in one.moments(chain)]
    if member is not None:
        ends += _member(member)
    # Some periods hold their last moment, some do not: asked anew at it, and right after it.
    return min(end for moment in ends for end in (moment, moment + _NEXT) if end > at)


def _member(member: Member) -> Iterator[datetime]:
    ca = member.ca
    yield member.listed_by.next_update
    periods = [ca.period, *ca.sectors.values()] + ([member.peer.period] if member.peer is not None else [])
    for period in periods:
        yield from _ends(period)
    for until_when in (ca.grandfathering.until, *(one.until for one in ca.algorithms)):
        if until_when is not None:
            yield until_when


def _ends(period: Period) -> Iterator[datetime]:
    yield period.begin
    if period.end is not None:
        yield period.end
