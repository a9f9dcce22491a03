"""From tables to one `Book`, or one error that names every contradiction with file and row.

All at once, because whoever edits a province's tables should not have to start the hub forty times
to learn of forty slips.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from hub.standard.book import Book
from hub.standard.exchange_loading import exchange
from hub.standard.loading_codes import code_lists, formats
from hub.standard.loading_control import control
from hub.standard.loading_policy import field_policies, stage_policies
from hub.standard.loading_rules import conditions, rules
from hub.standard.loading_services import services, type_titles
from hub.standard.model import CodeList, Field, FieldPolicy, Format, Stage, StagePolicy
from hub.standard.tables import Problems, Row, StandardDataError, read

DATA = Path(__file__).parent / "data"
VERSION = "0.1-draft"
STAGES, FIELDS, CODE_LISTS, SERVICES = 51, 880, 58, 105
TYPES = frozenset({"string", "text", "code", "date", "datetime", "decimal", "integer"})
SOURCES = frozenset({"national-v1", "national-v2", "provincial", "reconstructed"})


@cache
def installed() -> Book:
    """The tables that came with the program, read once per process."""
    return build(DATA)


def build(directory: Path) -> Book:
    """Read and cross-check the tables of one directory; raises StandardDataError."""
    problems = Problems()
    lists = code_lists(directory, problems)
    forms = formats(directory, problems)
    fields, of_stage = _fields(directory, problems, lists, forms)
    stages = _stages(directory, problems, of_stage, stage_policies(directory, problems))
    texts = rules(directory, problems)
    rows = conditions(directory, problems, stages, texts)
    offered, types = services(directory, problems, lists, forms, stages)
    titles = type_titles(directory, problems, types)
    commands = control(directory, problems)
    clauses = exchange(directory, problems, texts)
    for file, found, wanted in (
        ("stages.csv", len(stages), STAGES),
        ("fields.csv", fields, FIELDS),
        ("code_lists.csv", len(lists), CODE_LISTS),
        ("services.csv", len(offered), SERVICES),
    ):
        if found != wanted:
            problems.file(file, f"{found} rows, expected {wanted}")
    if problems:
        raise StandardDataError(problems)
    return Book(
        version=VERSION, stages=tuple(stages.values()), by_id=stages, code_lists=lists, formats=forms,
        services=offered, types=types, type_titles=titles, rules=texts, conditions=rows,
        control=commands, exchange=clauses,
    )  # fmt: skip


def _fields(
    directory: Path, problems: Problems, lists: dict[str, CodeList], formats: dict[str, Format]
) -> tuple[int, dict[str, list[Field]]]:
    of_stage: dict[str, list[Field]] = {}
    rows = read(directory, "fields.csv", problems)
    policies = field_policies(directory, problems, {(row["stage"], row["name"]) for row in rows})
    seen: set[tuple[str, str]] = set()
    for row in rows:
        key = (row["stage"], row["name"])
        if key in seen:
            problems.at(row, f"field {row['name']} stands twice in {row['stage']}")
        seen.add(key)
        before = len(problems)
        _check_field(row, problems, lists, formats)
        if key not in policies:
            problems.at(row, f"field {row['name']} of {row['stage']} has no row in field_policy.csv")
        if len(problems) == before:
            of_stage.setdefault(row["stage"], []).append(_field(row, policies[key]))
        else:
            of_stage.setdefault(row["stage"], [])
    return len(rows), of_stage


def _check_field(
    row: Row, problems: Problems, lists: dict[str, CodeList], formats: dict[str, Format]
) -> None:
    kind = row["type"]
    if kind not in TYPES:
        problems.at(row, f"unknown type {kind!r}")
    if row["code_list"] and row["code_list"] not in lists:
        problems.at(row, f"unknown code list {row['code_list']!r}")
    if (kind == "code") != bool(row["code_list"]):
        problems.at(row, "type code and a code list go together")
    if row["format"] and row["format"] not in formats:
        problems.at(row, f"unknown format {row['format']!r}")
    if row["source"] not in SOURCES:
        problems.at(row, f"unknown source {row['source']!r}")
    for column in ("length", "digits", "decimals"):
        if row[column] and not (row[column].isascii() and row[column].isdigit()):
            problems.at(row, f"{column} is not a number: {row[column]!r}")
    if kind == "decimal" and not (row["digits"] and row["decimals"]):
        problems.at(row, "a decimal needs digits and decimals")
    listed = lists.get(row["code_list"])
    if listed is not None and row["length"].isdigit():
        long = [code for code in listed.codes if len(code) > int(row["length"])]
        if long:
            problems.at(row, f"codes longer than length {row['length']}: {long}")


def _field(row: Row, policy: FieldPolicy) -> Field:
    digits, decimals = row.number_or_none("digits"), row.number_or_none("decimals")
    return Field(
        name=row["name"], zh=row["zh"], type=row["type"], length=row.number_or_none("length"),
        fixed=row.flag("fixed"), required=row.flag("required"),
        precision=(digits, decimals) if digits is not None and decimals is not None else None,
        code_list=row["code_list"] or None, multi=row.flag("multi"), format=row["format"] or None,
        source=row["source"], seen=row["seen"], policy=policy,
    )  # fmt: skip


def _stages(
    directory: Path, problems: Problems, of_stage: dict[str, list[Field]], policies: dict[str, StagePolicy]
) -> dict[str, Stage]:
    stages: dict[str, Stage] = {}
    rows = read(directory, "stages.csv", problems)
    for row in rows:
        name, fields = row["id"], tuple(of_stage.get(row["id"], ()))
        if name in stages:
            problems.at(row, f"stage {name} stands twice")
        if name not in of_stage:
            problems.at(row, f"stage {name} has no fields")
        elif row["fields"] != str(len(fields)):
            problems.at(row, f"{name} announces {row['fields']} fields, {len(fields)} are sound")
        by_name = {field.name: field for field in fields}
        for key in row.parts("natural_key"):
            if key not in by_name:
                problems.at(row, f"natural key {key} is no field of {name}")
        if not row["natural_key"]:
            problems.at(row, f"{name} has no natural key")
        if name not in policies:
            problems.at(row, f"{name} has no row in stage_policy.csv")
            continue
        stages[name] = Stage(
            name, row["zh"], row["en"], row["category"], row["category_zh"], row.parts("natural_key"), fields,
            row.parts("attachments"), row.parts("ext"), row["provenance"], policies[name], by_name,
        )  # fmt: skip
    known = {row["id"] for row in rows}
    for name in sorted(set(of_stage) - known):
        problems.file("fields.csv", f"fields of an unknown stage {name!r}")
    for name in sorted(set(policies) - known):
        problems.file("stage_policy.csv", f"policy of an unknown stage {name!r}")
    return stages
