"""Schemas of the 105 services: sound requests pass, one defect each is refused, four judges agree."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest

from hub.message import refusing
from hub.standard import ServiceField, Standard
from hub.standard.bindings.json_schema import BEYOND, service_schema

Case = dict[str, Any]


@pytest.fixture(scope="module")
def sheets(standard: Standard, asked: Callable[..., Case]) -> dict[str, list[Case]]:
    found = {}
    for name, service in standard.services.items():
        good = [asked(name, full=False), asked(name, full=True)]
        own = [row for row in service.request if service.body == "service" or row.of is None]
        place = "fields" if service.body == "service" else "ext"
        found[name] = [*good, *broken(good[1], place, own)]
    return found


def broken(good: Case, place: str, rows: list[ServiceField]) -> Iterator[Case]:
    """One defect each: every row blank, of a wrong type, too long; and members nobody knows."""

    def changed(name: str, value: Any) -> Case:
        case = copy.deepcopy(good)
        case["body"][place][name] = value
        return case

    for row in rows:
        yield changed(row.name, " \u3000")
        yield changed(row.name, None)
        yield changed(row.name, 1.5 if row.type != "boolean" else "true")
        yield changed(row.name, {"x": [1]})
        if row.type == "string" and row.length is not None:
            yield changed(row.name, "\U00020000" * (row.length + 1))
        if row.type == "array":
            yield changed(row.name, ["x", 1])
            yield changed(row.name, [None])
        if row.type == "code":
            yield changed(row.name, "nobody")
        value = good["body"][place][row.name]
        if row.type == "object" and isinstance(value, dict):
            yield changed(row.name, value | {"nobody": "x"})
            for member in value:
                yield changed(row.name, {name: one for name, one in value.items() if name != member})
    yield changed("NOBODY", "x")
    case = copy.deepcopy(good)
    case["head"]["msgType"] = "record.putt"
    yield case
    del case["body"]["fields"]
    yield case


def test_every_schema_passes_the_meta_schema(standard: Standard, outside: Callable[[str], Any]) -> None:
    meta = outside("jsonschema_rs").meta
    for name in standard.services:
        assert meta.is_valid(service_schema(standard, name))
        assert meta.is_valid(service_schema(standard, name, "reply"))


def test_four_judges_agree(
    standard: Standard,
    sheets: dict[str, list[Case]],
    outside: Callable[[str], Any],
    node: Callable[..., Any],
) -> None:
    schemas = {name: service_schema(standard, name, signed=False) for name in sheets}
    third = node("ajv_judge.cjs", [{"schema": schemas[name], "cases": sheets[name]} for name in sheets])
    refused = 0
    for (name, cases), by_ajv in zip(sheets.items(), third, strict=True):
        python = jsonschema.Draft202012Validator(schemas[name])
        rust = outside("jsonschema_rs").validator_for(schemas[name])
        for number, (case, javascript) in enumerate(zip(cases, by_ajv, strict=True)):
            wanted = {one.code for one in refusing(standard.check(case))} <= set(BEYOND)
            assert wanted or number > 1, f"{name}: a sound request is refused"
            # The slow one judges a third; of the records it judges all.
            slow = wanted if number % 3 else python.is_valid(case)
            said = (slow, rust.is_valid(case), javascript)
            assert said == (wanted,) * 3, (name, number, case, standard.check(case))
            refused += not wanted
    assert refused > 4000


def test_replies(standard: Standard, replied: Callable[..., Case], outside: Callable[[str], Any]) -> None:
    judge = outside("jsonschema_rs")
    for name, service in standard.services.items():
        validator = judge.validator_for(service_schema(standard, name, "reply"))
        assert validator.is_valid(replied(name, full=False)), name
        full = replied(name, full=True)
        assert validator.is_valid(full), name
        assert not validator.is_valid(full | {"NOBODY": 1})
        found = any(row.name == "found" for row in service.reply)
        assert validator.is_valid({"found": False}) is (found or not any(r.required for r in service.reply))
        for row in service.reply:
            if row.required and row.name != "found":
                assert not validator.is_valid({k: v for k, v in full.items() if k != row.name}), row
