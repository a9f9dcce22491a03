"""The exchange rules as values: clauses with ids, answer codes, and the receipt states with their moves.

A clause has one id everywhere: in a finding, in the conformance register, in the documents. What
proves a clause stands beside it (`checked_by`), or why nothing does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# In the order in which the documents tell them; the name, Chinese first.
CHAPTERS: Mapping[str, tuple[str, str]] = {
    "envelope": ("信封与字节", "Envelope and bytes"),
    "signature": ("签名", "Signature"),
    "clocks": ("时钟", "Clocks"),
    "receipts": ("回执", "Receipts"),
    "idempotency": ("幂等", "Idempotency"),
    "order": ("次序、版本与墓碑", "Order, versions, tombstones"),
    "ownership": ("归属与冻结", "Ownership and frozen codes"),
    "findings": ("问题与拒绝", "Findings and refusals"),
    "sending": ("发送方的义务", "Duties of a sender"),
    "retry": ("重试与死信", "Retries and dead letters"),
    "sizes": ("大小与传输", "Sizes and transport"),
    "files": ("附件与数据分离", "Files apart from data"),
    "bindings": ("绑定与转换", "Bindings and translation"),
    "reconciliation": ("对账与存证", "Reconciliation and evidence"),
    "disclosure": ("谁可以知道、何时知道", "Who may know what, when"),
}
STRENGTHS = frozenset({"MUST", "SHOULD", "MAY"})
SIGHTS = frozenset({"code", "conformance", "test", "none"})
WHO = frozenset({"sender", "hub", "receiver", "centre"})


@dataclass(frozen=True, slots=True)
class Proof:
    """`kind` is code (a finding cites it), conformance (a clause asks it), test, or none with the reason."""

    kind: str
    what: str


@dataclass(frozen=True, slots=True)
class ExchangeRule:
    """One clause of the exchange."""

    id: str
    chapter: str
    zh: str
    en: str
    strength: str
    source: str
    provenance: str
    checked_by: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class AnswerCode:
    """A stable code the hub answers with, beside those of `rules.csv`; `status` is "" where it varies."""

    code: str
    status: str
    rules: tuple[str, ...]
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str
    provenance: str


@dataclass(frozen=True, slots=True)
class ReceiptState:
    """What a state means, and what the sender sees in it. `kind` is main, or service for questions only."""

    id: str
    kind: str
    zh: str
    en: str
    means_zh: str
    means_en: str
    sees_zh: str
    sees_en: str


@dataclass(frozen=True, slots=True)
class Move:
    """One allowed move; `origin` is "" for the arrival. `reasons` are the codes told besides none."""

    origin: str
    to: str
    who: str
    zh: str
    en: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """All of it, cross-checked."""

    rules: Mapping[str, ExchangeRule]
    codes: Mapping[str, AnswerCode]
    states: Mapping[str, ReceiptState]
    moves: tuple[Move, ...]

    def chapter(self, name: str) -> tuple[ExchangeRule, ...]:
        """The clauses of one chapter in the order of the table."""
        return tuple(rule for rule in self.rules.values() if rule.chapter == name)

    def may(self, origin: str, to: str) -> bool:
        """May a receipt go from one state to another?"""
        return any((move.origin, move.to) == (origin, to) for move in self.moves)

    def reasons(self, to: str) -> frozenset[str]:
        """Every reason with which a state may be entered."""
        return frozenset(reason for move in self.moves if move.to == to for reason in move.reasons)
