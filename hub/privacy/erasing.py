"""Destroying a person's keys: decided and written down in one transaction, done when that is durable.

The event names the person by token, the keys, the officer and one of the law's grounds; never a value.
A record that evidence rules keep whole is kept, and the answer says by which clause and until when.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.errors import SenderError
from hub.index.persons import ERASE
from hub.index.tokens import Tokens, hexed
from hub.journal.entry import Kind
from hub.journal.port import Reading, Tx
from hub.journal.writer import Writer
from hub.privacy.subjects import Asked, Found, Kept, find, shown

# 个人信息保护法 article 47, and what a court or an authority orders.
GROUNDS = ("purpose-ended", "service-ended", "consent-withdrawn", "unlawful", "ordered")


@dataclass(frozen=True, slots=True)
class PrivacyDesk:
    """`by` is the centre, or a sender about its own records."""

    tokens: Tokens
    writer: Writer
    reading: Reading
    clock: Callable[[], datetime]
    new_id: Callable[[], str]

    def held(self, asked: Asked, by: str) -> dict[str, Any]:
        """What is held of everybody who is meant, as far as the asker may know."""
        return {"persons": [shown(found) for found in find(self.reading, asked, self.tokens, by)]}

    async def erase(self, asked: Asked, ground: str, by: str) -> dict[str, Any]:
        """Destroy what may be: `{event, erased, held}`. SenderError when it is not clear who is meant."""
        if ground not in GROUNDS:
            text = f"ground 须为 {' | '.join(GROUNDS)}"
            raise SenderError(text, code="privacy.ground", status=422)
        return await self.writer.do(lambda tx: self._erase(tx, asked, ground, by), long=True)

    def _erase(self, tx: Tx, asked: Asked, ground: str, by: str) -> dict[str, Any]:
        meant = find(tx, asked, self.tokens, by)
        if len(meant) > 1:
            people = "、".join(hexed(one.person) for one in meant)
            text = f"所给的不止一人,请加 name 或以 person 指定其一:{people}"
            raise SenderError(text, code="privacy.several", status=409)
        if not meant:
            return {"event": None, "erased": 0, "held": []}
        now, found = self.clock(), meant[0]
        free = found.free(now)
        left = [one for one in found.kept if not one.erased and one.place not in free]
        if left and not free:
            raise SenderError(_why(left), code="privacy.held", status=409)
        event = self._write(tx, found, free, ground, by, now) if free else None
        done = [one for one in found.kept if one.place in free]
        return {"event": event, "erased": len(done), "held": _clauses(left)}

    def _write(self, tx: Tx, found: Found, free: tuple[int, ...], ground: str, by: str, now: datetime) -> str:
        event = self.new_id()
        payload = {"subject": hexed(found.person), "keys": list(free), "ground": ground, "by": by}
        entries = [one.seq for one in found.kept if one.place in free]
        if bids := tx.index.bids.files_of(entries):
            payload |= {"bids": sorted(bids), "files": list(tx.index.bids.only_in(entries))}
        tx.append(
            Kind.EVENT, int(now.timestamp() * 1e6), {"hubId": event, "event": ERASE, "payload": payload}
        )
        return event


def _clauses(left: list[Kept]) -> list[dict[str, Any]]:
    """What is kept, by clause, until the last of it may go."""
    last: dict[str, Kept] = {}
    for one in left:
        before = last.get(one.rule.clause)
        if before is None or one.until > before.until:
            last[one.rule.clause] = one
    return [
        {"clause": clause, **({} if one.rule.years is None else {"until": one.until.date().isoformat()})}
        for clause, one in sorted(last.items())
    ]


def _why(left: list[Kept]) -> str:
    until = ";".join(
        f"{one['clause']}" + (f" 至 {one['until']}" if "until" in one else " 长期") for one in _clauses(left)
    )
    return f"依规定须完整保存,尚不能删除:{until}"
