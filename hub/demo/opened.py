"""Bids of five CAs: delivered, kept shut, opened at the deadline, each outcome proved without the hub."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from certs.algorithms.digest import digest
from certs.cli.kinds import recognise_kind
from certs.trust import Revocation, Trust
from hub.bids.verify import verify
from hub.client import HubClient
from hub.demo.bidding import EARLY, Bidding
from hub.demo.envelopes import ALL_OF, ANY_ONE, Bid, make, part_of
from hub.demo.holders import Holders
from hub.demo.leaks import Secret, Watch
from hub.demo.recognised import STANDING
from hub.demo.steering import Steering, answers
from hub.demo.steps import Steps
from hub.evidence.sandbox_tsa import ANCHOR, FOLDER

# CA, holder, who can open it, broken when it was sealed
BIDS = (
    ("C01", "builder", ANY_ONE, False),
    ("C02", "agency", ANY_ONE, False),
    ("C03", "supplier", ALL_OF, False),
    ("C04", "frozen", ANY_ONE, True),
    ("C05", "neighbour", ANY_ONE, False),
)
THAWED, STOPPED, DEAD = ("C04", "frozen"), "C02", "drop-before-effect"
OPENED, THEIR_FAULT = "opened", "bidder-fault"
RESULTS = {OPENED: "已解密", THEIR_FAULT: "投标人的原因", "platform-fault": "平台的原因"}
WAITING, DONE, PAUSED = "waiting", "done", "paused"


@dataclass(slots=True)
class Opened:
    """`watch` looks everywhere for what must not be seen, where that is wanted; `data` is the hub's folder,
    of which only the time-stamp service's certificate is read."""

    holders: Holders
    bidding: Bidding
    centre: HubClient
    stranger: HubClient
    sims: Steering
    steps: Steps
    data: Path
    watch: Watch | None = None
    bids: list[Bid] = field(default_factory=list)

    def show(self) -> None:
        platform = self._prepare()
        before = self.bidding.announce()
        self.bidding.deliver(self.bids)
        self._kept_shut(before.document)
        self._stop_a_ca()
        self.bidding.wait()
        try:
            self._open(platform)
        finally:
            self.sims.lift(STOPPED)
        self._prove()

    def _prepare(self) -> bytes:
        """Everything that needs no deadline; the platform's certificate for bids."""
        client, steps = self.bidding.client, self.steps
        told = client.ask("GET", "/v1/ca/platform").document
        platform = base64.b64decode(told["bids"]["certificate"])
        serials = self.holders.holder(*THAWED).serials
        states = {self.sims.certificate(THAWED[0], "unfreeze", serial) for serial in serials}
        steps.step(
            THAWED[0],
            "发证机构解冻一个单位的证书(此前不能签名)",
            states == {"good"},
            "、".join(STANDING.get(one, one) for one in states),
        )
        now = datetime.now(UTC)
        self.bids = [
            make(self.holders.holder(ca, ident), platform, now, model=model, broken=broken)
            for ca, ident, model, broken in BIDS
        ]
        self.bidding.register()
        self.bidding.upload(self.bids)
        return platform

    def _kept_shut(self, before: Any) -> None:
        """Delivered; and to everybody it is as if nothing had been."""
        bidding, steps, who = self.bidding, self.steps, self.bidding.organiser
        taken = len(bidding.receipts) == len(self.bids) and not bidding.refused
        why = "开标前不显示数量与投标人" if taken else "; ".join(bidding.refused)
        steps.step(who, "投标文件加密递交(bid.receipt),各得回执", taken, why)
        own, centre = bidding.ask_opening(bidding.client), bidding.ask_opening(self.centre, "演示:提前开标")
        left = bidding.left()
        early = left > 0 and {own.code, centre.code} == {EARLY}
        steps.step(who, "截止前要求开标:拒绝(中心要求也一样)", early, f"{own.status} {own.code}")
        same = own.document == before
        looks = [
            bidding.look(one).document == bidding.look(one, "E" * 23).document
            for one in (bidding.client, self.centre, self.stranger)
        ]
        paths = [f"/v1/bids/{one['receiptNo']}" for one in bidding.receipts.values()]
        hidden = all(
            one.ask("GET", path).status == 404 for one in (self.centre, self.stranger) for path in paths
        )
        leaks = self._leaks()
        steps.findings += leaks
        detail = "答复与无人投标时逐字相同;查开标情况如同没有此标段" if not leaks else f"泄露 {len(leaks)} 处"
        steps.step(who, "截止前谁都看不出有没有人投标", same and all(looks) and hidden and not leaks, detail)

    def _leaks(self) -> list[Any]:
        if self.watch is None:
            return []
        words = sorted({bid.who.party[name] for bid in self.bids for name in ("code", "name")})
        numbers = [
            str(one[name]) for one in self.bidding.receipts.values() for name in ("receiptNo", "hubId")
        ]
        return self.watch.find_leaks([Secret(self.bidding.organiser, tuple(numbers), tuple(words), ())])

    def _stop_a_ca(self) -> None:
        """Read back: nobody answers there any more."""
        self.sims.fault(STOPPED, DEAD, times=None)
        heard = answers(f"{self.holders.pki(STOPPED)}/certs/{STOPPED}-0.cer")
        self.steps.step(
            STOPPED, "此时一家 CA 停机(一切连接被断开)", not heard, "无应答" if not heard else "仍应答"
        )

    def _open(self, platform: bytes) -> None:
        """At the deadline; whoever holds half a key brings it now."""
        bidding, steps, who = self.bidding, self.steps, self.bidding.organiser
        begun = bidding.ask_opening(bidding.client)
        told = bidding.until((WAITING, DONE, PAUSED)) if begun.ok else {}
        steps.step(who, "截止时间到,开标", begun.ok, f"{begun.status} {begun.code}")
        for bid in self.bids if begun.ok else ():
            if bid.model == ALL_OF:
                part = part_of(bid, platform, self._belief(), datetime.now(UTC))
                sent = None if part is None else bidding.bring(bid, part)
                ok = sent is not None and sent.ok
                steps.step(
                    bid.who.ca, "双方密钥同开的一份:投标人交来自己的一半", ok, sent.code if sent else ""
                )
        told = bidding.until((DONE, PAUSED)) if begun.ok else {}
        rows = {row["receiptNo"]: row for row in told.get("decryption", ())}
        for bid in self.bids:
            row = rows.get(bidding.receipts.get(bid.name, {}).get("receiptNo", ""), {})
            self._one(bid, row)

    def _one(self, bid: Bid, row: Any) -> None:
        wanted = THEIR_FAULT if bid.broken else OPENED
        code = (row.get("bidder") or {}).get("code")
        ok = row.get("result") == wanted and code == bid.who.party["code"] and row.get("digestMatch") is True
        off = "(该 CA 已停机)" if bid.who.ca == STOPPED else "(封存时即已损坏)" if bid.broken else ""
        result = RESULTS.get(str(row.get("result")), str(row.get("result")))
        self.steps.step(bid.who.ca, f"{bid.who.party['name']}{off}", ok, result, wanted=wanted)

    def _belief(self) -> Trust:
        return self.holders.world.trust(revocation=Revocation.IGNORED)

    def _prove(self) -> None:
        """With the published key, the delivered file and the time-stamp service's certificate: no hub."""
        key = str((self.bidding.client.heads() or {}).get("publicKey"))
        anchor = recognise_kind((self.data / FOLDER / ANCHOR).read_bytes()).data
        stamps = Trust((anchor,), Revocation.IGNORED)
        for bid in self.bids:
            proof = self.bidding.proof(bid) if bid.name in self.bidding.receipts else {}
            holders = (bid.who.encryption,)
            found = verify(proof, public_pem=key, file=bid.raw, stamps=stamps, holders=holders)
            outcome = proof.get("outcome") or {}
            whole = bid.broken or outcome.get("contentDigest") == f"sm3:{digest(bid.content).hex()}"
            forged = {**proof, "outcome": {**outcome, "result": "platform-fault"}}
            caught = not verify(forged, public_pem=key, file=bid.raw, stamps=stamps).ok
            sure = not {code for code, _ in found.open} & _LEFT_OPEN
            ok = found.ok and sure and whole and caught
            why = outcome.get("zh", "") if ok else "; ".join(f"{code} {zh}" for code, zh in found.faults)
            self.steps.step(
                bid.who.ca, "开启证明离线核验成立,改动即不成立", ok, f"{why}({outcome.get('clause')})"
            )


# What is not to be left open where key, file, stamp service and the bidder's own key are at hand.
_LEFT_OPEN = {"stamp.open", "key.unconfirmed", "file.missing", "key.needed"}
