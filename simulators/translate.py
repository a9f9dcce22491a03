"""The simulators' own hand at writing standard values in a foreign form, and reading them back.

Needed only where a simulated system speaks of its own accord: services it answers (D01's projects,
R01's credit records) and the old trading system T03, which sends everything in its own words. What the
hub pushes is never translated here: receivers keep it as it came.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from hub.catalogue.papers import FieldRow, Papers
from hub.message import CST
from simulators.sheet import empty, moment

_WAN = Decimal(10000)
_LAYOUT = (
    ("yyyy", "%Y"),
    ("MM", "%m"),
    ("dd", "%d"),
    ("HH", "%H"),
    ("mm", "%M"),
    ("ss", "%S"),
)
_NAMED = {"local-no-zone": "%Y-%m-%dT%H:%M:%S", "with-zone": "%Y-%m-%dT%H:%M:%S+08:00"}


def outward(dialect: str, stage: str, direction: str, unified: Mapping[str, Any]) -> dict[str, str]:
    """Standard names and values -> foreign names and texts, present values only, in row order."""
    papers = Papers.load(dialect)
    flat = flattened(unified)
    return {
        row.foreign: write_value(row, flat, papers.codes)
        for row in papers.rows(stage, direction)
        if not empty(flat.get(row.standard))
    }


def homeward(dialect: str, stage: str, direction: str, foreign: Mapping[str, Any]) -> dict[str, str]:
    """Foreign names and texts -> standard names and values; unknown spellings stay as they are."""
    papers = Papers.load(dialect)
    return {
        row.standard: read_value(row, str(foreign[row.foreign]), papers.codes)
        for row in papers.rows(stage, direction)
        if not empty(foreign.get(row.foreign))
    }


def write_moment(pattern: str, at: datetime) -> str:
    """A moment as Beijing wall time in a pattern of FORMS.md."""
    local = at.astimezone(CST) if at.tzinfo else at
    if pattern == "epoch-ms":
        return str(int(at.timestamp() * 1000))
    if pattern in _NAMED:
        return local.strftime(_NAMED[pattern])
    text = pattern
    for mark, code in _LAYOUT:
        text = text.replace(mark, code)
    text = local.strftime(text.replace("'", ""))
    return text if "%" not in text else local.strftime(text)


def flattened(value: Mapping[str, Any]) -> dict[str, Any]:
    """`{"budget": {"amount": 1}}` -> `{"budget.amount": 1}`."""
    flat: dict[str, Any] = {}
    for name, member in value.items():
        if isinstance(member, Mapping):
            flat |= {f"{name}.{inner}": part for inner, part in flattened(member).items()}
        else:
            flat[name] = member
    return flat


def write_value(row: FieldRow, record: Mapping[str, Any], codes: Mapping[str, Mapping[str, str]]) -> str:
    """One present value as text in the form of its row; units are looked up in `record`."""
    value, (kind, _, rest) = record[row.standard], row.form.partition(":")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if kind in ("datetime", "date"):
        return write_moment(rest, datetime.fromisoformat(text))
    if kind == "code":
        return ";".join(codes[rest][part] for part in text.split(";") if part)
    if kind == "list":
        return rest.join(part for part in text.split(";") if part)
    if kind == "amount" and rest != "plain":
        return _amount(text, rest, record)
    return text


def _amount(text: str, rest: str, record: Mapping[str, Any]) -> str:
    wanted, _, unit = rest.partition(":")
    amount, in_wan = Decimal(text), str(record.get(unit, "")) == "1"
    if wanted == "wan" and not in_wan:
        amount /= _WAN
    if wanted.startswith("yuan") and in_wan:
        amount *= _WAN
    plain = f"{amount:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    if wanted != "yuan2":
        return plain
    whole, _, cents = plain.partition(".")
    return f"{whole}.{cents:0<2}"


def read_value(row: FieldRow, text: str, codes: Mapping[str, Mapping[str, str]]) -> str:
    """One foreign text as the standard's value; what fits no form stays as it is."""
    kind, _, rest = row.form.partition(":")
    if kind == "datetime":
        at = moment(rest, text)
        return text if at is None else at.isoformat(timespec="seconds") + "+08:00"
    if kind == "date":
        at = moment(rest, text)
        return text if at is None else f"{at:%Y-%m-%d}"
    if kind == "code":
        back = {foreign: standard for standard, foreign in codes[rest].items()}
        return ";".join(back.get(part, part) for part in text.split(";") if part)
    if kind == "list":
        return ";".join(part for part in text.split(rest) if part)
    return text
