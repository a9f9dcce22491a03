"""Taking a bid: judged, stamped, written down, answered with a receipt. Nobody else learns of it.

What says no here follows from what everybody knows (is there such a section, is its deadline over) or from
what the sender itself has sent; never from what others have delivered.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from hub.bids import statement
from hub.bids.box import Box, Section
from hub.bids.delivery import DIGEST, REPLACE, SUPPLEMENT, WITHDRAW, Delivery, Judged, finding, unkept
from hub.bids.judging import Judge
from hub.bids.signups import SignUps
from hub.catalogue.sections import round_of
from hub.errors import HubError
from hub.files.cipher import DamagedFileError
from hub.files.name import Name
from hub.index.port import BidRow, FileRow, Index
from hub.index.tokens import hexed
from hub.journal.claims import own
from hub.journal.entry import Kind
from hub.journal.port import Tx
from hub.message import canonical
from hub.ports import Answer

UNKNOWN = Answer(
    422,
    "section.unknown",
    "标段(包、标的)不存在,或其公告未写明递交截止(标准无此字段的行业写在 ext.BID_CLOSING_TIME)",
)
UNINVITED = Answer(422, "bid.not-signed-up", "该主体未报名或未受邀")
LATE = Answer(422, "bid.after-deadline", "已过投标截止时间,不予接收")
BUSY = Answer(503, "bid.store-busy", "文件存储暂不可用,请立即重试", retry_after=1)
NOTHING = Answer(422, "bid.unknown", "没有可撤回的递交")
AGAIN = Answer(409, "idempotency.conflict", "该文件已被替换或撤回,请重新封装后递交")
OTHER = Answer(409, "idempotency.conflict", "同一投标人已递交其他文件,请用 deliveryKind replace")
WITHOUT = Answer(422, "bid.unknown", "没有可补充的递交:先以 deliver 递交投标文件")
_CERTIFICATE, _SUPPLEMENTS = 64 << 10, 16
FULL = Answer(422, "bid.kind", f"补充件已有 {_SUPPLEMENTS} 份:并入投标文件后以 replace 递交")


@dataclass(frozen=True, slots=True)
class Taking:
    """Belongs to the loop; judging has the certificate desk's threads."""

    box: Box

    async def take(self, one: Delivery) -> Answer:
        """The answer to a `bid.receipt`; the same bid again has the same receipt."""
        box = self.box
        section, received = box.section(one.section), box.now()
        if (refused := unkept(one)) is not None:
            return Answer(422, refused.code, refused.advice, findings=(refused,))
        until = box.index.deadline(section.scope)
        if until is None:
            return UNKNOWN
        whose = self._whose(one)
        if received >= until or box.index.bids.opening(section.scope) is not None:
            return self._late(one, whose)
        with self._inside(section):
            try:
                return await self._taken(one, section, whose, received)
            except HubError as error:
                return Answer(error.status, error.code, error.detail, retry_after=error.retry_after)

    def _whose(self, one: Delivery) -> Whose:
        """A supplement stands by itself, beside the bid; what is taken back may be one."""
        tokens, code, file = self.box.tokens, str(one.bidder.get("code")), str(one.file.get("digest"))
        main = tokens.of("bid", one.sender, one.section, code)
        beside = tokens.of("bid-supplement", one.sender, one.section, code, file)
        bids = self.box.index.bids
        taken_back = one.step == WITHDRAW and (bids.standing(beside) or bids.taken_back(beside, file))
        return Whose(beside, main) if taken_back or one.step == SUPPLEMENT else Whose(main, 0)

    async def _taken(self, one: Delivery, section: Section, whose: Whose, received: int) -> Answer:
        box = self.box
        if (gone := self._taken_back(one, whose)) is not None:
            return gone
        before = box.index.bids.standing(whose.own)
        if before is not None and one.step != WITHDRAW and before.file == one.file["digest"]:
            return self._told(before, one, again=True)
        if (against := _against(box.index, one, whose)) is not None:
            return against
        row = box.index.file(one.sender, str(one.file["digest"]))
        if row is None or row.size != one.file["size"]:
            text = "投标文件尚未上传,或字节数不符"
            return Answer(422, DIGEST, text, findings=(finding(DIGEST, "bidFile", "", "", text),))
        judged = await self._judged(one, before)
        if judged.open:
            return Answer(503, "upstream.unavailable", "暂不能核实签名证书的状态,请重试", retry_after=5)
        if judged.findings:
            told = "; ".join(dict.fromkeys(found.advice for found in judged.findings))
            return Answer(422, judged.findings[0].code, told[:300], findings=judged.findings)
        # Only now: it is the bidder's own signature that asks.
        code = str(one.bidder.get("code"))
        if one.step != WITHDRAW and self._uninvited(one, section, code):
            return UNINVITED
        return await self._written(one, section, whose, received, row, judged)

    def _uninvited(self, one: Delivery, section: Section, code: str) -> bool:
        """To a round only those come whose bids for the section were opened."""
        box, (base, number) = self.box, round_of(section.code)
        if number > 1:
            return not box.index.bids.opened(box.tokens.of("bidder", base, code), one.sender)
        return SignUps(box.tokens).missing(box.index, one.sender, section.code, code)

    async def _judged(self, one: Delivery, before: BidRow | None) -> Judged:
        box, known = self.box, b""
        if one.step == WITHDRAW and before is not None:
            kept = box.kept(before, own(one.sender))
            known = base64.b64decode(kept.raw["evidence"]["signer"]) if kept is not None else b""
        asker = f"bids {one.sender}"
        judges = (await box.ca.open()).of(asker)
        platform = await asyncio.to_thread(box.keeper.open)
        names = [self._sent(one.sender, row) for row in one.recipients]
        certificates: dict[str, bytes | None] = {}
        judge = Judge(judges, box.shelf, platform.bids, box.clock(), certificates.get)

        def judging() -> Judged:
            """Files are read here too: the loop never waits for the disk."""
            certificates.update((name.text, self._certificate(name)) for name in names if name is not None)
            return judge.judge(one, known)

        judged = await box.ca.work(judging)
        if not judged.open:
            return judged
        brought = (known,) if known else await box.ca.work(lambda: judge.brought(one))
        parties = [raw for raw in (*brought, *certificates.values()) if raw]
        # Remembered for this sender's bids alone: nobody finds out by asking what others have delivered.
        knowing = replace(judge, judges=await box.ca.informed(asker, parties))
        return await box.ca.work(lambda: knowing.judge(one, known))

    def _sent(self, sender: str, row: Mapping[str, Any]) -> Name | None:
        """The name of a certificate this sender has sent."""
        name = Name.of(str(row.get("digest")))
        found = self.box.index.file(sender, name.text) if name is not None else None
        return None if found is None or found.size > _CERTIFICATE else name

    def _certificate(self, name: Name) -> bytes | None:
        """Its octets; for threads."""
        try:
            with self.box.shelf.open(name) as opened:
                return b"".join(opened.pieces())
        except (OSError, DamagedFileError):
            return None

    async def _written(
        self, one: Delivery, section: Section, whose: Whose, received: int, file: FileRow, judged: Judged
    ) -> Answer:
        """With its receipt stamped; the deadline is asked once more where it is kept."""
        box, number = self.box, self.box.new_id()
        main = box.index.bids.standing(whose.main) if whose.main else None
        until = box.index.deadline(section.scope) or 0
        said = statement.receipt(
            box.log_key(),
            one,
            number,
            received,
            until,
            file.size,
            judged.evidence,
            "" if main is None else main.receipt,
        )
        stamped = await box.times.wanted(canonical(said))
        raw = canonical(
            {
                "receipt": said,
                "stamp": None if stamped is None else stamped.text,
                "bidder": dict(one.bidder),
                "evidence": dict(judged.evidence),
            }
        )
        facts: dict[str, Any] = {
            "bid": hexed(whose.own), "section": hexed(section.scope), "receiptNo": number, "from": one.sender,
            "party": hexed(box.tokens.of("bidder", one.section, str(one.bidder.get("code")))),
            "message": one.message, "file": file.digest, "size": file.size, "until": until,
            "model": one.model, "step": one.step, **({"main": hexed(whose.main)} if whose.main else {}),
        }  # fmt: skip

        under = box.holding(section, one.bidder, one.sender)

        def work(tx: Tx) -> BidRow | Answer:
            known = tx.index.bids.standing(whose.own)
            if known is not None and one.step != WITHDRAW and known.file == file.digest:
                return known  # the same came twice at once
            if (against := _against(tx.index, one, whose)) is not None:
                return against
            if main is not None and tx.index.bids.standing(whose.main) != main:
                return BUSY  # replaced meanwhile: to be asked again, of what stands now
            moved = tx.index.deadline(section.scope)
            if moved is None or received >= moved or tx.index.bids.opening(section.scope) is not None:
                return LATE
            tx.append(Kind.BID, received, facts, raw, closing=under)
            return tx.index.bids.by_receipt(number) or LATE

        row: BidRow | Answer = await box.writer.do(work)
        return self._told(row, one, again=row.receipt != number) if isinstance(row, BidRow) else row

    def _told(self, row: BidRow, one: Delivery, *, again: bool) -> Answer:
        data = {
            "hubId": one.hub_id, "receiptState": "duplicate" if again else "accepted",
            "receivedTime": statement.moment(row.at), "receiptNo": row.receipt, "fileDigest": row.file,
            "deadline": statement.moment(row.until),
        }  # fmt: skip
        return Answer(200, "0000", data=data)

    def _late(self, one: Delivery, whose: Whose) -> Answer:
        """After the deadline only what was taken before it is told again, to its own sender."""
        known = self.box.index.bids.standing(whose.own)
        if known is not None and one.step != WITHDRAW and known.file == one.file["digest"]:
            return self._told(known, one, again=True)
        return self._taken_back(one, whose) or LATE

    def _taken_back(self, one: Delivery, whose: Whose) -> Answer | None:
        """A withdrawal asked for again, since its answer was lost: it has its receipt. What was taken back
        is never put in again, so this stays so."""
        if one.step != WITHDRAW:
            return None
        known = self.box.index.bids.taken_back(whose.own, str(one.file["digest"]))
        return None if known is None else self._told(known, one, again=True)

    @contextmanager
    def _inside(self, section: Section) -> Iterator[None]:
        """The opening waits for who came before the deadline and is still being judged."""
        inside = self.box.inside
        inside[section.scope] = inside.get(section.scope, 0) + 1
        try:
            yield
        finally:
            inside[section.scope] -= 1
            if not inside[section.scope]:
                del inside[section.scope]


class Whose(NamedTuple):
    """Tokens of what is delivered, and of the bid it supplements (0: it is the bid itself)."""

    own: int
    main: int


def _against(index: Index, one: Delivery, whose: Whose) -> Answer | None:
    """What stands against it by what this bidder has delivered before; asked again where it is written."""
    standing, file = index.bids.standing(whose.own), str(one.file["digest"])
    if one.step == WITHDRAW:
        return None if standing is not None and standing.file == file else NOTHING
    if index.bids.had(whose.own, file):
        return AGAIN  # what was taken back stays so: whoever carries it has its signature for ever
    if one.step == SUPPLEMENT:
        return _beside(index, whose.main, file)
    return OTHER if standing is not None and one.step != REPLACE else None


def _beside(index: Index, main: int, file: str) -> Answer | None:
    """There is a bid to supplement, with another file, and room beside it."""
    if index.bids.standing(main) is None:
        return WITHOUT
    if index.bids.had(main, file):
        return AGAIN
    return FULL if index.bids.supplements(main) >= _SUPPLEMENTS else None
