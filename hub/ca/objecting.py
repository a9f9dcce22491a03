"""How what was told counts: against a chain (`Objections`), and about one number (`worst`, for `ca.status`).

A told list gives way to what the same CA has signed since, whoever brought that: to a later complete list of
the same scope. Whether a list at hand is really theirs is asked when something rests on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from certs.model.certificate import Certificate
from certs.model.crl import HOLD, REMOVED, Crl, Entry, read_crl
from certs.model.names import Name
from certs.revocation.lists import continuing
from certs.trust import Purpose
from certs.verdict import FAILED, Check, Moment, Reason
from hub.ca.replacing import AtHand
from hub.ca.standing import FROZEN, REVOKED, Mark, Standing, key_of


@dataclass(frozen=True, slots=True)
class Objections:
    """Implements `certs.trustlist.model.Beside`."""

    marks: Mapping[tuple[str, int], Mark]
    lists: Mapping[str, tuple[Crl, ...]]
    at_hand: AtHand

    @classmethod
    def of(cls, standing: Standing, at_hand: AtHand) -> Objections:
        lists: dict[str, tuple[Crl, ...]] = {}
        for one in standing.lists:
            lists[one.issuer] = (*lists.get(one.issuer, ()), read_crl(one.raw))
        return cls({(one.issuer, one.serial): one for one in standing.marks}, lists, at_hand)

    def checks(self, chain: Sequence[Certificate], moment: Moment, purpose: Purpose) -> Sequence[Check]:
        # Whoever signs may claim any time: only a time that others vouch for is before a revocation.
        when = moment.data_at if moment.source == "claimed" else moment.at
        told = self._against(chain, moment.data_at)
        reasons = tuple(reason for since, reason in told if when >= since)
        if not reasons:
            return ()
        return (
            Check("revocation", FAILED, str(chain[-1]), "其 CA 所告知 / as its CA has told", None, reasons),
        )

    def moments(self, chain: Sequence[Certificate]) -> Sequence[datetime]:
        return [since for since, _ in self._against(chain, None)]

    def _against(
        self, chain: Sequence[Certificate], at: datetime | None
    ) -> Iterator[tuple[datetime, Reason]]:
        """What is told of a chain (anchor first), and from when on it counts; without what had given way to
        a list at hand by `at`."""
        for issuer, child in pairwise(chain):
            key = key_of(issuer)
            mark = self.marks.get((key, child.serial))
            if mark is not None:
                about = f"{mark.by} {mark.told.isoformat()}: {mark.since.isoformat()}"
                yield mark.since, Reason(mark.status, str(child), about)
            for crl in self.lists.get(key, ()):
                entry = _said(crl, child.issuer, child.serial, self.lists[key])
                if entry is None or (at is not None and self.at_hand.replaces(crl, issuer, at)):
                    continue
                yield _since(crl, entry), Reason(_status(entry), str(child), str(crl))


def worst(
    standing: Standing, at_hand: AtHand, issuers: Sequence[Certificate], serial: int, moment: Moment
) -> Mark | None:
    """The worst that was told of a number of these issuers, as of then."""
    keys = {key_of(one): one for one in issuers}
    found = [one for one in standing.marks if one.serial == serial and one.issuer in keys]
    told = [(one, read_crl(one.raw)) for one in standing.lists if one.issuer in keys]
    for one, crl in told:
        beside = [other for by, other in told if by.issuer == one.issuer]
        entry = _said(crl, crl.issuer, serial, beside)
        if entry is not None and not at_hand.replaces(crl, keys[one.issuer], moment.data_at):
            found.append(
                Mark(one.issuer, serial, _status(entry), _since(crl, entry), crl.this_update, one.by)
            )
    counting = [one for one in found if one.since <= moment.at]
    return min(counting, key=lambda one: (one.status != REVOKED, one.since), default=None)


def _said(crl: Crl, issuer: Name, serial: int, beside: Sequence[Crl]) -> Entry | None:
    """What a told list has against a number; a delta told after it may have lifted that (5.2.4), and one that
    continues a list of elsewhere speaks for itself."""
    entry = crl.find(issuer, serial)
    if crl.extensions.delta_base is None:
        delta = next(iter(continuing(crl, beside)), None)
        lifted = delta is not None and delta.find(issuer, serial) is not None
        entry = None if lifted else entry  # the delta is asked in its own turn
    return None if entry is None or entry.reason == REMOVED else entry


def _status(entry: Entry) -> str:
    return FROZEN if entry.reason == HOLD else REVOKED


def _since(crl: Crl, entry: Entry) -> datetime:
    try:
        return crl.revoked_at(entry)
    except ValueError:  # an unreadable date is not to anybody's advantage
        return datetime.min.replace(tzinfo=UTC)
