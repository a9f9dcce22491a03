"""One value to one cell and back, or the word that the column cannot say it.

Dates and times lose their punctuation (14 digits, the zone is +08:00 by convention); everything else
stands as it was written. What a column of its type cannot hold exactly - `-0`, a blank in a numeric
column, a date that is none - is `UNFIT` and travels in FORM_MARK, so that a round trip loses nothing
and the signature holds.
"""

from __future__ import annotations

import re
from typing import Any, Final

from hub.standard.bindings.table_layout import Column

Cell = str | int | None
MAX_INTEGER = 2**53


class Unfit:
    """The type of `UNFIT`."""

    def __repr__(self) -> str:
        return "UNFIT"


UNFIT: Final = Unfit()
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\+08:00")
_DATE_DIGITS = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_TIME_DIGITS = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})")
_DECIMAL = re.compile(r"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?")
_INTEGER = re.compile(r"0|-?[1-9][0-9]*")


def to_cell(column: Column, value: Any) -> Cell | Unfit:
    """The cell that says exactly this value; None never comes from here, it means absent."""
    if column.kind == "integer":
        good = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_INTEGER
        return value if good and _within(str(value), column) else UNFIT
    if column.kind == "wide":
        return _wide(column, value)
    if not isinstance(value, str):
        return UNFIT
    if column.kind == "text":
        return value if column.size is None or len(value) <= column.size else UNFIT
    if column.kind == "decimal":
        return value if _exact(column, value) else UNFIT
    form = _DATE if column.kind == "date" else _TIME
    found = form.fullmatch(value)
    if found is None:
        return UNFIT if value else ""
    return "".join(found.groups())


def from_cell(column: Column, cell: Cell) -> Any:
    """The value of a cell that is not NULL; ValueError for what the column should not hold."""
    if column.kind == "integer":
        if isinstance(cell, int):
            return cell
        raise ValueError("not an integer")
    if not isinstance(cell, str):
        raise ValueError("not text")
    if column.kind == "wide" and _INTEGER.fullmatch(cell):
        return int(cell) if len(cell) <= 17 and abs(int(cell)) <= MAX_INTEGER else cell
    if column.kind in ("date", "datetime") and cell:
        return _dashed(column, cell)
    return cell


def _dashed(column: Column, cell: str) -> str:
    digits = _DATE_DIGITS if column.kind == "date" else _TIME_DIGITS
    found = digits.fullmatch(cell)
    if found is None:
        raise ValueError("YYYYMMDD" if column.kind == "date" else "YYYYMMDDHHMMSS")
    parts = found.groups()
    day = "-".join(parts[:3])
    return day if column.kind == "date" else f"{day}T{':'.join(parts[3:])}+08:00"


def _wide(column: Column, value: Any) -> Cell | Unfit:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_INTEGER:
        text = str(value)
    elif isinstance(value, str) and _INTEGER.fullmatch(value) and len(value) > len(str(MAX_INTEGER)):
        text = value
    else:
        return UNFIT
    return text if _within(text, column) else UNFIT


def _within(text: str, column: Column) -> bool:
    return column.size is None or len(text.lstrip("-")) <= column.size


def _exact(column: Column, value: str) -> bool:
    found = _DECIMAL.fullmatch(value)
    if found is None:
        return False
    minus, whole, fraction = found[1], found[2], found[3] or ""
    if minus and not (whole + fraction).strip("0"):
        return False
    if column.size is None:
        return True
    return len(fraction) <= column.decimals and len(whole.lstrip("0")) <= column.size - column.decimals
