"""What the deposit bank keeps: a sub-account for each section, what came in, what went back.

Money in yuan as Decimal. Everything here is plain data, so that a snapshot is a copy of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

BRANCHES = ("兰州城区银行永登支行", "兰州城区银行营业部")
HOLDER = "永登县公共资源交易中心保证金专户"
UNION = "313821000016"
SETTLING = timedelta(minutes=10)  # from "accepted" to "paid" where a refund goes in two steps
PAID, UNDERWAY, BOUNCED = "1", "2", "3"

Foreign = Mapping[str, str]


@dataclass(slots=True)
class Account:
    """The sub-account of a section (or of one bidder in it): a number at each branch."""

    numbers: tuple[str, ...]
    opening: str  # yyyyMMddHHmmss
    version: int = 0


@dataclass(slots=True)
class Refund:
    fields: Foreign
    serial: str
    state: str
    at: datetime
    becomes: str = PAID

    def settle(self, now: datetime) -> None:
        """An accepted refund arrives, or comes back, when its time has come."""
        if self.state == UNDERWAY and now - self.at >= SETTLING:
            self.state, self.at = self.becomes, self.at + SETTLING


@dataclass(slots=True)
class BankBook:
    accounts: dict[tuple[str, ...], Account] = field(default_factory=dict)
    lines: dict[str, Foreign] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    told: dict[tuple[str, str], tuple[Foreign, object]] = field(default_factory=dict)
    _serial: dict[str, int] = field(default_factory=dict)

    def number(self, prefix: str, now: datetime) -> str:
        """HS... for anything booked, TS... for a refund."""
        self._serial[prefix] = self._serial.get(prefix, 0) + 1
        return f"{prefix}{now:%Y%m%d}{self._serial[prefix]:08d}"

    def open(self, place: tuple[str, ...], opening: str, *, apart: bool = True) -> Account:
        """The account of this section, the same however often it is asked for; `apart` off: one for all."""
        key = place if apart else ()
        if key not in self.accounts:
            first = len(self.accounts) * len(BRANCHES)
            numbers = tuple(f"6200000000000001{first + n + 1:04d}" for n in range(len(BRANCHES)))
            self.accounts[key] = Account(numbers, opening)
        self.accounts[key].opening = opening
        return self.accounts[key]

    def of_section(self, section: str) -> list[Account]:
        return [account for place, account in self.accounts.items() if place and place[0] == section]

    def knows(self, number: str) -> bool:
        return any(number in account.numbers for account in self.accounts.values()) or any(
            line.get("AcctNo") == number for line in self.lines.values()
        )

    def opening_of(self, number: str) -> str:
        """When the section of this account is opened; empty where the bank was not told."""
        return next((a.opening for a in self.accounts.values() if number in a.numbers), "")

    def came_in(self, number: str, first: str, last: str) -> list[Foreign]:
        return [
            line
            for line in self.lines.values()
            if line.get("AcctNo") == number and first <= line.get("InDate", "") <= last
        ]

    def left(self, serial: str) -> Decimal:
        """What of this pay-in has not gone back yet."""
        gone = (
            Decimal(refund.fields.get("Amt") or "0")
            for refund in self.refunds.values()
            if refund.fields["HstSeqNum"] == serial and refund.state != BOUNCED
        )
        return Decimal(self.lines[serial].get("Amt") or "0") - sum(gone, Decimal(0))
