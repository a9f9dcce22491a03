"""Schemas of the json binding before three judges that are not ours, and before our own checker."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest

from hub.message import refusing
from hub.standard import Standard
from hub.standard.bindings.json_schema import BEYOND, json_schema, service_schema

GOOD, BAD = 20, 200


@pytest.fixture(scope="module")
def schemas(standard: Standard) -> dict[str, Any]:
    return {stage.id: json_schema(standard, stage.id, signed=False) for stage in standard.stages}


@pytest.fixture(scope="module")
def sheets(standard: Standard, one_stage: Callable[[str, int], list[Any]]) -> dict[str, list[Any]]:
    """For each stage 20 sound envelopes and 200 with a defect."""
    ops = ["insert"] * 16 + ["update"] * 2 + ["delete"] * 2
    return {
        stage.id: [standard.sample(stage.id, seed, op=op) for seed, op in enumerate(ops)]
        + [mutant.envelope for mutant in one_stage(stage.id, BAD)]
        for stage in standard.stages
    }


@pytest.fixture(scope="module")
def expected(standard: Standard, sheets: dict[str, list[Any]]) -> dict[str, list[bool]]:
    """What a schema must say: refused is what the checker refuses for a reason that a schema can express."""
    return {
        stage: [{one.code for one in refusing(standard.check(case))} <= set(BEYOND) for case in cases]
        for stage, cases in sheets.items()
    }


def disagreements(
    sheets: dict[str, list[Any]], expected: dict[str, list[bool]], judged: dict[str, list[bool]]
) -> list[Any]:
    return [
        (stage, number, wanted, case)
        for stage, cases in sheets.items()
        for number, (case, wanted, said) in enumerate(zip(cases, expected[stage], judged[stage], strict=True))
        if wanted != said
    ]


def test_every_schema_passes_the_meta_schema(standard: Standard) -> None:
    """The 51 here, the 210 of the services and the rest with theirs."""
    made = [json_schema(standard, stage.id) for stage in standard.stages]
    for schema in made:
        jsonschema.Draft202012Validator.check_schema(schema)
    made += [
        service_schema(standard, name, part) for name in standard.services for part in ("request", "reply")
    ]
    assert len({schema["$id"] for schema in made}) == len(made) == 51 + 2 * 105


def titles(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("title"), str):
            yield value["title"]
        for member in value.values():
            yield from titles(member)
    elif isinstance(value, list):
        for member in value:
            yield from titles(member)


def test_titles_are_chinese_and_descriptions_english(standard: Standard) -> None:
    made = [json_schema(standard, stage.id) for stage in standard.stages]
    made += [service_schema(standard, name) for name in standard.services]
    told = [title for schema in made for title in titles(schema)]
    assert len(told) > 5000
    assert [title for title in told if title.isascii()] == []
    for stage in standard.stages:
        fields = json_schema(standard, stage.id)["$defs"][f"{stage.id}.fields"]["properties"]
        assert {name: one["title"] for name, one in fields.items()} == {f.name: f.zh for f in stage.fields}
        assert all(one["description"].isascii() for one in fields.values())


def test_the_sheets_are_what_they_should_be(
    standard: Standard, sheets: dict[str, list[Any]], expected: dict[str, list[bool]]
) -> None:
    assert {len(cases) for cases in sheets.values()} == {GOOD + BAD}
    assert all(all(said[:GOOD]) for said in expected.values())
    refused = sum(not said for verdicts in expected.values() for said in verdicts)
    assert refused > 51 * 120, "most mutants break rules that a schema can express"


@pytest.fixture(scope="module")
def brim(standard: Standard) -> dict[str, list[Any]]:
    """One envelope with every text filled to the brim, in four-byte characters, and some a character over."""
    found: dict[str, list[Any]] = {}
    for stage in standard.stages:
        texts = [f for f in stage.fields if f.type in ("string", "text") and f.length and not f.format]
        full, over = standard.sample(stage.id, 1), []
        for field in texts:
            full["body"]["fields"][field.name] = "\U00020bb7" * int(field.length or 0)
        for field in texts[:3]:
            one = copy.deepcopy(full)
            one["body"]["fields"][field.name] += "0"
            over.append(one)
        found[stage.id] = [full, *over]
    return found


def test_lengths_count_characters_for_all_judges(
    standard: Standard,
    schemas: dict[str, Any],
    brim: dict[str, list[Any]],
    outside: Callable[[str], Any],
    node: Callable[..., Any],
) -> None:
    sheets = [{"schema": schemas[stage], "cases": cases} for stage, cases in brim.items()]
    for (stage, cases), by_ajv in zip(brim.items(), node("ajv_judge.cjs", sheets), strict=True):
        wanted = [True] + [False] * (len(cases) - 1)
        python = jsonschema.Draft202012Validator(schemas[stage])
        rust = outside("jsonschema_rs").validator_for(schemas[stage])
        assert [not refusing(standard.check(case)) for case in cases] == wanted
        assert [python.is_valid(case) for case in cases] == wanted
        assert [rust.is_valid(case) for case in cases] == wanted
        assert by_ajv == wanted, stage


def test_jsonschema_agrees(
    schemas: dict[str, Any], sheets: dict[str, list[Any]], expected: dict[str, list[bool]]
) -> None:
    judged = {}
    for stage, cases in sheets.items():
        validator = jsonschema.Draft202012Validator(schemas[stage])
        judged[stage] = [validator.is_valid(case) for case in cases]
    assert disagreements(sheets, expected, judged)[:2] == []


def test_jsonschema_rs_agrees(
    schemas: dict[str, Any],
    sheets: dict[str, list[Any]],
    expected: dict[str, list[bool]],
    outside: Callable[[str], Any],
) -> None:
    jsonschema_rs = outside("jsonschema_rs")
    judged = {}
    for stage, cases in sheets.items():
        validator = jsonschema_rs.validator_for(schemas[stage])
        judged[stage] = [validator.is_valid(case) for case in cases]
    assert disagreements(sheets, expected, judged)[:2] == []


def test_ajv_agrees(
    schemas: dict[str, Any],
    sheets: dict[str, list[Any]],
    expected: dict[str, list[bool]],
    node: Callable[..., Any],
) -> None:
    verdicts = node(
        "ajv_judge.cjs", [{"schema": schemas[stage], "cases": cases} for stage, cases in sheets.items()]
    )
    judged = dict(zip(sheets, verdicts, strict=True))
    assert disagreements(sheets, expected, judged)[:2] == []
