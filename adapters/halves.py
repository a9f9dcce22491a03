"""Rows of a mapping table compiled; where two stand side by side for one moment, they are read together.

Old systems keep day and time in two columns. Outward each is written by its own pattern; inward the
first row reads both, so that neither half alone is taken for the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from adapters.forms import Codes, compile_form
from adapters.rows import Row

_MOMENT = "datetime:"


def compiled(table: Iterable[Mapping[str, str]], codes: Codes) -> tuple[Row, ...]:
    """All rows in table order."""
    rows: list[Row] = []
    before: Mapping[str, str] | None = None
    for line in table:
        row = Row(
            line["message"],
            line["stage"],
            line["direction"],
            line["foreign"],
            line["type"],
            line["unified"],
            compile_form(line["form"], codes),
        )
        if before is not None and _belong(before, line):
            pattern = before["form"] + line["form"].removeprefix(_MOMENT)
            rows[-1] = replace(rows[-1], half=row.foreign, whole=compile_form(pattern, codes))
            row = replace(row, second=True)
            before = None
        else:
            before = line
        rows.append(row)
    return tuple(rows)


def _belong(first: Mapping[str, str], second: Mapping[str, str]) -> bool:
    """Two halves of one moment: the same unified field, one after the other, the same way."""
    same = all(first[name] == second[name] for name in ("stage", "direction", "unified"))
    return same and first["form"].startswith(_MOMENT) and second["form"].startswith(_MOMENT)
