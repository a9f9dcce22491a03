"""The chain of certificates as boxes one below the other, each with its life on one common line of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from certs.cli.naming import Names, called, plain
from certs.cli.report import Report
from certs.cli.text import told
from certs.model.certificate import Certificate
from certs.trustlist.algorithms import key_of, signed_with
from certs.verdict import Reason
from hub.console import wording
from hub.console.clocks import timed

WIDE = 1000
_MOST = 12
# What is wrong with the step from the issuer down, and not with the certificate alone.
_LINKS = frozenset(
    (
        "signature",
        "not-a-ca",
        "path-length",
        "ca-key-usage",
        "name-constraints",
        "subordinate",
        "depth",
        "policy",
    )
)


@dataclass(frozen=True, slots=True)
class Box:
    """`left`, `wide` and `now` are on a line of `WIDE`; `broken` is the link from the box above to this."""

    number: str
    name: str
    subject: str
    issuer: str
    serial: str
    digest: str
    key: str
    signed: str
    begin: str
    end: str
    left: int
    wide: int
    now: int | None
    within: str
    listed: bool
    leaf: bool
    trouble: tuple[str, ...]
    broken: bool
    unanchored: bool


def boxes(report: Report, names: Names, place: int) -> list[Box]:
    """Anchor first; empty where no certificate was found or the chain is longer than any real one."""
    chain, verdict = report.chain, report.verdict
    if not chain or len(chain) > _MOST:
        return []
    now = verdict.moment.at if verdict is not None and verdict.moment is not None else None
    reasons = verdict.reasons if verdict is not None else []
    span = _span(chain, now)
    anchored = "no-path" not in {one.code for one in reasons} or chain[0].raw in report.listed
    return [_box(report, one, at, names, place, reasons, span, now, anchored) for at, one in enumerate(chain)]


def _span(chain: Sequence[Certificate], now: datetime | None) -> tuple[datetime, datetime]:
    """From the first to the last moment that is drawn, with some air at both ends."""
    moments = [moment for one in chain for moment in (one.not_before, one.not_after)]
    moments += [now] if now is not None else []
    begin, end = min(moments), max(moments)
    try:
        air = (end - begin) / 40
        return begin - air, end + air
    except OverflowError:  # to the end of the calendar
        return begin, end


def _box(
    report: Report,
    one: Certificate,
    at: int,
    names: Names,
    place: int,
    reasons: Sequence[Reason],
    span: tuple[datetime, datetime],
    now: datetime | None,
    anchored: bool,
) -> Box:
    mine = [reason for reason in reasons if reason.at == str(one)]
    family, bits = key_of(one)
    left, right = _x(one.not_before, span), _x(one.not_after, span)
    return Box(
        number=names.number(one),
        name=called(one),
        subject=plain(str(one.subject)),
        issuer=plain(str(one.issuer)),
        serial=f"{one.serial:x}",
        digest=_digest(one),
        key=f"{family} {bits or ''}".strip(),
        signed=signed_with(one),
        begin=f"{one.not_before:%Y-%m-%d}",
        end=f"{one.not_after:%Y-%m-%d}",
        left=left,
        wide=max(4, right - left),
        now=None if now is None else _x(now, span),
        within="" if now is None else _within(one, now),
        listed=one.raw in report.listed,
        leaf=at == len(report.chain) - 1 and not one.is_ca,
        trouble=tuple(
            dict.fromkeys(plain(timed(_spoken(names.short(told(reason, place)), place))) for reason in mine)
        ),
        broken=at > 0 and any(reason.code in _LINKS for reason in mine),
        unanchored=at == 0 and not anchored,
    )


def _x(moment: datetime, span: tuple[datetime, datetime]) -> int:
    whole = (span[1] - span[0]) or timedelta(seconds=1)
    return round((moment - span[0]) / whole * WIDE)


def _within(one: Certificate, now: datetime) -> str:
    return "early" if now < one.not_before else "late" if now > one.not_after else "within"


def _spoken(text: str, place: int) -> str:
    return wording.told(text) if place == 0 else text


def _digest(one: Certificate) -> str:
    from certs.algorithms.digest import digest

    return digest(one.raw).hex()
