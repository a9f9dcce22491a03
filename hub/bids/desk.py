"""The bid box's desk: what may be asked of it, and by whom.

| who | what |
|---|---|
| who delivered a bid | its receipt at any time, the outcome once there is one; bringing its part |
| who runs the section | further rounds; opening it, how far that is, results, contents; nothing before it |
| the centre | opening it with a reason, how far that is, results; no contents |
| everybody else | the answer to what is not there |
"""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from certs.envelope import open_envelope
from certs.trust import Revocation
from hub.bids import statement
from hub.bids.box import Box, Section
from hub.bids.contents import pieces_of
from hub.bids.delivery import ALONE, BROUGHT
from hub.bids.faults import OPENED
from hub.bids.opening import EARLY, Openings
from hub.bids.parts import brought, read_share
from hub.bids.reading import rows_of, share_of, shown_of
from hub.bids.rounds import Rounds
from hub.bids.taking import Taking
from hub.errors import SenderError
from hub.index.folding.bids import STANDING
from hub.index.port import BidRow, OpeningRow
from hub.index.tokens import hexed
from hub.index.views import CENTRE
from hub.journal.claims import UNSEALING, own
from hub.journal.entry import Kind
from hub.journal.port import Reading, Tx
from hub.message import Finding

log = logging.getLogger(__name__)
GONE, SHARE = "not-found", "bid.share"
_MOST = 200


def nothing() -> SenderError:
    """One answer for what is not there, what is sealed and what is somebody else's."""
    return SenderError("没有可查阅的内容 / nothing here", code=GONE, status=404)


def _erased() -> SenderError:
    return SenderError("投标人(自然人)的信息已应其请求删除", code="privacy.erased", status=410)


def _another_part(alone: bool) -> SenderError:
    if alone:
        advice = "核对 receiptNo;group 为信封绑定值前 16 字节,index 与 total 为 1,value 为内容密钥"
        finding = Finding(SHARE, "", "该投标文件的内容密钥", "另一密钥", advice, "EX-ERR-01")
        return SenderError("所交密钥与投标文件不符,未予收取,可改正后再交", code=SHARE, findings=(finding,))
    finding = Finding(
        SHARE,
        "",
        "封存在该投标文件中的份额",
        "另一份额",
        "核对 receiptNo,用封存时的加密证书从该投标文件中取出份额再交",
        "EX-ERR-01",
    )
    return SenderError("所交份额不是封存的份额,未予收取,可改正后再交", code=SHARE, findings=(finding,))


class BidDesk:
    """One for a hub; its coroutines belong to the hub's loop."""

    def __init__(self, box: Box, aside: Reading) -> None:
        """`aside` is a reading for threads: the results of a thousand bids are not read on the loop."""
        self.box, self.taking, self.openings, self.rounds = box, Taking(box), Openings(box), Rounds(box)
        self._aside, self._turn = replace(box, reading=aside), asyncio.Lock()

    async def open(self, who: str, said: dict[str, Any]) -> dict[str, Any]:
        """`{section, reason?, least?}`; how far it is. Raises HubError."""
        code, reason = said.get("section"), str(said.get("reason") or "").strip()
        usual = self.box.settings().bids_least
        least = said.get("least", usual)
        # Fewer where the law allows it; more would count them without opening anything.
        good = isinstance(code, str) and 0 < len(code) <= _MOST and type(least) is int and 0 <= least <= usual
        if not good or not set(said) <= {"section", "reason", "least"} or len(reason) > _MOST:
            raise SenderError("须给出 section,可给 reason、least", code="gate.act")
        if least != usual and not reason:
            raise SenderError("改变最少家数须写明理由 reason", code="gate.act")
        return await self.openings.begin(who, str(code), reason, least)

    async def progress(self, who: str, code: str) -> dict[str, Any]:
        """The opening with all results so far; raises as for nothing before it has begun."""
        box, section = self.box, self.box.section(code)
        begun = self._begun(who, section)
        told = self.openings.progress(section)
        async with self._turn:
            rows = await asyncio.to_thread(rows_of, self._aside, section)
        key = box.log_key().public_pem
        return {**told, **box.begun(begun), "decryption": rows, "publicKey": key}

    async def watch(self, who: str, code: str, after: int) -> dict[str, Any]:
        """The same for a page that comes back: only the results written after entry `after`."""
        section = self.box.section(code)
        self._begun(who, section)
        told = self.openings.progress(section)
        async with self._turn:
            rows, last = await asyncio.to_thread(shown_of, self._aside, section, after)
        return {**told, "results": rows, "after": last}

    def _begun(self, who: str, section: Section) -> OpeningRow:
        begun = self.box.index.bids.opening(section.scope)
        if begun is None or who not in (CENTRE, self.box.owner(section.code), begun.by):
            raise nothing()
        return begun

    def bid(self, who: str, number: str) -> dict[str, Any]:
        """Receipt and, once there is one, outcome: together the proof of it."""
        box, row = self.box, self.box.index.bids.by_receipt(number)
        if row is None:
            raise nothing()
        claim = own(who) if row.sender == who else UNSEALING
        if row.sender != who and not self._opener(who, row):
            raise nothing()
        kept, said = box.kept(row, claim), box.outcome(row, claim)
        begun = box.index.bids.opening(row.section)
        if kept is None:
            raise _erased() if box.erased(row, claim) else nothing()
        return {
            "format": statement.PROOF,
            "receipt": dict(kept.receipt),
            "receiptStamp": kept.raw["stamp"],
            "opening": None if said is None or begun is None else box.begun(begun)["opening"],
            "openingStamp": None if said is None or begun is None else box.begun(begun)["stamp"],
            "outcome": None if said is None else said["outcome"],
            "publicKey": box.log_key().public_pem,
        }

    def _opener(self, who: str, row: BidRow) -> bool:
        """Does it run the section (or is it the centre), and has the opening of this bid begun? Of what was
        replaced or taken back there is none."""
        begun = self.box.index.bids.opening(row.section)
        there = begun is not None and row.state == STANDING and self.box.ripe(row)
        kept = self.box.kept(row) if there else None
        return kept is not None and who in (CENTRE, self.box.owner(str(kept.receipt["section"])))

    async def content(self, who: str, number: str) -> tuple[int, Callable[[], bytes]]:
        """Size and what gives the next piece ("" at the end) of an opened bid, for who runs the section."""
        row = self.box.index.bids.by_receipt(number)
        if row is None or row.result != OPENED or who == CENTRE or not self._opener(who, row):
            raise nothing()
        kept, said = self.box.kept(row), self.box.outcome(row)
        if kept is None or said is None:
            raise nothing()
        key = (await asyncio.to_thread(self.box.keeper.open)).bids
        share = share_of(self.box, row)
        give = pieces_of(self.box.shelf, kept.sealed(), key, share)
        return int(said["outcome"]["contentSize"]), give

    async def bring(self, who: str, number: str, raw: bytes) -> dict[str, Any]:
        """A bidder's part of the key, or the key that it alone has, in an envelope to the platform's key for
        bids; once the opening has begun, and until the grace is over. One that is not the sealed part is not
        taken: the right one can still be brought. Raises HubError."""
        box, row = self.box, self.box.index.bids.by_receipt(number)
        if row is None or row.sender != who or row.state != STANDING or row.model not in BROUGHT:
            raise nothing()
        begun = box.index.bids.opening(row.section)
        if begun is None:
            raise SenderError("开标尚未开始,请在开标后交解密份额", code=EARLY)
        kept = box.kept(row)
        if kept is None or row.result_entry:
            raise SenderError("该投标的开启结果已定", code=SHARE, status=409)
        value = await self._value(f"bids {who}", raw, kept.raw["evidence"], row.model == ALONE)
        section = box.section(str(kept.receipt["section"]))
        closing, at = box.closing(section), box.now()
        facts = {"bid": row.seq, "section": hexed(section.scope)}

        def work(tx: Tx) -> bool:
            known = tx.index.bids.by_receipt(number)
            if known is None or known.result_entry:
                return False
            if not known.share_entry:
                tx.append(Kind.BID_SHARE, at, facts, base64.b64encode(value), closing=closing)
            return True

        if not await box.writer.do(work):
            raise SenderError("该投标的开启结果已定", code=SHARE, status=409)
        self.openings.go_on(section)
        return {"receiptNo": number, "state": "taken"}

    async def _value(self, asker: str, raw: bytes, evidence: Mapping[str, Any], alone: bool) -> bytes:
        """What is inside; it must have been sealed and signed by who signed the bid. How he stands was
        judged at the delivery: his CA is not asked again, and may be away. It must be the part in the bid."""
        box = self.box
        judges = (await box.ca.open()).of(asker)
        key = (await asyncio.to_thread(box.keeper.open)).bids

        def work() -> bytes | None:
            trust = judges.trust(Revocation.IGNORED)
            opened = open_envelope(raw, [key], trust=trust, at=box.clock(), bound=True)
            if opened.content is None or opened.verdict.signer != base64.b64decode(evidence["signer"]):
                return None
            share = read_share(opened.content)
            if share is not None and not brought(evidence, share):
                raise _another_part(alone)
            return opened.content if share is not None else None

        value = await box.ca.work(work)
        if value is None:
            raise SenderError("份额信封不成立:须由投标人签名并封给平台收标证书", code=SHARE)
        return value

    async def tend(self) -> None:
        await self.openings.tend()

    async def close(self) -> None:
        await self.openings.close()
        await asyncio.to_thread(self.box.pool.shutdown, True, cancel_futures=True)
        await asyncio.to_thread(self.box.keeper.close)
        async with self._turn:
            self._aside.reading.close()
