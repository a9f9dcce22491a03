"""Guarantees and contract finance: applied for, issued, verified, claimed; sealed until the opening."""

from __future__ import annotations

import base64
from datetime import datetime
from decimal import Decimal
from typing import Any

from certs.algorithms.digest import digest
from hub.message import wall
from simulators.desk import Refusal

Fields = dict[str, Any]


class Guarantees:
    """The books of one issuer. A guarantee that nobody applied for here is known by a seeded few only."""

    def __init__(self, system: str) -> None:
        self._system = system
        self._serial = 0
        self.applied: dict[str, Fields] = {}
        self.issued: dict[str, Fields] = {}
        self.sealed: set[str] = set()  # sections not opened yet
        self.claims: dict[str, str] = {}

    def _number(self, prefix: str, now: datetime) -> str:
        self._serial += 1
        return f"{prefix}{now:%Y%m%d}{self._serial:06d}"

    def apply(self, asked: Fields, now: datetime) -> Fields:
        """`guarantee.apply`: under review; the letter follows by `issue`."""
        number = str(asked["applyNo"])
        if asked["validFrom"] >= asked["validTo"]:
            raise Refusal("guarantee.validity-short", {"field": "validTo"})
        self.applied[number] = dict(asked)
        amount = Decimal(str(asked["amount.amount"])) * (10000 if asked.get("amount.unit") == "1" else 1)
        return {
            "issuerApplyNo": self._number("YH", now),
            "applyState": "reviewing",
            "fee": {"amount": f"{max(amount / 400, Decimal('500.5')).normalize():f}", "unit": "0"},
            "resultState": "pending",
            "message": "审核中",
        }

    def issue(self, apply_no: str, now: datetime) -> Fields:
        """What the issuer will tell the hub (`guarantee.issue`), out of an application; KeyError for none."""
        asked = self.applied[apply_no]
        letter = {
            "GUARANTEE_NO": self._number("BH-", now),
            "applyNo": apply_no,
            "INSURER": f"{self._system} 示例银行",
            "GUARANTEE_AMOUNT": str(asked["amount.amount"]),
            "BEGIN_TIME": asked["validFrom"],
            "END_TIME": asked["validTo"],
            "LETTER_TIME": wall(now),
            **{name: value for name, value in asked.items() if name.startswith("section.")},
        }
        plain = "\n".join(f"{name}={value}" for name, value in sorted(letter.items())).encode("utf-8")
        letter["plainDigest"] = f"sm3:{digest(plain).hex()}"
        letter["guaranteeFile"] = base64.b64encode(self._closed(plain)).decode("ascii")
        if asked.get("applicant.code"):
            letter["BIDDER_ORG_CODE"] = str(asked["applicant.code"])
        self.issued[str(letter["GUARANTEE_NO"])] = dict(letter)
        return letter

    def _closed(self, plain: bytes) -> bytes:
        """The letter as it may lie with the hub before the opening: under a key that only the issuer has."""
        key = digest(f"letter/{self._system}".encode())
        return bytes(one ^ two for one, two in zip(plain, _stream(key, len(plain)), strict=True))

    def verify(self, asked: Fields, now: datetime) -> Fields:
        """`guarantee.verify`: before the opening the issuer, too, keeps it closed."""
        section = str(asked.get("section.BID_SECTION_CODE") or asked.get("section.lotNo") or "")
        if section in self.sealed:
            raise Refusal("section.sealed")
        held = self.issued.get(str(asked.get("GUARANTEE_NO", "")))
        if held is None:
            raise Refusal("guarantee.not-found")
        match = asked.get("plainDigest") in (None, held.get("plainDigest"))
        return {
            "genuine": match,
            "GUARANTEE_STATUS": "有效" if wall(now) < str(held["END_TIME"]) else "已失效",
            "GUARANTEE_AMOUNT": held["GUARANTEE_AMOUNT"],
            "END_TIME": held["END_TIME"],
            "digestMatch": match,
            "asOf": wall(now),
        }

    def claim(self, asked: Fields, now: datetime) -> Fields:
        """`guarantee.claim`: paid at once where it may be paid at all."""
        number = str(asked["GUARANTEE_NO"])
        held = self.issued.get(number)
        if held is None:
            raise Refusal("claim.guarantee-unknown")
        wanted, secured = Decimal(str(asked["amount.amount"])), Decimal(str(held["GUARANTEE_AMOUNT"]))
        told: Fields = {"issuerClaimNo": self._number("SP", now)}
        ground = f"{number}/{asked['ground']}"
        refusal = (
            "索赔金额超过担保金额" if wanted > secured else "同一事由已索赔" if ground in self.claims else ""
        )
        if refusal:
            return {**told, "claimState": "refused", "refusalReason": refusal}
        self.claims[ground] = str(asked["claimNo"])
        return {
            **told,
            "claimState": "paid",
            "paidAmount": {"amount": str(asked["amount.amount"]), "unit": "0"},
            "paidTime": wall(now),
        }


def _stream(key: bytes, size: int) -> bytes:
    blocks = (digest(key + at.to_bytes(4, "big")) for at in range(size // 32 + 1))
    return b"".join(blocks)[:size]


class Finance:
    """Applications for money on a contract: the filing number comes first, a contract is lent on once."""

    def __init__(self, filing_first: bool) -> None:
        self._filing_first = filing_first
        self._serial = 0
        self.applications: dict[str, Fields] = {}
        self.unfiled: set[str] = set()

    def apply(self, asked: Fields, now: datetime) -> Fields:
        filing = str(asked["filingNo"])
        if self._filing_first and filing in self.unfiled:
            raise Refusal("finance.contract-not-filed")
        self._serial += 1
        number = f"RZ{now:%Y%m%d}{self._serial:06d}"
        self.applications[number] = dict(asked)
        return {"platformApplyNo": number, "applyState": "accepted", "resultState": "pending"}
