"""Rows a stranger wrote: what columns cannot mean is told, nobody shows one value and signs another."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from hub.standard import Standard
from hub.standard.bindings.table_cells import UNFIT, from_cell, to_cell
from hub.standard.bindings.table_codec import Rows, decode, encode
from hub.standard.bindings.table_identity import Registration, data_key
from hub.standard.bindings.table_layout import Column, Layout, layout
from hub.standard.tables import StandardDataError


@pytest.fixture(scope="module")
def plan(standard: Standard) -> Layout:
    return layout(standard)


@pytest.fixture
def rows(plan: Layout, standard: Standard) -> Rows:
    found = encode(plan, standard.sample("eng-section", 1))
    assert isinstance(found, Rows)
    return found


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("table.value", {"DATA_TYPE": "4"}),
        ("table.value", {"DATA_TIMESTAMP": "2026-11-22"}),
        ("table.value", {"CREATE_TIME": "２０２６１１２２０９００００"}),
        ("table.value", {"BID_SECTION_NAME": 7}),
        ("table.value", {"VERSION": "1"}),
        ("table.attachments", {"ATTACH_COUNT": 2}),
        ("table.json", {"EXT": "{"}),
        ("table.json", {"EXT": "[]"}),
        ("table.json", {"EXT": '{"a": 1.5}'}),
        ("table.json", {"EXT": '{"a": 1, "a": 2}'}),
        ("table.json", {"FORM_MARK": "null"}),
        ("table.mark", {"FORM_MARK": '{"more": 1}'}),
        ("table.mark", {"FORM_MARK": '{"null": "BID_SECTION_NAME"}'}),
        ("table.mark", {"FORM_MARK": '{"null": [["x"]]}'}),
        ("table.mark", {"FORM_MARK": '{"null": ["BID_SECTION_NAME"]}'}),
        ("table.mark", {"FORM_MARK": '{"kept": {"BID_SECTION_NAME": "another"}}'}),
        ("table.mark", {"BID_SECTION_NAME": None, "FORM_MARK": '{"kept": {"BID_SECTION_NAME": "hidden"}}'}),
        ("table.mark", {"FORM_MARK": '{"null": ["X"], "kept": {"X": null}}'}),
    ],
)
def test_a_row_that_contradicts_itself_is_told(rows: Rows, code: str, changed: dict[str, Any]) -> None:
    row = {name: cell for name, cell in {**rows.row, **changed}.items() if cell is not None}
    envelope, findings = decode(rows.table, row)
    assert envelope is None and code in {finding.code for finding in findings}


def test_what_the_column_could_not_say_is_kept(plan: Layout, standard: Standard) -> None:
    envelope = standard.sample("eng-section", 1)
    envelope["body"]["fields"] |= {"BID_SECTION_NAME": "汉" * 9999, "CREATE_TIME": None, "X": {"y": [1]}}
    found = encode(plan, envelope)
    assert isinstance(found, Rows)
    assert "BID_SECTION_NAME" not in found.row and "CREATE_TIME" not in found.row
    assert decode(found.table, found.row) == (envelope, ())


def test_plain_rows_need_no_mark(plan: Layout, standard: Standard) -> None:
    for stage in standard.stages:
        found = encode(plan, standard.sample(stage.id, 5))
        assert isinstance(found, Rows) and "FORM_MARK" not in found.row


@pytest.mark.parametrize(
    ("code", "path", "value"),
    [
        ("envelope.format", ("head", "from"), "nobody"),
        ("envelope.required", ("head", "nonce"), None),
        ("table.stage", ("head", "stage"), "no-such-stage"),
        ("binding.character", ("body", "fields", "BID_SECTION_NAME"), "a\0b"),
        ("binding.character", ("body", "fields", "BID_SECTION_NAME"), "a\ud800b"),
    ],
)
def test_what_has_no_row_is_told(plan: Layout, standard: Standard, code: str, path: Any, value: Any) -> None:
    envelope = standard.sample("eng-section", 1)
    *way, last = path
    place: Any = envelope
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    found = encode(plan, envelope)
    assert not isinstance(found, Rows) and code in {finding.code for finding in found}


def test_cells() -> None:
    wide = Column("N", "wide", "", 20)
    assert to_cell(wide, 7) == "7" and from_cell(wide, "7") == 7
    assert to_cell(wide, "12345678901234567890") == "12345678901234567890"
    assert from_cell(wide, "12345678901234567890") == "12345678901234567890"
    assert to_cell(wide, "7") is UNFIT and to_cell(wide, 2**53 + 1) is UNFIT and to_cell(wide, True) is UNFIT
    decimal = Column("D", "decimal", "", 20, 6)
    assert to_cell(decimal, "1" * 15) is UNFIT and to_cell(decimal, "1.1234567") is UNFIT
    assert to_cell(decimal, "1" * 14 + ".123456") == "1" * 14 + ".123456"
    text = Column("T", "text", "", 2)
    assert to_cell(text, "𠮷𠮷") == "𠮷𠮷" and to_cell(text, "𠮷𠮷𠮷") is UNFIT


def test_national_columns(plan: Layout, standard: Standard) -> None:
    registered = Registration("0001", "P" * 18, "S" * 18, "T" * 11, "U" * 11)
    key = data_key("9120", "500", "20190305", 50)
    assert key == "9120500201903050000050"
    found = encode(plan, standard.sample("eng-project", 1), registered, key)
    assert isinstance(found, Rows)
    shown = [found.row.get(name) for name in ("DATA_KEY", "DATA_NO", "DATA_EN", "DATA_CN", "TRADE_PLAT")]
    assert shown == [key, "500", "PROJECT", "项目登记", "T" * 11]
    other = encode(plan, standard.sample("gp-project", 1), registered)
    assert isinstance(other, Rows) and "TRADE_PLAT" not in other.row
    for wrong in (
        ("912", "500", "20190305", 1),
        ("9120", "50", "20190305", 1),
        ("9120", "500", "2019-3-5", 1),
    ):
        with pytest.raises(ValueError):
            data_key(*wrong)
    with pytest.raises(ValueError):
        data_key("9120", "9005", "20190305", 10**6)


def test_every_dataset_has_its_own_number(plan: Layout) -> None:
    numbers = [table.dataset.number for table in plan.tables]
    assert len(set(numbers)) == 51 and all(len(number) in (3, 4) for number in numbers)


def test_a_field_cannot_take_the_name_of_a_column(standard: Standard) -> None:
    stage = standard.stages[0]
    for name, told in (("SYNC_FLAG", "already"), ("DROP TABLE", "cannot be")):
        fields = (replace(stage.fields[0], name=name), *stage.fields[1:])
        book = SimpleNamespace(version="x", stages=(replace(stage, fields=fields),))
        with pytest.raises(StandardDataError, match=told):
            layout(book)  # type: ignore[arg-type]
