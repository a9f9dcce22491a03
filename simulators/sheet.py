"""A system's own form for one kind of record: its boxes, which must be filled, how each is written.

This is the simulators' own reading of `fields.csv`; the hub's adapters and the judge have theirs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
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


Judge = Callable[[Any], str]


class Sheet:
    """The form of one stage (or one service request) of a dialect; its judges are made once."""

    def __init__(self, rows: Iterable[FieldRow], codes: Mapping[str, Mapping[str, str]]) -> None:
        self.rows = tuple(rows)
        self.by_name = {row.foreign: row for row in self.rows}
        self._required = tuple(row.foreign for row in self.rows if row.required)
        self._judges = tuple(
            (row.foreign, None if row.form == "text" else judge_of(row, codes)) for row in self.rows
        )  # most boxes are text: those are looked at without a call

    def missing(self, record: Mapping[str, Any]) -> list[Wrong]:
        """Required boxes that are empty, in the order of the form."""
        return [Wrong("required", name) for name in self._required if empty(record.get(name))]

    def wrong(self, record: Mapping[str, Any]) -> list[Wrong]:
        """Filled boxes whose writing is none of the form's, in the order of the form."""
        found = []
        get = record.get
        for name, judge in self._judges:
            value = get(name)
            if value is None or value == "":
                continue
            if judge is None:
                if type(value) is not str:
                    found.append(Wrong("format", name))
            elif kind := judge(value):
                found.append(Wrong(kind, name))
        return found


def judge_of(row: FieldRow, codes: Mapping[str, Mapping[str, str]]) -> Judge:
    """What the form says to a value in this box: "", "format" or "code"."""
    kind, _, rest = row.form.partition(":")
    if kind == "text":
        return lambda value: "" if type(value) is str else "format"
    if kind == "code":
        spellings = frozenset(codes[rest].values())
        if row.foreign_type == "xs:boolean":
            spellings |= _BOOLEANS
        return lambda value: _spelled(value, spellings)
    if kind in ("datetime", "date"):
        return lambda value: "" if _plain(value) and moment(rest, str(value)) is not None else "format"
    form = row.form
    return lambda value: "" if _plain(value) and written(form, value) else "format"


def _spelled(value: Any, spellings: frozenset[str]) -> str:
    if not _plain(value):
        return "format"
    return "" if all(part in spellings for part in str(value).split(";") if part) else "code"


def _plain(value: Any) -> bool:
    return not isinstance(value, bool | dict | list)


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
    return kind != "text" or isinstance(value, str)


@cache
def _reader(pattern: str) -> re.Pattern[str]:
    pattern = _NAMED.get(pattern, pattern)
    parts = (
        _PATTERNS.get(token) or re.escape(token.strip("'") or token) for token in _TOKEN.findall(pattern)
    )
    return re.compile("".join(parts))


@lru_cache(maxsize=4096)
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
        return datetime(  # noqa: DTZ001 - wall time as it stands on the form, or its half
            at.get("Y", 1900), at.get("m", 1), at.get("d", 1), at.get("H", 0), at.get("M", 0), at.get("S", 0)
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


@cache
def op_of(dialect: str, spelling: str) -> str:
    """insert, update or delete for the dialect's own word; "" for a word it does not know."""
    papers = Papers.load(dialect)
    for row in papers.rows("*"):
        if row.standard == "@op" and row.form.startswith("code:"):
            table = papers.codes[row.form.partition(":")[2]]
            return next((standard for standard, foreign in table.items() if foreign == spelling), "")
    return spelling if spelling in ("insert", "update", "delete") else ""
