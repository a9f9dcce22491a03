"""When was it sealed, and how is that known?

A time stamp over the value proves a moment; without one there is only what the signer says, and that is
worth nothing against the signer. So: with a stamp that holds everything is judged at its time, without
one at the moment the caller gives, and the claimed time must then agree with both.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from certs.model.der import MalformedError
from certs.seal.structure import Seal, SealSignature
from certs.trust import Trust
from certs.verdict import Moment, Reason, Verdict

SKEW = timedelta(minutes=5)  # clocks of two machines
PROVEN = ("timestamp", "archive")


@dataclass(frozen=True, slots=True)
class Sealed:
    """`claimed` by the signer; `moment` is the one judged at, `proven` whether anybody else vouches for
    it; `stamp` is what came of the stamp, None if there is none."""

    claimed: datetime | None
    moment: Moment
    stamp: Verdict | None = None

    @property
    def proven(self) -> bool:
        return self.moment.source in PROVEN

    @property
    def told(self) -> Moment:
        """When it was sealed, and who says so."""
        if self.proven or self.claimed is None:
            return self.moment
        return Moment(self.claimed, "claimed", evidence=f"judged at {self.moment.at.isoformat()}")


def as_moment(at: Moment | datetime) -> Moment:
    return at if isinstance(at, Moment) else Moment(at)


def when_sealed(signature: SealSignature, at: Moment, trust: Trust) -> Sealed:
    """The moment to judge at, by the stamp over the value if there is one."""
    claimed = signature.time
    if claimed is None and signature.time_token is not None:
        claimed = _time_of(signature.time_token)
    verdict, moment = judge_stamp(signature.stamp, signature.value, at, trust)
    return Sealed(claimed, moment, verdict)


def when_made(seal: Seal, at: Moment, trust: Trust) -> Sealed:
    """The same for the seal itself: version 5 may carry a stamp over the maker's value."""
    verdict, moment = judge_stamp(seal.stamp, seal.value, at, trust)
    if verdict is None or not verdict.ok:
        moment = Moment(seal.made, "claimed", at.data_at, "the maker's own word")
    return Sealed(seal.made, moment, verdict)


def judge_stamp(token: bytes | None, value: bytes, at: Moment, trust: Trust) -> tuple[Verdict | None, Moment]:
    """What came of the stamp, and the moment it proves; `at` if it proves none."""
    if token is None:
        return None, at
    from certs.timestamp import stamp_time, verify_timestamp

    verdict = verify_timestamp(token, value, trust=trust, at=at)
    return verdict, stamp_time(verdict) if verdict.ok else at


def _time_of(token: bytes) -> datetime | None:
    """What a token inside the sealed data says. It was made before sealing, so it proves no sealing: it
    counts as the signer's word."""
    from certs.cms import read_signed
    from certs.timestamp import read_info

    try:
        return read_info(read_signed(token).content or b"").at
    except MalformedError:
        return None


def order_faults(signature: SealSignature, sealed: Sealed) -> list[Reason]:
    """Times that cannot all be true, and a claim where a proof is needed."""
    out, seal, at = [], signature.seal, sealed.moment.at
    if sealed.claimed is None:
        out.append(Reason("time-claimed", "", "no readable time of sealing"))
    elif sealed.claimed > at + SKEW:
        out.append(Reason("stamp-order", "", f"sealed {_text(sealed.claimed)}, known {_text(at)}"))
    if seal.made > at + SKEW:
        out.append(Reason("stamp-order", "", f"seal made {_text(seal.made)}, known {_text(at)}"))
    return out


def period_faults(seal: Seal, sealed: Sealed) -> list[Reason]:
    """Inside the period of the seal: the claimed time and the proven one. A claim alone does not reach
    back behind the end of the seal."""
    span = f"{_text(seal.begin)} - {_text(seal.end)}"
    out = []
    if sealed.claimed is not None and not seal.begin <= sealed.claimed <= seal.end:
        out.append(Reason("seal-period", seal.number, f"{_text(sealed.claimed)} (claimed): {span}"))
    at = sealed.moment.at
    if seal.begin <= at <= seal.end:
        return out
    if sealed.proven or at < seal.begin:
        out.append(Reason("seal-period", seal.number, f"{_text(at)} ({sealed.moment.source}): {span}"))
    elif not out:
        out.append(Reason("time-claimed", seal.number, f"the seal ended {_text(seal.end)}"))
    return out


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


class _Stamps:
    """Judges the stamps of signed data (`certs.cms.StampJudge`) by those who are believed about time."""

    __slots__ = ("trust",)

    def __init__(self, trust: Trust | None) -> None:
        self.trust = trust

    def __call__(
        self, token: bytes, value: bytes, *, trust: Trust, at: Moment
    ) -> tuple[Verdict, Moment | None]:
        from certs.timestamp import stamp_time, verify_timestamp

        verdict = verify_timestamp(token, value, trust=self.trust or trust, at=at)
        return verdict, stamp_time(verdict) if verdict.ok else None


def stamp_judge(trust: Trust | None) -> _Stamps:
    return _Stamps(trust)
