"""Revocation lists: the algorithm of RFC 5280, 6.3.3, over lists that are already at hand.

Who may have signed a list is a question about paths; it is asked through `Authentic`, so that this
module knows nothing of how paths are found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from certs.model import general_names as gn
from certs.model.certificate import Certificate
from certs.model.crl import HOLD, REMOVED, Crl, Entry
from certs.model.extensions import ALL_REASONS, DistributionPoint, IssuingPoint
from certs.model.names import Name
from certs.verdict import Reason

_KNOWN = frozenset(("2.5.29.18", "2.5.29.20", "2.5.29.27", "2.5.29.28", "2.5.29.35", "2.5.29.46"))
_AUTHORITY_KEY, _ISSUING_POINT = "2.5.29.35", "2.5.29.28"
_EVERYTHING = IssuingPoint(None, False, False, None, False, False)


class Lists:
    """Revocation lists by issuer."""

    __slots__ = ("below", "by_issuer")

    def __init__(self, crls: Iterable[Crl], below: Lists | None = None) -> None:
        self.below = below
        self.by_issuer: dict[object, list[Crl]] = {}
        for crl in crls:
            self.by_issuer.setdefault(crl.issuer.rdns, []).append(crl)

    def under(self, issuers: Iterable[Name]) -> list[Crl]:
        """Those whose issuer is one of these."""
        names = {issuer.rdns for issuer in issuers}
        own = [crl for name in names for crl in self.by_issuer.get(name, ())]
        return own if self.below is None else [*self.below.under(issuers), *own]


class Authentic(Protocol):
    """Is the list signed by someone whose path ends at the anchor of this prefix?"""

    def __call__(self, crl: Crl, prefix: Sequence[Certificate]) -> bool: ...


def status(
    certificate: Certificate,
    prefix: Sequence[Certificate],
    crls: Lists,
    at: datetime,
    authentic: Authentic,
    existed: datetime | None = None,
    good: datetime | None = None,
) -> Reason | None:
    """None: not revoked, for every reason there is. `prefix` is the path down to the issuer.

    `at` is when the lists must be current. `existed`, if earlier, is when what is judged is known to have
    existed: revoked later does not count, and a list from after the certificate's end says nothing, since
    CAs drop entries then. `good` is when OCSP last said so: a hold on an older list has been lifted since, a
    revocation is for good.
    """
    if "crl_points" in certificate.extensions.broken:
        return Reason("revocation-unknown", str(certificate), "its distribution points cannot be read")
    current = [crl for crl in crls.under(_issuers(certificate)) if _current(crl, at)]
    existed = existed if existed is not None and existed < at else None
    if existed is not None:
        current = [crl for crl in current if crl.this_update <= certificate.not_after]
    covered: frozenset[int] = frozenset()
    for point in _points(certificate):
        for crl in _newest_first(current):
            found = _scope(certificate, point, crl)
            if found is None or found <= covered or not authentic(crl, prefix):
                continue
            entry = _entry(certificate, crl, _delta(crl, current, prefix, authentic))
            if entry is not None and _counts(*entry, existed, good):
                return _revoked(certificate, *entry)
            if not crl.unknown_entry_extension and not crl.extensions.unknown_critical(_KNOWN):
                covered |= found
        if covered >= ALL_REASONS:
            return None
    if covered:
        return Reason("revocation-unknown", str(certificate), "only some reasons are covered by lists")
    return Reason("revocation-unknown", str(certificate), "no usable list covers it")


def _points(certificate: Certificate) -> Iterator[DistributionPoint]:
    """Those of the certificate, then the one implied: the issuer under all its names."""
    yield from certificate.extensions.crl_points or ()
    names = (gn.GeneralName(gn.DIRECTORY, certificate.issuer), *(certificate.extensions.issuer_names or ()))
    yield DistributionPoint(gn.PointName(names, None), None, ())


def _issuers(certificate: Certificate) -> list[Name]:
    """Whose lists may speak of it: its issuer, and whom its distribution points name."""
    points = certificate.extensions.crl_points or ()
    named = [name.value for point in points for name in point.issuer if isinstance(name.value, Name)]
    return [certificate.issuer, *named]


def _current(crl: Crl, at: datetime) -> bool:
    """Readable, honest about its algorithm, and in time; a list that never ends is not admitted."""
    fresh = crl.next_update is not None and crl.this_update <= at <= crl.next_update
    return fresh and not crl.extensions.broken and crl.algorithm_agrees


def _newest_first(crls: Iterable[Crl]) -> list[Crl]:
    complete = [crl for crl in crls if crl.extensions.delta_base is None]
    return sorted(complete, key=lambda crl: (crl.this_update, crl.extensions.crl_number or 0), reverse=True)


def _scope(certificate: Certificate, point: DistributionPoint, crl: Crl) -> frozenset[int] | None:
    """6.3.3 (b) and (d): the reasons that this list covers for this point, None if it is not about it."""
    issuing = crl.extensions.issuing_point or _EVERYTHING
    named = [name.value for name in point.issuer if isinstance(name.value, Name)]
    issuers = tuple(named) if point.issuer else (certificate.issuer,)
    if crl.issuer not in issuers or (point.issuer and not issuing.indirect):
        return None
    if issuing.name is not None:
        wanted = frozenset(point.issuer) if point.name is None else point.name.resolved(issuers)
        if not wanted & issuing.name.resolved((crl.issuer,)):
            return None
    only = (issuing.users_only, issuing.cas_only, issuing.attributes_only)
    if issuing.attributes_only or only.count(True) > 1:
        return None
    if (issuing.users_only and certificate.is_ca) or (issuing.cas_only and not certificate.is_ca):
        return None
    first = ALL_REASONS if point.reasons is None else point.reasons
    second = ALL_REASONS if issuing.reasons is None else issuing.reasons
    return first & second & ALL_REASONS


def _delta(crl: Crl, crls: Iterable[Crl], prefix: Sequence[Certificate], authentic: Authentic) -> Crl | None:
    """6.3.3 (c): the newest delta that continues this list, in the same scope and under the same key."""
    return next((delta for delta in continuing(crl, crls) if authentic(delta, prefix)), None)


def continuing(crl: Crl, crls: Iterable[Crl]) -> list[Crl]:
    """5.2.4: the deltas that may be put upon this list, the newest first; who signed them is not asked."""
    number = crl.extensions.crl_number
    if number is None:
        return []
    fitting = [
        delta
        for delta in crls
        if delta.extensions.delta_base is not None
        and delta.extensions.delta_base <= number < (delta.extensions.crl_number or 0)
        and delta.issuer == crl.issuer
        and all(
            delta.extensions.values.get(oid) == crl.extensions.values.get(oid)
            for oid in (_AUTHORITY_KEY, _ISSUING_POINT)
        )
        and not delta.extensions.unknown_critical(_KNOWN)
    ]
    return sorted(fitting, key=lambda delta: delta.extensions.crl_number or 0, reverse=True)


def _entry(certificate: Certificate, crl: Crl, delta: Crl | None) -> tuple[Crl, Entry] | None:
    return entry_in(certificate.issuer, certificate.serial, crl, delta)


def entry_in(issuer: Name, serial: int, crl: Crl, delta: Crl | None) -> tuple[Crl, Entry] | None:
    """6.3.3 (i), (j): the delta speaks first, also if it lifts what the complete list says."""
    for one in (delta, crl):
        entry = one.find(issuer, serial) if one is not None else None
        if one is not None and entry is not None:
            return one, entry
    return None


def _counts(crl: Crl, entry: Entry, existed: datetime | None, good: datetime | None) -> bool:
    lifted = entry.reason == HOLD and good is not None and crl.this_update < good
    return entry.reason != REMOVED and not lifted and not _later(crl, entry, existed)


def _later(crl: Crl, entry: Entry, existed: datetime | None) -> bool:
    """Revoked after the moment that counts; an unreadable date is not to anybody's advantage."""
    try:
        return existed is not None and crl.revoked_at(entry) > existed
    except ValueError:
        return False


def _revoked(certificate: Certificate, crl: Crl, entry: Entry) -> Reason:
    try:
        since = f"since {crl.revoked_at(entry):%Y-%m-%dT%H:%M:%SZ}, reason {entry.reason}"
    except ValueError:
        since = f"reason {entry.reason}"
    return Reason("frozen" if entry.reason == HOLD else "revoked", str(certificate), since)
