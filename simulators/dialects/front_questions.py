"""Rooms and seats asked for by a row: the answer rows, and what is written beside the question.

Written from `dialects/front-db/rules.md` 10.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.catalogue.papers import FieldRow, Papers
from simulators.desk import Book, Desk, Refusal
from simulators.dialects.front_rows import NAME, Layout
from simulators.sheet import empty
from simulators.translate import read_value, write_value

_NOTHING = frozenset({"venue.none-free", "seat.not-enough"})
_PERIOD = frozenset({"venue.period", "seat.period"})
_LISTS = {"venue.query": "venues", "seat.query": "seats"}
Answer = dict[str, Any]


def answer_rows(
    desk: Desk, layout: Layout, stage: str, row: Mapping[str, Any], now: datetime
) -> tuple[Any, list[Answer] | None]:
    """Columns for the question's row and the answer rows; a code and None where the book says no."""
    papers = Papers.load(NAME)
    asked = _asked(layout, papers.rows(stage, "request"), row)
    try:
        told = _book(desk, stage)(asked, now)
    except Refusal as no:
        if no.code not in _NOTHING:
            return ("E411" if no.code in _PERIOD else "E412"), None
        told = {_LISTS[stage]: [], "freeCount": 0, "asOf": now.isoformat(timespec="seconds")}
    rows = [layout.form(each) for each in papers.rows(stage, "reply")]
    beside = {
        each.foreign: _typed(each, write_value(each, told, papers.codes))
        for each in rows
        if "[]" not in each.standard and not empty(told.get(each.standard))
    }
    items = told[_LISTS[stage]]
    table = str(papers.facts["answers"][stage])
    answers = [_item(table, str(row["ROW_ID"]), n, rows, item) for n, item in enumerate(items, 1)]
    return {**beside, "DA_SL": len(answers)}, answers


def _book(desk: Desk, stage: str) -> Book:
    if stage not in desk.books:
        from simulators.systems.venues import VenueRegister

        register = VenueRegister(desk.id, str(desk.switches.get("region", "620000")))
        desk.books |= desk.noting({"venue.query": register.venues, "seat.query": register.seats})
    return desk.books[stage]


def _asked(layout: Layout, rows: tuple[FieldRow, ...], row: Mapping[str, Any]) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    for each in rows:
        if empty(row.get(each.foreign)):
            continue
        value = read_value(layout.form(each), str(row[each.foreign]), Papers.load(NAME).codes)
        many = each.standard.endswith("[]")
        asked[each.standard.removesuffix("[]")] = value.split(";") if many else value
    return asked


def _item(table: str, key: str, number: int, rows: list[FieldRow], item: Mapping[str, Any]) -> Answer:
    row: dict[str, Any] = {"ROW_ID": key, "XH": number}
    for each in rows:
        if "[]" not in each.standard:
            continue
        name = each.standard.split("[]")[1].lstrip(".")
        value = item.get(name)
        if not empty(value) and value != []:
            text = ";".join(value) if isinstance(value, list) else value
            said = write_value(each, {**item, each.standard: text}, Papers.load(NAME).codes)
            row[each.foreign.rpartition("/")[2]] = _typed(each, said)
    return {"table": table, "row": row, "key": {"ROW_ID": key, "XH": number}}


def _typed(row: FieldRow, text: str) -> str | int:
    return int(text) if row.foreign_type.startswith("NUMBER(") else text
