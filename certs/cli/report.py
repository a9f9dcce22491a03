"""What `inspect`, `recognise` and `verify` have to say, before it becomes text, JSON or a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from certs.cli.advice import advice
from certs.cli.facts import Row
from certs.cli.kinds import ZH
from certs.cli.naming import Names
from certs.cli.remark import Remark
from certs.model.certificate import Certificate
from certs.recognition.recognition import shown
from certs.verdict import FAILED, OPEN, PASSED, Check, Verdict

if TYPE_CHECKING:
    from certs.profile.lint import Finding
    from certs.recognition import Recognition

MARKS = {PASSED: "✓", FAILED: "✗", OPEN: "?"}
SKIPPED_MARK = "–"


@dataclass(frozen=True, slots=True)
class Report:
    """`chain` is anchor first, `others` came along and are not on it. `listed` are the certificates that
    stand on the trust list. Not `certified`: nobody was named to be believed, the file vouches for itself.
    """

    file: str
    kind: str
    rows: list[Row]
    verdict: Verdict | None = None
    recognition: Recognition | None = None
    chain: tuple[Certificate, ...] = ()
    listed: frozenset[bytes] = field(default=frozenset(), repr=False)
    lint: tuple[Finding, ...] = ()
    remarks: tuple[Remark, ...] = ()
    others: tuple[Certificate, ...] = ()
    certified: bool = True

    @property
    def ok(self) -> bool:
        return self.verdict is not None and self.verdict.ok

    @property
    def names(self) -> Names:
        return Names((*self.chain, *self.others))

    @property
    def mark(self) -> str:
        if self.kind == "unknown":
            return MARKS[FAILED]
        if self.verdict is None or (self.verdict.ok and not self.certified):
            return SKIPPED_MARK
        return {"valid": "✓", "invalid": "✗"}.get(self.verdict.state, "?")

    def sentence(self, language: str) -> str:
        if self.kind == "unknown":
            return (
                "无法识别:不是本程序认识的格式,或文件已损坏"
                if language == "zh"
                else "not a format known here"
            )
        if self.verdict is None:
            return "仅查看,未作判定" if language == "zh" else "looked at, nothing judged"
        text = self.verdict.sentence(language)
        if self.verdict.ok and not self.certified:
            return "自身成立,未经认定" if language == "zh" else "holds in itself, not recognised"
        return text

    def headline(self, language: str) -> str:
        """The sentence without names and dates, which stand below, but with the clause and what else is."""
        verdict = self.verdict
        leading = [one for one in verdict.reasons if one.row.state == verdict.state] if verdict else []
        if verdict is None or not leading:
            return self.sentence(language)
        # That no path was found is what follows from whatever else is told.
        row = min(leading, key=lambda one: one.code == "no-path").row
        more = len({one.code for one in verdict.reasons}) - 1
        clause = f"({row.clause})" if row.clause else ""
        if language == "en":
            return f"{verdict.state}: {row.en}{clause}" + (f", and {more} more" if more else "")
        word = verdict.sentence(language).partition(":")[0]
        return f"{word}:{row.zh}{clause}" + (f",另有 {more} 项" if more else "")

    def as_dict(self) -> dict[str, Any]:
        out: dict[str, Any] = {}
        if self.recognition is not None:
            out |= self.recognition.as_dict()
        elif self.verdict is not None:
            out |= self.verdict.as_dict()
        out["chain"] = [
            {**shown(one), "listed": one.raw in self.listed, "forgiven": list(one.notes)}
            for one in self.chain
        ]
        out |= {
            "zh": self.sentence("zh"),
            "en": self.sentence("en"),
            "file": self.file,
            "kind": self.kind,
            "kindZh": ZH[self.kind],
            "recognised": self.ok and self.certified,
        }
        out["contents"] = [{"zh": row.zh, "en": row.en, "value": row.value} for row in self.rows]
        out["lint"] = [one.as_dict() for one in self.lint]
        out["remarks"] = list(map(str, self.remarks))
        out["advice"] = advice(self.verdict.reasons) if self.verdict else []
        return out


def mark(check: Check) -> str:
    return MARKS.get(check.outcome, SKIPPED_MARK)


def lines(checks: tuple[Check, ...], depth: int = 0) -> Iterator[tuple[int, Check]]:
    """Steps with those inside them; as deep as judges nest, which is bounded."""
    for check in checks:
        yield depth, check
        if depth < 6:
            yield from lines(check.inner, depth + 1)
