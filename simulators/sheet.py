"""A system's own form for one kind of record: its boxes, which must be filled, how each is written.

This is the simulators' own reading of `fields.csv`; the hub's adapters and the judge have theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from hub.catalogue.papers import FieldRow, Papers
from hub.message import CST

_PATTERNS = {
    "yyyy": "(?P<Y>[0-9]{4})",
    "MM": "(?P<m>[0-9]{2})",
    "dd": "(?P<d>[0-9]{2})",
    "HH": "(?P<H>[0-9]{2})",
    "mm": "(?P<M>[0-9]{2})",
    "ss": "(?P<S>[0-9]{2})",
    "M": "(?P<m>[0-9]{1,2})",
    "d": "(?P<d>[0-9]{1,2})",
    "H": "(?P<H>[0-9]{1,2})",
}
_TOKEN = re.compile(r"yyyy|MM|dd|HH|mm|ss|M|d|H|'[^']*'|.")
_NAMED = {
    "local-no-zone": "yyyy-MM-dd'T'HH:mm:ss",
    "with-zone": "yyyy-MM-dd'T'HH:mm:ss'+08:00'",
}
_BOOLEANS = frozenset({"true", "false", "1", "0"})
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Wrong:
    """One box filled badly: `kind` is required, format or code."""

    kind: str
    field: str


class Sheet:
    """The form of one stage (or one service request) of a dialect."""

    def __init__(self, rows: Iterable[FieldRow], codes: Mapping[str, Mapping[str, str]]) -> None:
        self.rows = tuple(rows)
        self.by_name = {row.foreign: row for row in self.rows}
        self._spellings = {name: frozenset(table.values()) for name, table in codes.items()}

    def missing(self, record: Mapping[str, Any]) -> list[Wrong]:
        """Required boxes that are empty, in the order of the form."""
        return [
            Wrong("required", r.foreign) for r in self.rows if r.required and empty(record.get(r.foreign))
        ]

    def wrong(self, record: Mapping[str, Any]) -> list[Wrong]:
        """Filled boxes whose writing is none of the form's, in the order of the form."""
        found = []
        for row in self.rows:
            value = record.get(row.foreign)
            if not empty(value) and (kind := self._judge(row, value)):
                found.append(Wrong(kind, row.foreign))
        return found

    def _judge(self, row: FieldRow, value: Any) -> str:
        if isinstance(value, bool | dict | list):
            return "format"
        kind, _, rest = row.form.partition(":")
        if kind == "code":
            parts = [part for part in str(value).split(";") if part]
            if row.foreign_type == "xs:boolean" and all(part in _BOOLEANS for part in parts):
                return ""
            return "" if all(part in self._spellings[rest] for part in parts) else "code"
        return "" if written(row.form, value) else "format"


def empty(value: Any) -> bool:
    """Absent, however it is written abroad: nothing, null, empty text."""
    return value is None or value == ""


def written(form: str, value: Any) -> bool:
    """Is this text (or number) a possible writing of the form?"""
    kind, _, rest = form.partition(":")
    text = str(value)
    if kind == "int":
        return re.fullmatch(r"-?[0-9]{1,18}", text) is not None
    if kind == "amount":
        return _DECIMAL.fullmatch(text) is not None
    if kind in ("datetime", "date"):
        return moment(rest, text) is not None
    return not isinstance(value, int | float) or kind != "text"


@cache
def _reader(pattern: str) -> re.Pattern[str]:
    pattern = _NAMED.get(pattern, pattern)
    parts = (
        _PATTERNS.get(token) or re.escape(token.strip("'") or token) for token in _TOKEN.findall(pattern)
    )
    return re.compile("".join(parts))


def moment(pattern: str, text: str) -> datetime | None:
    """The local (Beijing) wall time a text means under a pattern of FORMS.md, or None."""
    if pattern == "epoch-ms":
        if not re.fullmatch(r"[0-9]{13}", text):
            return None
        return datetime.fromtimestamp(int(text) / 1000, CST).replace(tzinfo=None)
    found = _reader(pattern).fullmatch(text)
    if found is None:
        return None
    at = {name: int(value) for name, value in found.groupdict().items()}
    try:
        return datetime(  # noqa: DTZ001 - wall time as it stands on the form
            at["Y"], at["m"], at["d"], at.get("H", 0), at.get("M", 0), at.get("S", 0)
        )
    except ValueError:
        return None


def number(text: Any) -> Decimal | None:
    """A decimal in plain notation, or None."""
    try:
        return Decimal(str(text)) if _DECIMAL.fullmatch(str(text)) else None
    except InvalidOperation:
        return None


@cache
def sheet(dialect: str, stage: str, direction: str = "out") -> Sheet:
    """The whole form of a stage: the envelope's own boxes (stage `*`) first."""
    papers = Papers.load(dialect)
    return Sheet((*papers.rows("*", direction), *papers.rows(stage, direction)), papers.codes)


@cache
def body(dialect: str, stage: str, direction: str) -> Sheet:
    """The form of a stage or service without the envelope's boxes."""
    papers = Papers.load(dialect)
    return Sheet(papers.rows(stage, direction), papers.codes)


def envelope_names(dialect: str, direction: str = "out") -> dict[str, str]:
    """What the dialect calls `@key`, `@op`, `@version` ...: standard name -> foreign name."""
    return {row.standard: row.foreign for row in Papers.load(dialect).rows("*", direction)}


def op_of(dialect: str, spelling: str) -> str:
    """insert, update or delete for the dialect's own word; "" for a word it does not know."""
    papers = Papers.load(dialect)
    for row in papers.rows("*"):
        if row.standard == "@op" and row.form.startswith("code:"):
            table = papers.codes[row.form.partition(":")[2]]
            return next((standard for standard, foreign in table.items() if foreign == spelling), "")
    return spelling if spelling in ("insert", "update", "delete") else ""
