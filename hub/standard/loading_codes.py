"""Code lists with their codes, and the written forms."""

from __future__ import annotations

import re
from pathlib import Path

from hub.standard.model import CodeList, Format
from hub.standard.tables import Problems, Row, read


def code_lists(directory: Path, problems: Problems) -> dict[str, CodeList]:
    """Code lists by id; each announces how many codes it has, so that a lost line is noticed."""
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


def formats(directory: Path, problems: Problems) -> dict[str, Format]:
    """Formats by id, compiled; the data hold them unanchored and without \\d, which means more than ASCII."""
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
