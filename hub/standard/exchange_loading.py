"""From the exchange tables to one `Exchange`; contradictions are named by file and row, as everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hub.standard.exchange import (
    CHAPTERS,
    SIGHTS,
    STRENGTHS,
    WHO,
    AnswerCode,
    Exchange,
    ExchangeRule,
    Move,
    Proof,
    ReceiptState,
)
from hub.standard.tables import Problems, Row, read


def exchange(directory: Path, problems: Problems, findings: Iterable[str]) -> Exchange:
    """Read and cross-check the four tables; `findings` are the codes of `rules.csv`."""
    rules = _rules(directory, problems)
    codes = _codes(directory, problems, rules)
    known = {*codes, *findings}
    states = _states(directory, problems)
    moves = _moves(directory, problems, states, known)
    for rule in rules.values():
        for proof in rule.checked_by:
            if proof.kind == "code" and proof.what not in known:
                problems.file("exchange_rules.csv", f"{rule.id} names an unknown code {proof.what!r}")
    return Exchange(rules, codes, states, moves)


def _rules(directory: Path, problems: Problems) -> dict[str, ExchangeRule]:
    found: dict[str, ExchangeRule] = {}
    for row in read(directory, "exchange_rules.csv", problems):
        if row["id"] in found:
            problems.at(row, f"rule {row['id']} stands twice")
        if row["chapter"] not in CHAPTERS:
            problems.at(row, f"unknown chapter {row['chapter']!r}")
        if row["strength"] not in STRENGTHS:
            problems.at(row, f"unknown strength {row['strength']!r}")
        found[row["id"]] = ExchangeRule(
            row["id"], row["chapter"], row["zh"], row["en"], row["strength"], row["source"],
            row["provenance"], _proofs(row, problems),
        )  # fmt: skip
    return found


def _proofs(row: Row, problems: Problems) -> tuple[Proof, ...]:
    proofs = []
    for part in row.parts("checked_by"):
        kind, colon, what = part.partition(":")
        if not colon or not what or kind not in SIGHTS:
            problems.at(row, f"checked_by is kind:what, not {part!r}")
        proofs.append(Proof(kind, what))
    if not proofs:
        problems.at(row, f"{row['id']} is checked by nothing and does not say why")
    return tuple(proofs)


def _codes(directory: Path, problems: Problems, rules: dict[str, ExchangeRule]) -> dict[str, AnswerCode]:
    found: dict[str, AnswerCode] = {}
    for row in read(directory, "exchange_codes.csv", problems):
        if row["code"] in found:
            problems.at(row, f"code {row['code']} stands twice")
        for rule in row.parts("rules") or ("",):
            if rule not in rules:
                problems.at(row, f"code {row['code']} cites an unknown rule {rule!r}")
        found[row["code"]] = AnswerCode(
            row["code"], row["status"], row.parts("rules"), row["zh"], row["en"], row["remedy_zh"],
            row["remedy_en"], row["provenance"],
        )  # fmt: skip
    return found


def _states(directory: Path, problems: Problems) -> dict[str, ReceiptState]:
    found: dict[str, ReceiptState] = {}
    for row in read(directory, "receipt_states.csv", problems):
        if row["id"] in found:
            problems.at(row, f"state {row['id']} stands twice")
        found[row["id"]] = ReceiptState(
            row["id"], row["kind"], row["zh"], row["en"], row["means_zh"], row["means_en"], row["sees_zh"],
            row["sees_en"],
        )  # fmt: skip
    return found


def _moves(
    directory: Path, problems: Problems, states: dict[str, ReceiptState], codes: set[str]
) -> tuple[Move, ...]:
    found = []
    for row in read(directory, "receipt_transitions.csv", problems):
        for name in (row["from"], row["to"]):
            if name and name not in states:
                problems.at(row, f"unknown state {name!r}")
        if row["who"] not in WHO:
            problems.at(row, f"unknown mover {row['who']!r}")
        for reason in row.parts("reasons"):
            if reason not in codes:
                problems.at(row, f"unknown reason {reason!r}")
        found.append(Move(row["from"], row["to"], row["who"], row["zh"], row["en"], row.parts("reasons")))
    return tuple(found)
