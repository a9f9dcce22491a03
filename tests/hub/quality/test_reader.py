"""Exports come from outside: what cannot be read is told, and what does not say it is open stays shut."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.quality import QualityRecord, read_lines
from hub.quality.reader import line
from hub.standard import Standard


def row(**changed: Any) -> dict[str, Any]:
    plain = {
        "hubId": "a", "from": "T01", "key": "k", "stage": "eng-project", "state": "accepted",
        "receivedTime": "2026-09-01T09:00:00+08:00", "fields": {"PROJECT_NAME": "x"}, "sealed": False,
    }  # fmt: skip
    return {name: value for name, value in {**plain, **changed}.items() if value is not ...}


def test_what_is_written_is_read_again(month: tuple[QualityRecord, ...], standard: Standard) -> None:
    some = month[::25]
    export = read_lines([line(one) for one in some], standard)
    assert export.faults == () and export.records == some


@pytest.mark.parametrize(
    "changed",
    [{"stage": "eng-nothing"}, {"stage": 3}, {"receivedTime": "2026-09-01 09:00"}, {"receivedTime": 5},
     {"receivedTime": "2026-09-01T09:00:00"}, {"hubId": ...}, {"from": ""}, {"fields": "62010219800101123X"},
     {"findings": "x"}, {"findings": ["x"]}, {"findings": [{}]}, {"op": "upsert"}, {"liftedTime": "soon"},
     {"version": "x"}, {"stage": ["eng-project"]}],
)  # fmt: skip
def test_a_bad_line_is_told_and_not_quoted(standard: Standard, changed: dict[str, Any]) -> None:
    text = json.dumps(row(**changed))
    export = read_lines([json.dumps(row()), "", text, b"\xff{", "[]", "[" * 100_000], standard)
    assert [one.line for one in export.faults] == [3, 4, 5, 6] and len(export.records) == 1
    assert all("62010219800101" not in one.reason for one in export.faults)


def test_a_line_that_forgets_its_seal_is_taken_for_sealed(standard: Standard) -> None:
    lines = [
        json.dumps(row(stage=stage, sealed=told))
        for stage in ("eng-project", "eng-bidder-list", "expert-info")
        for told in (..., False, True, "no")
    ]
    sealed = [one.sealed for one in read_lines(lines, standard).records]
    assert sealed == [False, False, True, False, True, False, True, True, True, False, True, True]
