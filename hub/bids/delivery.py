"""What a trading system says when it delivers a bid, and what judging that comes to: values only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from certs.verdict import Reason, Verdict
from hub.message import Finding

ENCRYPTED, SIGNATURE, DIGEST, KIND = "bid.not-encrypted", "bid.signature", "bid.digest", "bid.kind"
ANY_ONE, ALL_OF, PLATFORM = "any-one", "all-of", "platform-key"
DELIVER, REPLACE, WITHDRAW = "deliver", "replace", "withdraw"
STEPS = (DELIVER, REPLACE, WITHDRAW)
MODELS = {ANY_ONE: "any-of", PLATFORM: "any-of", ALL_OF: "all-of"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a trading system says in `bid.receipt`; `section` is the section's name: its code, outside
    engineering behind the name of its field."""

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
        advice = _INSTEAD.get(one.step, "递交种类为 deliver、replace 或 withdraw")
        return finding(KIND, "deliveryKind", " | ".join(STEPS), one.step, advice)
    if one.model not in MODELS and one.step != WITHDRAW:
        return finding(ENCRYPTED, "envelopeModel", " | ".join(MODELS), one.model, _ALONE)
    return None


# A bid is one file under one signature, one receipt and one result; and it is over at one deadline.
_INSTEAD = {
    "supplement": "补充的内容是投标文件的组成部分(招标投标法第二十九条):并入后重新封装,以 replace 递交",
    "price-round": "多轮报价在截止之后逐轮进行,各有各的截止:由组织交易的系统受理,不在此递交",
}
_ALONE = "仅投标人能解的信封,到时无从开启,也无从分清责任:用 any-one(任一方可解)或 all-of(双方同解)封装"


def finding(code: str, at: str, expected: str, observed: str, advice: str) -> Finding:
    return Finding(code, f"/body/fields/{at}", expected, observed[:200], advice, "EX-ERR-01")
