"""From tables to one `Standard`, or one error that names every contradiction with file and row.

All at once, because whoever edits a province's tables should not have to start the hub forty times
to learn of forty slips.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from hub.standard.loading_policy import field_policies, stage_policies
from hub.standard.loading_services import services
from hub.standard.model import CodeList, Condition, Field, FieldPolicy, Format, RuleText, Stage, StagePolicy
from hub.standard.standard import Standard
from hub.standard.tables import Problems, Row, StandardDataError, read

DATA = Path(__file__).parent / "data"
VERSION = "0.1-draft"
STAGES, FIELDS, CODE_LISTS, SERVICES = 51, 880, 58, 105
TYPES = frozenset({"string", "text", "code", "date", "datetime", "decimal", "integer"})
SOURCES = frozenset({"national-v1", "national-v2", "provincial", "reconstructed"})


@cache
def _installed() -> Standard:
    return build(DATA)


def load(directory: Path | str | None = None) -> Standard:
    """The standard; the installed one is read once per process. Raises StandardDataError."""
    return _installed() if directory is None else build(Path(directory))


def build(directory: Path) -> Standard:
    """Read and cross-check the tables of one directory."""
    problems = Problems()
    lists = _code_lists(directory, problems)
    formats = _formats(directory, problems)
    fields, of_stage = _fields(directory, problems, lists, formats)
    stages = _stages(directory, problems, of_stage, stage_policies(directory, problems))
    rules = _rules(directory, problems)
    conditions = _conditions(directory, problems, stages, rules)
    offered, types = services(directory, problems, lists, formats, stages)
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
    return Standard(
        version=VERSION, stages=tuple(stages.values()), code_lists=lists, formats=formats, services=offered,
        types=types, rules=rules, conditions=conditions,
    )  # fmt: skip


def _code_lists(directory: Path, problems: Problems) -> dict[str, CodeList]:
    zh: dict[str, dict[str, str]] = {}
    en: dict[str, dict[str, str]] = {}
    heads: dict[str, Row] = {}
    for row in read(directory, "code_lists.csv", problems):
        if row["id"] in heads:
            problems.at(row, f"code list {row['id']} stands twice")
        heads[row["id"]] = row
    for row in read(directory, "codes.csv", problems):
        if row["list"] not in heads:
            problems.at(row, f"code of an unknown code list {row['list']!r}")
        elif row["code"] in zh.get(row["list"], {}):
            problems.at(row, f"code {row['code']!r} stands twice in {row['list']}")
        if not row["code"]:
            problems.at(row, "empty code")
        zh.setdefault(row["list"], {})[row["code"]] = row["zh"]
        en.setdefault(row["list"], {})[row["code"]] = row["en"]
    for name, row in heads.items():
        if row["entries"] != str(len(zh.get(name, {}))):
            problems.at(row, f"{name} announces {row['entries']} codes, {len(zh.get(name, {}))} are there")
    return {
        name: CodeList(name, row["zh"], zh.get(name, {}), en.get(name, {}), row["source"])
        for name, row in heads.items()
    }


def _formats(directory: Path, problems: Problems) -> dict[str, Format]:
    found: dict[str, Format] = {}
    for row in read(directory, "formats.csv", problems):
        name, pattern = row["id"], row["pattern"]
        if name in found:
            problems.at(row, f"format {name} stands twice")
        if "\\d" in pattern or pattern.startswith("^") or pattern.endswith("$"):
            problems.at(row, f"pattern of {name} must be unanchored and say [0-9], not \\d")
        try:
            found[name] = Format(name, pattern, row["zh"], row["en"], re.compile(pattern))
        except re.error as error:
            problems.at(row, f"pattern of {name} does not compile: {error}")
    return found


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


def _rules(directory: Path, problems: Problems) -> dict[str, RuleText]:
    rules: dict[str, RuleText] = {}
    for row in read(directory, "rules.csv", problems):
        if row["id"] in rules:
            problems.at(row, f"rule {row['id']} stands twice")
        if row["severity"] not in ("error", "warning"):
            problems.at(row, f"unknown severity {row['severity']!r}")
        rules[row["id"]] = RuleText(
            row["id"], row["kind"], row["severity"], row["zh"], row["en"], row["expected_zh"],
            row["expected_en"], row["advice_zh"], row["advice_en"], row["clause"],
        )  # fmt: skip
    return rules


def _conditions(
    directory: Path, problems: Problems, stages: dict[str, Stage], rules: dict[str, RuleText]
) -> tuple[Condition, ...]:
    found: list[Condition] = []
    for row in read(directory, "conditions.csv", problems):
        if row["rule"] not in rules:
            problems.at(row, f"unknown rule {row['rule']!r}")
        stage = stages.get(row["stage"])
        if stage is None:
            problems.at(row, f"unknown stage {row['stage']!r}")
            continue
        for name in (row["when"], *row.parts("requires")):
            if name not in stage.by_name:
                problems.at(row, f"{name} is no field of {stage.id}")
        values = frozenset(row.parts("values"))
        found.append(Condition(row["rule"], stage.id, row["when"], values, row.parts("requires")))
    return tuple(found)
