"""Where a CA writes who its subscriber is: rules as data, read from a trust list or a TOML file.

No two CAs write it in the same place, and one place means different things at different CAs. So a rule
says where to look and which kinds of code may stand there; what a code *is* its check characters say
(`certs.subject.codes`). Rules are ordered, but only for telling: no rule wins over another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

SUBJECT, EXTENSION, ALTERNATIVE = "subject", "extension", "alternative"
PLACES = (SUBJECT, EXTENSION, ALTERNATIVE)
USCC, RESIDENT, ORGANISATION = "uscc", "resident", "organisation"
REGISTRATION, TAX, VENDOR = "registration", "tax", "vendor"
KINDS = (USCC, RESIDENT, ORGANISATION, REGISTRATION, TAX, VENDOR)
# An agent is named in the certificate, but is not whose certificate it is.
HOLDER, AGENT = "holder", "agent"
LONGEST_PATTERN, MOST_RULES = 200, 64
_OID = re.compile(r"[0-2](?:\.(?:0|[1-9]\d{0,39})){1,31}")
# Patterns come from files. A group that is repeated, a back reference or a look-around can cost without
# bound; what is left costs at most the product of the widths of its repetitions.
_UNBOUNDED = re.compile(r"\)[*+{]|\\[1-9]|\(\?P=|\(\?<?[=!]")
_CHOICE = re.compile(r"(?<![\\(])[?|]")
_REPEATED = re.compile(r"(?<!\\)(?:[*+]|\{(\d*)(,?)(\d*)\})")
LONGEST_TEXT, MOST_STEPS = 256, 1_000_000


class RuleError(ValueError):
    """These identity rules cannot be used; says which and why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One place. `take` is a pattern for the whole text; its named groups are kinds, or `code` for any of
    `kinds` that has no group of its own. Without it the whole text is the code."""

    id: str
    where: str
    oid: str
    kinds: tuple[str, ...]
    take: str = ""
    role: str = HOLDER
    pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        wrong = _wrong(self)
        if wrong:
            raise RuleError(f"{self.id or '?'}: {wrong}")
        try:
            pattern = re.compile(self.take or r"(?P<code>.*)", re.DOTALL | re.ASCII | re.IGNORECASE)
        except (re.error, OverflowError, RecursionError) as error:
            raise RuleError(f"{self.id}: {error}") from error
        unknown = set(pattern.groupindex) - {*KINDS, "code"}
        if unknown or not pattern.groupindex:
            raise RuleError(f"{self.id}: take: groups are named `code` or a kind, not {sorted(unknown)}")
        object.__setattr__(self, "pattern", pattern)

    def kinds_in(self, group: str) -> tuple[str, ...]:
        """What may stand in this group of the pattern."""
        if group != "code":
            return (group,)
        return tuple(kind for kind in self.kinds if kind not in self.pattern.groupindex)

    def as_row(self) -> dict[str, Any]:
        """For a trust list in JSON."""
        row = {name: value for name, value in asdict(self).items() if name != "pattern"}
        return row | {"kinds": list(self.kinds)}


def _wrong(rule: Rule) -> str:
    if not rule.id:
        return "a rule has a name"
    if rule.where not in PLACES:
        return f"where: {rule.where!r} is none of {', '.join(PLACES)}"
    if not _OID.fullmatch(rule.oid):
        return f"oid: {rule.oid!r}"
    if not rule.kinds or not set(rule.kinds) <= set(KINDS):
        return f"kinds: some of {', '.join(KINDS)}"
    if rule.role not in (HOLDER, AGENT):
        return f"role: {rule.role!r}"
    if len(rule.take) > LONGEST_PATTERN or _UNBOUNDED.search(rule.take) or _steps(rule.take) > MOST_STEPS:
        return "take: a pattern that may take too long"
    return ""


def _steps(pattern: str) -> int:
    """How many ways there are, at worst, to divide a text among repetitions and choices."""
    out = 1 << len(_CHOICE.findall(pattern))
    for found in _REPEATED.finditer(pattern):
        least, comma, most = found[1] or "0", found[2], found[3] or str(LONGEST_TEXT)
        fixed = found[0].startswith("{") and not comma
        out *= 1 if fixed else max(1, int(most) - int(least) + 1)
    return out


def read_rules(rows: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Rules from the tables of a TOML or JSON file; raises RuleError."""
    out: list[Rule] = []
    for row in rows:
        try:
            kinds = row.get("kinds", ())
            one = Rule(**{**row, "kinds": tuple(kinds) if isinstance(kinds, list | tuple) else ()})
        except (TypeError, AttributeError) as error:
            raise RuleError(f"{row!r:.80}: {error}") from error
        if any(one.id == other.id for other in out):
            raise RuleError(f"{one.id}: stands twice")
        out.append(one)
    if len(out) > MOST_RULES:
        raise RuleError(f"more than {MOST_RULES} rules")
    return tuple(out)
