"""What a trading system says when it delivers a bid, and what judging that comes to: values only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from certs.verdict import Reason, Verdict
from hub.catalogue.sections import in_engineering, round_of
from hub.message import Finding

ENCRYPTED, SIGNATURE, DIGEST, KIND = "bid.not-encrypted", "bid.signature", "bid.digest", "bid.kind"
ANY_ONE, ALL_OF, PLATFORM, ALONE = "any-one", "all-of", "platform-key", "bidder-key"
DELIVER, REPLACE, WITHDRAW, SUPPLEMENT, PRICE = "deliver", "replace", "withdraw", "supplement", "price-round"
STEPS = (DELIVER, REPLACE, WITHDRAW, SUPPLEMENT, PRICE)
MODELS = {ANY_ONE: "any-of", PLATFORM: "any-of", ALL_OF: "all-of", ALONE: "any-of"}
BROUGHT = (ALL_OF, ALONE)  # what the bidder has to bring something for, once the opening has begun


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a trading system says in `bid.receipt`; `section` is the section's name: its code, outside
    engineering behind the name of its field, and that of the round for the price of a round. `price` is the
    digest of the file that is said to be the price, if one is."""

    sender: str
    section: str
    trade: str
    step: str
    bidder: Mapping[str, Any]
    file: Mapping[str, Any]
    recipients: Sequence[Mapping[str, Any]]
    model: str
    signature: Mapping[str, Any]
    hub_id: str
    message: int
    price: str = ""

    @property
    def signed(self) -> bytes:
        """What the bidder's own signature in the message has to be over."""
        return consent(self.step, self.section, str(self.file.get("digest")))


def consent(step: str, section: str, file: str) -> bytes:
    """What a bidder signs: what is to be done, for which section, with which file. Else whoever carries a
    bid could deliver it for another section, or take it back with the signature it came with."""
    return f"{step} {section} {file}".encode()


@dataclass(frozen=True, slots=True)
class Judged:
    """A bid that may be taken, or the findings why not. `open`: nothing is wrong, but what is known of the
    signer's standing does not suffice now."""

    findings: tuple[Finding, ...]
    open: bool = False
    chain: tuple[bytes, ...] = field(default=(), repr=False)
    evidence: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(slots=True)
class Said:
    """What is wrong, and whether all that is wrong is that not enough is known now."""

    findings: list[Finding] = field(default_factory=list)
    _only_open: bool = True

    @property
    def open(self) -> bool:
        return bool(self.findings) and self._only_open

    def wrong(self, code: str, at: str, expected: str, observed: str, advice: str) -> None:
        self._only_open = False
        self.findings.append(finding(code, at, expected, observed, advice))

    def judged(self, verdict: Verdict, at: str, code: Callable[[Reason], str]) -> None:
        self._only_open = self._only_open and (verdict.ok or verdict.state == "indeterminate")
        self.findings += [finding(code(one), at, one.row.clause, str(one), one.zh) for one in verdict.reasons]


def unkept(one: Delivery) -> Finding | None:
    """What the standard names and this box does not take, and what to do instead; None for what it takes."""
    if one.step not in STEPS:
        return finding(KIND, "deliveryKind", " | ".join(STEPS), one.step, "按所列种类递交")
    if one.model not in MODELS and one.step != WITHDRAW:
        return finding(ENCRYPTED, "envelopeModel", " | ".join(MODELS), one.model, "按所列模式封装")
    return _unpriced(one) if one.step == PRICE else None


def _unpriced(one: Delivery) -> Finding | None:
    """What the price of a round must be: of a round there is, where rounds may be, in the file itself."""
    base, number = round_of(one.section)
    if in_engineering(base):
        return finding(KIND, "deliveryKind", "deliver", one.step, _NO_ROUNDS)
    if number < 2:
        return finding(KIND, "round", ">= 2", str(number), "首轮报价在投标(响应)文件之中;此处写后续轮次")
    if one.price not in ("", str(one.file.get("digest"))):
        return finding(KIND, "sealedPrice", "同 bidFile", one.price, "该轮报价的信封即 bidFile,仅此一份")
    return None


_NO_ROUNDS = "招标不得就报价谈判(招标投标法第四十三条):工程标段没有后续轮次"


def finding(code: str, at: str, expected: str, observed: str, advice: str) -> Finding:
    return Finding(code, f"/body/fields/{at}", expected, observed[:200], advice, "EX-ERR-01")
