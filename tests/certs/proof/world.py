"""From 2026 to 2045: a signer whose certificates end in 2027, three authorities, renewals in 2028 and 2032.

Every step of the story can be left out or changed, so that tests can break one link at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache

from certs.cms import sign
from certs.keys.held import HeldKey
from certs.model.certificate import read_certificate
from certs.proof import Collected, Record, collect, complete, first_stamp, renew_stamp, renew_tree
from certs.testpki.issue import DAY, Authority
from certs.timestamp import Digest, request, respond
from certs.trust import Revocation, Trust

POLICY, STAMPS = "1.2.156.10197.6.1.99.1", ("1.3.6.1.5.5.7.3.8",)
DATA = "中标通知书(沙箱)".encode()
SIGNED, RENEWED, REHASHED, JUDGED = (
    datetime(2026, 3, 2, tzinfo=UTC), datetime(2028, 6, 1, tzinfo=UTC), datetime(2032, 6, 1, tzinfo=UTC),
    datetime(2045, 1, 1, tzinfo=UTC),
)  # fmt: skip
Rows = Sequence[tuple[int, datetime, int]]


def days_until(begin: datetime, year: int) -> int:
    return (datetime(year, 1, 1, tzinfo=UTC) - begin).days


@dataclass(frozen=True, slots=True)
class Issuer:
    """An anchor and one key under it; `ends` is the year in which both have ended."""

    root: Authority
    key: HeldKey

    @classmethod
    def of(cls, name: str, kind: str, now: datetime, ends: int, *, stamps: bool = False) -> Issuer:
        days = days_until(now, ends)
        root = Authority.root(f"{name}根", kind, now=now, days=days)
        extended = STAMPS if stamps else ()
        return cls(root, root.issue(name, extended=extended, days=days))

    @property
    def serial(self) -> int:
        return read_certificate(self.key.certificate).serial

    @property
    def anchor(self) -> bytes:
        return self.root.key.certificate

    def crl(self, at: datetime, revoked: Rows = ()) -> bytes:
        return self.root.crl(revoked, this_update=at - DAY)

    def stamp(self, root: Digest, at: datetime, serial: int = 1) -> bytes:
        return respond(request(root, nonce=serial), self.key, at=at, serial=serial, policy=POLICY)


@dataclass(frozen=True, slots=True)
class Story:
    """Who takes part; `revoked` are rows for the list of that name that is kept at that step."""

    signer: Issuer
    first: Issuer
    second: Issuer
    third: Issuer
    revoked: dict[str, Rows] = field(default_factory=dict)

    @property
    def anchors(self) -> tuple[bytes, ...]:
        return tuple(one.anchor for one in (self.signer, self.first, self.second, self.third))

    def trust(self, at: datetime, *who: Issuer, **rows: Rows) -> Trust:
        lists = []
        for one in who:
            name = next(name for name in ("signer", "first", "second", "third") if getattr(self, name) == one)
            lists.append(one.crl(at, rows.get(name, ())))
        return Trust(self.anchors, Revocation.REQUIRED, crls=tuple(lists))

    def collected(self, kind: str = "cms") -> Collected:
        thing = sign(DATA, self.signer.key)
        return collect(kind, thing, trust=self.trust(SIGNED, self.signer), at=SIGNED)

    def begun(self, objects: Sequence[bytes]) -> tuple[Record, ...]:
        plan = first_stamp(objects, "sha256")
        return plan.completed(self.first.stamp(plan.root, SIGNED))

    def renewed(
        self, records: Sequence[Record], at: datetime = RENEWED, rows: Rows = ()
    ) -> tuple[Record, ...]:
        """The second authority's stamp, over the first with its data."""
        verdict, full = complete(records, trust=self.trust(at, self.first, first=rows), at=at)
        assert verdict.ok, verdict.reasons
        plan = renew_stamp(full)
        return plan.completed(self.second.stamp(plan.root, at, 2))

    def rehashed(
        self, records: Sequence[Record], objects: Sequence[bytes], at: datetime = REHASHED, name: str = "sm3"
    ) -> tuple[Record, ...]:
        verdict, full = complete(records, trust=self.trust(at, self.second), at=at)
        assert verdict.ok, verdict.reasons
        plan = renew_tree(full, objects, name)
        return plan.completed(self.third.stamp(plan.root, at, 3))

    def now(self, at: datetime = JUDGED, **rows: Rows) -> Trust:
        """What a verifier of that day has: all anchors, a fresh list of the newest authority only."""
        return self.trust(at, self.third, **rows)

    def with_(self, **changes: Issuer) -> Story:
        return replace(self, **changes)


@cache
def story() -> Story:
    begin = SIGNED - 30 * DAY
    return Story(
        Issuer.of("投标人", "sm2-sm3", begin, 2027),
        Issuer.of("时间戳甲", "rsa-sha256", begin, 2029, stamps=True),
        Issuer.of("时间戳乙", "sm2-sm3", RENEWED - 30 * DAY, 2033, stamps=True),
        Issuer.of("时间戳丙", "sm2-sm3", REHASHED - 30 * DAY, 2050, stamps=True),
    )


@cache
def whole() -> tuple[bytes, Record]:
    """The container and its record after both renewals."""
    told = story()
    kept = told.collected().kept
    assert kept is not None
    (record,) = told.rehashed(told.renewed(told.begun([kept])), [kept])
    return kept, record
