"""The service messages: 105 rows, with their request and reply fields, errors and common types."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hub.standard.model import CodeList, Format, Service, ServiceError, ServiceField, Stage
from hub.standard.tables import Problems, Row, read

TYPES = frozenset(
    {"string", "integer", "decimal", "boolean", "date", "datetime", "code", "array", "object", "blobref"}
)
PATTERNS = frozenset({"request-reply", "one-way", "notification"})
Fields = tuple[ServiceField, ...]


def services(
    directory: Path,
    problems: Problems,
    lists: Mapping[str, CodeList],
    formats: Mapping[str, Format],
    stages: Mapping[str, Stage],
) -> tuple[dict[str, Service], dict[str, Fields]]:
    """Services by name, and the composite types (party, sectionRef, money ...) their fields name."""
    parts = _fields(directory, problems, lists, formats)
    errors: dict[str, list[ServiceError]] = {}
    for row in read(directory, "service_errors.csv", problems):
        error = ServiceError(row["code"], row["zh"], row.flag("retriable"))
        errors.setdefault(row["service"], []).append(error)
    found: dict[str, Service] = {}
    for row in read(directory, "services.csv", problems):
        name = row["name"]
        if name in found:
            problems.at(row, f"service {name} stands twice")
        if row["pattern"] not in PATTERNS or row["body"] not in ("service", "record"):
            problems.at(row, f"unknown pattern or body: {row['pattern']!r}, {row['body']!r}")
        for stage in row.parts("carries"):
            if stage != "*" and stage not in stages:
                problems.at(row, f"{name} carries an unknown stage {stage!r}")
        found[name] = Service(
            name, row["family"], row["zh"], row["en"], row["pattern"], row["body"], row.parts("from"),
            row.parts("to"), row.parts("carries"), row["sealed"], row.parts("idempotency"),
            parts.get((name, "request"), ()), parts.get((name, "reply"), ()),
            (*errors.get(name, ()), *errors.get("*", ())),
        )  # fmt: skip
    types = {owner: fields for (owner, part), fields in parts.items() if part == "type"}
    for owner, part in parts:
        if part != "type" and owner not in found:
            problems.file("service_fields.csv", f"fields of an unknown service {owner!r}")
    return found, types


def type_titles(directory: Path, problems: Problems, types: Mapping[str, Fields]) -> dict[str, str]:
    """Chinese titles of the common types, one for each type that has fields."""
    titles: dict[str, str] = {}
    for row in read(directory, "service_types.csv", problems):
        if row["name"] not in types:
            problems.at(row, f"title of an unknown type {row['name']!r}")
        if row["name"] in titles:
            problems.at(row, f"type {row['name']} stands twice")
        titles[row["name"]] = row["zh"]
    for name in types.keys() - titles.keys():
        problems.file("service_types.csv", f"type {name!r} has no title")
    return titles


def _fields(
    directory: Path, problems: Problems, lists: Mapping[str, CodeList], formats: Mapping[str, Format]
) -> dict[tuple[str, str], Fields]:
    rows = read(directory, "service_fields.csv", problems)
    types = {row["owner"] for row in rows if row["part"] == "type"}
    seen: set[tuple[str, str, str]] = set()
    parts: dict[tuple[str, str], list[ServiceField]] = {}
    for row in rows:
        key = (row["owner"], row["part"], row["name"])
        if key in seen:
            problems.at(row, f"{row['name']} stands twice in the {row['part']} of {row['owner']}")
        seen.add(key)
        _check(row, problems, lists, formats, types)
        parts.setdefault(key[:2], []).append(_field(row))
    return {key: tuple(fields) for key, fields in parts.items()}


def _check(
    row: Row,
    problems: Problems,
    lists: Mapping[str, CodeList],
    formats: Mapping[str, Format],
    types: set[str],
) -> None:
    if row["type"] not in TYPES:
        problems.at(row, f"unknown type {row['type']!r}")
    if row["code_list"] and row["code_list"] not in lists:
        problems.at(row, f"unknown code list {row['code_list']!r}")
    if row["format"] and row["format"] not in formats:
        problems.at(row, f"unknown format {row['format']!r}")
    if row["type"] == "object" and row["ref"] and row["ref"] not in types:
        problems.at(row, f"object of an unknown type {row['ref']!r}")
    if row["type"] == "array" and row["item"] not in types | TYPES:
        problems.at(row, f"array of an unknown type {row['item']!r}")


def _field(row: Row) -> ServiceField:
    digits, decimals = row.number_or_none("digits"), row.number_or_none("decimals")
    return ServiceField(
        row["name"], row["zh"], row["type"], row.number_or_none("length"), row.flag("required"),
        (digits, decimals) if digits is not None and decimals is not None else None,
        row["code_list"] or None, row.parts("enum"), row["format"] or None, row["of"] or None,
        row["ref"] or None, row["item"] or None, row.flag("personal"), row["sealed"],
    )  # fmt: skip
