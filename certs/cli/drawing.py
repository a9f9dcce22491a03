"""The chain as a picture: a box per certificate, anchor on top, with its validity on one line of time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from html import escape

from certs.cli.naming import Names, called, plain
from certs.cli.report import Report
from certs.model.certificate import Certificate
from certs.trustlist.algorithms import key_of, signed_with

_WIDTH, _HIGH, _GAP, _BOX = 900, 92, 34, 520
_LEFT = 12
_AXIS, _AXIS_WIDE = _BOX + 48, 310


def drawing(report: Report, names: Names, place: int) -> str:
    chain = report.chain
    high = len(chain) * (_HIGH + _GAP) + 8
    begin = min(one.not_before for one in chain)
    end = max(one.not_after for one in chain)
    now = (
        report.verdict.moment.at if report.verdict is not None and report.verdict.moment is not None else None
    )
    wrong = _wrong(report)
    parts: list[str] = []
    for at, one in enumerate(chain):
        name = f"{names.number(one)} {called(one)}"
        parts += _box(one, at, name, wrong.get(str(one), False), one.raw in report.listed, place)
        parts += _life(one, at, begin, end)
        if at:
            parts += _wire(at, one)
    if now is not None:
        parts += _now(now, begin, end, high)
    label = "证书链图" if place == 0 else "certificate chain"
    return f'<svg viewBox="0 0 {_WIDTH} {high}" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def _wrong(report: Report) -> dict[str, bool]:
    reasons = report.verdict.reasons if report.verdict is not None else []
    return {reason.at: True for reason in reasons}


def _top(at: int) -> int:
    return 20 + at * (_HIGH + _GAP)


def _box(one: Certificate, at: int, name: str, wrong: bool, listed: bool, place: int) -> Iterator[str]:
    top = _top(at)
    family, bits = key_of(one)
    colour = "bad" if wrong else "lit" if listed else "mute"
    place_of = f'x="{_LEFT}" y="{top}" height="{_HIGH}"'
    yield f'<rect class="box" {place_of} width="{_BOX}" rx="8" stroke-width="1.5"/>'
    yield f'<rect class="{colour}" {place_of} width="7" rx="3"/>'
    yield _text(_LEFT + 22, top + 28, _cut(name, 30), 'font-size="19" font-weight="700"')
    yield _text(_LEFT + 22, top + 53, _cut(str(one.subject), 62), 'font-size="13" class="soft"')
    key = f"{family} {bits or ''} · {signed_with(one)} · #{one.serial:x}"
    yield _text(_LEFT + 22, top + 76, _cut(key, 66), 'font-size="13" class="soft"')
    if listed:
        word = "★ 在信任列表" if place == 0 else "★ on the trust list"
        yield _text(_LEFT + _BOX - 12, top + 28, word, 'font-size="13" class="lit" text-anchor="end"')


def _wire(at: int, one: Certificate) -> Iterator[str]:
    x, top = _LEFT + 40, _top(at)
    yield f'<path class="wire" stroke-width="2" d="M{x} {top - _GAP} V{top - 6} m-5 -6 l5 6 l5 -6"/>'
    yield _text(x + 14, top - 11, f"{signed_with(one)}", 'font-size="12" class="soft"')


def _x(moment: datetime, begin: datetime, end: datetime) -> float:
    whole = (end - begin).total_seconds() or 1.0
    share = (moment - begin).total_seconds() / whole
    return round(_AXIS + min(1.03, max(-0.03, share)) * _AXIS_WIDE, 1)


def _life(one: Certificate, at: int, begin: datetime, end: datetime) -> Iterator[str]:
    left, right, middle = _x(one.not_before, begin, end), _x(one.not_after, begin, end), _top(at) + _HIGH / 2
    wide = max(2.0, right - left)
    yield f'<rect class="bar" x="{left}" y="{middle - 8}" width="{wide:.1f}" height="16" rx="4"/>'
    text = f"{one.not_before:%Y-%m-%d} — {one.not_after:%Y-%m-%d}"
    yield _text(left + 6, middle + 28, text, 'font-size="13" class="soft"')


def _now(now: datetime, begin: datetime, end: datetime, high: int) -> Iterator[str]:
    x = _x(now, begin, end)
    yield f'<path class="now" stroke-width="1.5" stroke-dasharray="5 4" d="M{x} 18 V{high - 6}"/>'
    yield _text(x, 13, f"{now:%Y-%m-%d}", 'font-size="12" class="nowtext" text-anchor="middle"')


def _text(x: float, y: float, text: str, more: str) -> str:
    return f'<text x="{x}" y="{y}" {more}>{escape(plain(text))}</text>'


def _cut(text: str, most: int) -> str:
    """By width: a Chinese character is as wide as two others."""
    wide, out = 0, ""
    for char in text:
        wide += 2 if ord(char) > 0x2E80 else 1
        if wide > most:
            return out + "…"
        out += char
    return out
