"""What a rule saw, before it is put into a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.message import Finding, Severity
from hub.standard.model import RuleText


@dataclass(frozen=True, slots=True)
class Flaw:
    """A rule broken at a pointer; `words` fill the rule's sentence, `observed` is masked already."""

    rule: str
    at: str
    observed: str
    words: Mapping[str, object]


def said(flaw: Flaw, text: RuleText, lang: str) -> Finding:
    """The finding of a flaw, in the words of the rule table."""
    expected, advice = (
        (text.expected_en, text.advice_en) if lang == "en" else (text.expected_zh, text.advice_zh)
    )
    return Finding(
        code=flaw.rule,
        at=flaw.at,
        expected=expected.format_map(_Words(flaw.words)),
        observed=flaw.observed,
        advice=advice,
        clause=text.clause,
        severity=Severity(text.severity),
    )


class _Words(dict[str, object]):
    """A word the rule did not give stays away, rather than costing the finding."""

    def __missing__(self, key: str) -> str:
        return ""
