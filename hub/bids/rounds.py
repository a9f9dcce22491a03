"""Further rounds of prices: each announced by who runs the section, signed, with an end of its own.

A round is a section (`hub.catalogue.sections.in_round`): its prices are envelopes as bids are, nobody learns
of them before its end, and they are opened as bids are. What the standard has no message for is when it ends;
that is said here, stated by the hub with a time stamp where there is one, and stands in the journal before
the first price can come. The sequence has no gaps: a round begins when the one before it was opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.bids import statement
from hub.bids.box import Box, Section
from hub.catalogue.sections import in_engineering, in_round, round_of
from hub.errors import SenderError
from hub.index.port import Index
from hub.index.tokens import hexed
from hub.journal.entry import Kind
from hub.journal.port import Tx
from hub.message import Finding, canonical

ROUND = "bid.round"
_MOST, _LONGEST = 99, 366 * 86_400 * 1_000_000
_NAME = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, read: the section, which round of it, and until when."""

    base: str
    number: int
    until: int


@dataclass(frozen=True, slots=True)
class Rounds:
    """Belongs to the loop."""

    box: Box

    async def begin(self, by: str, said: dict[str, Any]) -> dict[str, Any]:
        """`{section, round, until}`: begin a round, or move its end while it lasts. Raises HubError."""
        box, asked = self.box, _read(said)
        section = box.section(in_round(asked.base, asked.number))
        before = box.section(in_round(asked.base, asked.number - 1) if asked.number > 2 else asked.base)
        if box.owner(asked.base) != by:
            raise SenderError("只能由运行该标段的系统开始报价轮次", code="auth.forbidden", status=403)
        self._fits(box.index, section, before, asked)
        told = statement.price_round(box.log_key(), asked.base, asked.number, by, box.now(), asked.until)
        stamped = await box.times.wanted(canonical(told))
        raw = canonical({"round": told, "stamp": None if stamped is None else stamped.text})
        facts = {"section": hexed(section.scope), "until": asked.until, "by": by}

        def work(tx: Tx) -> None:
            self._fits(tx.index, section, before, asked)
            tx.append(Kind.BID_ROUND, box.now(), facts, raw)

        await box.writer.do(work)
        stamp = None if stamped is None else stamped.text
        key = box.log_key().public_pem
        return {"section": section.code, "statement": told, "stamp": stamp, "publicKey": key}

    def _fits(self, index: Index, section: Section, before: Section, asked: Asked) -> None:
        """Raises SenderError. What it rests on is public: that an opening has begun."""
        now, known = self.box.now(), index.deadline(section.scope)
        if index.bids.opening(before.scope) is None:
            raise _no("round", "上一轮已开启", "", "上一轮(首轮即投标)开启后再开始本轮")
        if known is not None and (now >= known or index.bids.opening(section.scope) is not None):
            raise _no("round", "尚未截止的轮次", statement.moment(known), "该轮已截止:须另开下一轮")
        if not now < asked.until <= now + _LONGEST:
            raise _no("until", "此后一年以内", statement.moment(asked.until), "写明将来的截止时刻,带时区")


def _read(said: dict[str, Any]) -> Asked:
    code, number, until = (said.get(name) for name in ("section", "round", "until"))
    if set(said) != {"section", "round", "until"}:
        raise _no("", "section、round、until", "、".join(sorted(said))[:80], "恰给出这三项")
    if not isinstance(code, str) or not 0 < len(code) <= _NAME or round_of(code)[1] != 1:
        raise _no("section", "标段名", str(code), "写标段本身的名称")
    if in_engineering(code):
        raise _no("section", "招标以外的交易", code, "招标不得就报价谈判(招标投标法第四十三条)")
    if type(number) is not int or not 2 <= number <= _MOST:
        raise _no("round", f"2 至 {_MOST}", str(number), "首轮报价在投标(响应)文件之中")
    try:
        moment = datetime.fromisoformat(str(until))
        at = int(moment.timestamp() * 1_000_000) if moment.tzinfo else 0
    except (ValueError, OverflowError):
        at = 0
    if not at:
        raise _no("until", "YYYY-MM-DDTHH:MM:SS+08:00", str(until), "写明时刻,带时区")
    return Asked(code, number, at)


def _no(at: str, expected: str, observed: str, advice: str) -> SenderError:
    finding = Finding(ROUND, f"/{at}" if at else "", expected, observed[:80], advice, "EX-ERR-01")
    return SenderError(advice, code=ROUND, findings=(finding,))
