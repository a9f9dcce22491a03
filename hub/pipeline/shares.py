"""How much each member may send: counted after it has proved who it is, so that nobody uses up another's.

A rate with a burst, calls at once, and messages and bytes of a day. What a day has seen is asked of the
index once and counted on from there: a restart forgets nothing, and no message costs another write.
A message that is known already is never turned away for the day's sake: its sender gets its receipt.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hub.index.days import DAY, day_of, ends
from hub.message import Finding
from hub.ports import Answer

RATE, QUOTA, CLAUSE = "hub.rate", "hub.quota", "EX-LIM-04"


class Allowance(Protocol):
    """Zero is no limit."""

    @property
    def unlimited(self) -> bool: ...
    @property
    def per_second(self) -> float: ...
    @property
    def burst(self) -> int: ...
    @property
    def messages_per_day(self) -> int: ...
    @property
    def bytes_per_day(self) -> int: ...
    @property
    def concurrent(self) -> int: ...


@dataclass(slots=True)
class Account:
    """What one member has used up; given back by `Shares.leave`."""

    day: int
    messages: int
    size: int
    tokens: float
    at: int
    flying: int = 0


class Shares:
    """`used` tells (messages, bytes) of a member on a day; times are microseconds by the hub's clock."""

    def __init__(
        self, allowance: Callable[[str], Allowance], used: Callable[[str, int], tuple[int, int]]
    ) -> None:
        self._allowance = allowance
        self._used = used
        self._accounts: dict[str, Account] = {}

    def enter(self, member: str, size: int, now: int) -> Answer | Account | None:
        """Take a place for a message, to be given back by `leave`, or the answer why not. None: unlimited."""
        allowed = self._allowance(member)
        if allowed.unlimited and member not in self._accounts:
            return None
        account = self._account(member, allowed, now)
        if allowed.concurrent and account.flying >= allowed.concurrent:
            return refused(RATE, f"<= {allowed.concurrent} 并发", str(account.flying), 1)
        wait = _wait(account, allowed)
        if wait:
            return refused(RATE, f"<= {allowed.per_second:g} 次/秒", "", wait)
        left = math.ceil((ends(account.day) - now) / 1_000_000)
        if allowed.messages_per_day and account.messages >= allowed.messages_per_day:
            return refused(QUOTA, f"<= {allowed.messages_per_day} 条/日", str(account.messages), left)
        if allowed.bytes_per_day and account.size + size > allowed.bytes_per_day:
            return refused(QUOTA, f"<= {allowed.bytes_per_day} 字节/日", str(account.size), left)
        account.tokens -= 1
        account.flying += 1
        account.messages += 1
        account.size += size
        return account

    def leave(self, account: Account, size: int, entered: int, *, kept: bool) -> None:
        """The message entered then has its answer; what was not kept does not count for the day."""
        account.flying = max(0, account.flying - 1)
        if not kept and account.day == day_of(entered):
            account.messages = max(0, account.messages - 1)
            account.size = max(0, account.size - size)

    def pace(self, member: str, now: int) -> int:
        """The rate alone, for what is no message: seconds to wait, 0 when it may be done now."""
        allowed = self._allowance(member)
        if not allowed.per_second:
            return 0
        account = self._account(member, allowed, now)
        wait = _wait(account, allowed)
        if not wait:
            account.tokens -= 1
        return wait

    def _account(self, member: str, allowed: Allowance, now: int) -> Account:
        day = day_of(now)
        account = self._accounts.get(member)
        if account is None:
            account = self._accounts[member] = Account(day, *self._used(member, day), _burst(allowed), now)
        if day > account.day:
            account.day, (account.messages, account.size) = day, self._used(member, day)
        # A clock that jumps back gives nothing, one that jumps on gives a burst at most.
        account.tokens += max(0, now - account.at) / 1e6 * allowed.per_second
        account.tokens, account.at = min(account.tokens, _burst(allowed)), now
        return account


def _burst(allowed: Allowance) -> float:
    return float(max(1, allowed.burst, math.ceil(allowed.per_second) if not allowed.burst else 1))


def _wait(account: Account, allowed: Allowance) -> int:
    if not allowed.per_second or account.tokens >= 1 - 1e-9:
        return 0
    return max(1, math.ceil((1 - account.tokens) / allowed.per_second))


def refused(code: str, expected: str, observed: str, wait: int) -> Answer:
    """429 with what the limit is; told to the member itself only."""
    advice = "按 Retry-After 等待后以原报文号重发;长期不够时请与中心调整额度"
    return Answer(
        429, code, "超过约定的报送额度", findings=(Finding(code, "", expected, observed, advice, CLAUSE),),
        retry_after=max(1, min(wait, DAY // 1_000_000)),
    )  # fmt: skip
