"""Verdicts over chains, kept as long as they are true: for signed data, seals and documents, whose signers
come again while what they sign does not.

Kept is a yes alone, under exactly one trust, about the same certificates that came along, judged at the
moment of asking; the past, and whatever brought revocation data of its own, is judged each time. It ends at
the first moment at which anything it rests on begins or ends (`window`). Who replaces list or data makes a
new memory.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock
from typing import NamedTuple

from certs.recognition.recognition import views
from certs.recognition.window import data_moments, until
from certs.trust import Purpose, Trust
from certs.trustlist.model import TrustList
from certs.verdict import Moment, Verdict

_LARGEST, _MOST, _KEEP = 1 << 14, 2048, timedelta(hours=1)
_Key = tuple[str, bytes, Purpose, tuple[bytes, ...]]


class _Held(NamedTuple):
    begin: datetime
    end: datetime
    verdict: Verdict


class Chains:
    """Fulfils `certs.trust.Memory`, for many threads; `of` makes a trust that has one."""

    def __init__(self, trust: Trust, listed: TrustList, keep: timedelta = _KEEP, most: int = _MOST) -> None:
        self._trust, self._listed, self._keep, self._most = trust, listed, keep, most
        stands = (*trust.anchors, *trust.intermediates)
        self._lists, self._moments = data_moments(trust.crls, trust.ocsp, stands)
        self._held: OrderedDict[_Key, _Held] = OrderedDict()
        self._lock = Lock()
        self._asker: str | None = ""

    @classmethod
    def of(cls, trust: Trust, listed: TrustList) -> Trust:
        """The same trust, which remembers; `listed` is the list it was made of."""
        return replace(trust, memory=cls(trust, listed))

    def apart(self, asker: str | None) -> Chains:
        """The same memory, within the same bound, of which this asker finds again only what is his own; None
        finds nothing and leaves nothing."""
        own = copy(self)
        own._asker = asker
        return own

    def __len__(self) -> int:
        return len(self._held)

    def judge(
        self, trust: Trust, leaf: bytes, moment: Moment, purpose: Purpose, extra: Sequence[bytes]
    ) -> Verdict:
        """As `Trust.afresh`, word for word, moments included."""
        key = self._asker or "", bytes(leaf), purpose, tuple(map(bytes, extra))
        now = self._asker is not None and moment.known_at is None and moment.source in ("argument", "clock")
        if not now or len(key[1]) + sum(map(len, key[3])) > _LARGEST or trust != self._trust:
            return trust.afresh(leaf, moment, purpose, extra)
        held = self._recall(key, moment.at)
        if held is not None:
            return _told_at(held, moment)
        made = trust.afresh(leaf, moment, purpose, extra)
        if made.ok:
            self._hold(key, moment.at, made)
        return made

    def _recall(self, key: _Key, at: datetime) -> Verdict | None:
        with self._lock:
            held = self._held.get(key)
            if held is None or not held.begin <= at < held.end:
                return None
            self._held.move_to_end(key)
            return held.verdict

    def _hold(self, key: _Key, at: datetime, made: Verdict) -> None:
        chain = views(made.chain)
        member = self._listed.member(chain)
        end = until(
            at, views((*made.chain, *key[3])), self._lists, self._moments, self._listed, member, self._keep
        )
        kept = replace(made, reasons=[*made.reasons], forgiven=[*made.forgiven])
        with self._lock:
            self._held[key] = _Held(at, end, kept)
            self._held.move_to_end(key)
            while len(self._held) > self._most:
                self._held.popitem(last=False)


def _told_at(held: Verdict, moment: Moment) -> Verdict:
    """It was found at another moment and is as true at this one."""
    before = held.moment.of_data if held.moment is not None else None
    data = moment.of_data
    checks = tuple(
        replace(one, moment=data) if one.moment is not None and one.moment == before else one
        for one in held.checks
    )
    return replace(
        held, reasons=[*held.reasons], forgiven=[*held.forgiven], checks=checks, moment=moment,
        facts=dict(held.facts),
    )  # fmt: skip
