"""The tables are complete, and contradictions in them are refused with file and row, all at once."""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.standard import Standard, StandardDataError, load
from hub.standard.loading import DATA


def test_counts(standard: Standard) -> None:
    assert len(standard.stages) == 51
    assert sum(len(stage.fields) for stage in standard.stages) == 880
    assert len(standard.code_lists) == 58
    assert len(standard.services) == 105
    assert Counter(field.source for stage in standard.stages for field in stage.fields) == {
        "national-v1": 434, "national-v2": 182, "provincial": 243, "reconstructed": 21,
    }  # fmt: skip


def test_the_readme_counts_right(standard: Standard) -> None:
    first = (DATA.parent / "README.md").read_text(encoding="utf-8").splitlines()[0]
    numbers = [int(number) for number in re.findall(r"[0-9]+", first)]
    fields = sum(len(stage.fields) for stage in standard.stages)
    assert numbers == [len(standard.stages), fields, len(standard.code_lists), len(standard.services)]


def test_every_row_says_where_it_is_from() -> None:
    for path in sorted(DATA.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                assert row.get("provenance") or row.get("source"), (path.name, row)


def test_a_stage_by_its_name(standard: Standard) -> None:
    stage = standard.stage("eng-tender-notice")
    assert stage.zh == "招标公告与资格预审公告"
    assert stage.natural_key == ("TENDER_PROJECT_CODE", "URL")
    assert stage.field("NOTICE_NAME").length == 600
    with pytest.raises(KeyError, match="eng-tender-notice"):
        standard.stage("eng-tender-notise")


def test_patterns_are_unanchored_and_ascii(standard: Standard) -> None:
    for form in standard.formats.values():
        assert "\\d" not in form.pattern and form.pattern[0] != "^" and form.pattern[-1] != "$"
        assert form.regex.fullmatch("\uff11" * 20) is None


def test_loading_is_done_once() -> None:
    assert load() is load()


def test_an_unbroken_copy_loads(tables: Path) -> None:
    assert len(load(tables).stages) == 51


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def edit(directory: Path, file: str, change: Callable[[list[dict[str, str]]], object]) -> int:
    """Change the rows of a file; returns the line an editor would show for the row changed."""
    path = directory / file
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        names, rows = list(reader.fieldnames or ()), list(reader)
    index = change(rows)
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return index + 2 if isinstance(index, int) else 0


def cell(column: str, value: str, index: int = 4) -> Callable[[list[dict[str, str]]], int]:
    def change(rows: list[dict[str, str]]) -> int:
        rows[index][column] = value
        return index

    return change


def double(rows: list[dict[str, str]]) -> int:
    rows.append(dict(rows[3]))
    return len(rows) - 1


def coded(rows: list[dict[str, str]]) -> int:
    index = next(i for i, row in enumerate(rows) if row["code_list"] == "trade-class")
    rows[index]["length"] = "2"
    return index


ROWS = [
    ("fields.csv", cell("code_list", "nonsense"), "unknown code list 'nonsense'"),
    ("fields.csv", cell("type", "colour"), "unknown type 'colour'"),
    ("fields.csv", cell("format", "nonsense"), "unknown format 'nonsense'"),
    ("fields.csv", cell("length", "many"), "length is not a number"),
    ("fields.csv", cell("length", "１２"), "length is not a number"),
    ("fields.csv", cell("source", "hearsay"), "unknown source"),
    ("fields.csv", cell("source", ""), "source is empty"),
    ("fields.csv", cell("type", "decimal"), "a decimal needs digits and decimals"),
    ("fields.csv", double, "stands twice"),
    ("fields.csv", coded, "codes longer than length 2"),
    ("stages.csv", cell("natural_key", "NOWHERE"), "natural key NOWHERE is no field"),
    ("stages.csv", cell("natural_key", ""), "has no natural key"),
    ("stages.csv", cell("fields", "3"), "announces 3 fields"),
    ("stages.csv", double, "stands twice"),
    ("codes.csv", cell("list", "nonsense"), "code of an unknown code list"),
    ("codes.csv", double, "stands twice"),
    ("codes.csv", cell("provenance", ""), "provenance is empty"),
    ("code_lists.csv", cell("entries", "99"), "announces 99 codes"),
    ("code_lists.csv", double, "stands twice"),
    ("formats.csv", cell("pattern", "[0-9"), "does not compile"),
    ("formats.csv", cell("pattern", "^[0-9]$"), "must be unanchored"),
    ("formats.csv", cell("pattern", "\\d+"), "must be unanchored and say [0-9]"),
    ("formats.csv", double, "stands twice"),
    ("field_policy.csv", cell("openness", "secretive"), "unknown openness 'secretive'"),
    ("field_policy.csv", cell("mask", "moustache"), "unknown mask"),
    ("field_policy.csv", cell("field", "NOWHERE"), "policy of an unknown field"),
    ("field_policy.csv", double, "stands twice"),
    ("stage_policy.csv", cell("gate", "garden"), "unknown gate 'garden'"),
    ("stage_policy.csv", cell("class", "Z"), "unknown class"),
    ("stage_policy.csv", cell("lifted_by", ""), "lifted_by goes with a gate"),
    ("stage_policy.csv", cell("before", "chain"), "before is kind/relation"),
    ("stage_policy.csv", double, "stands twice"),
    ("rules.csv", double, "stands twice"),
    ("rules.csv", cell("severity", "grave"), "unknown severity"),
    ("conditions.csv", cell("rule", "R99"), "unknown rule"),
    ("conditions.csv", cell("stage", "nowhere"), "unknown stage"),
    ("conditions.csv", cell("requires", "NOWHERE"), "NOWHERE is no field"),
    ("services.csv", double, "stands twice"),
    ("services.csv", cell("pattern", "telepathy"), "unknown pattern"),
    ("services.csv", cell("carries", "nowhere"), "carries an unknown stage"),
    ("service_fields.csv", cell("type", "colour"), "unknown type"),
    ("service_fields.csv", cell("code_list", "nonsense"), "unknown code list"),
    ("service_fields.csv", double, "stands twice"),
]


@pytest.mark.parametrize(("file", "change", "words"), ROWS, ids=[f"{f}: {w}" for f, _, w in ROWS])
def test_a_contradiction_is_refused_with_file_and_row(
    tables: Path, file: str, change: Callable[[list[dict[str, str]]], int], words: str
) -> None:
    row = edit(tables, file, change)
    with pytest.raises(StandardDataError) as refused:
        load(tables)
    problems = refused.value.problems
    assert any(problem.startswith(f"{file}:{row}: ") and words in problem for problem in problems)


@pytest.mark.parametrize("file", ["stages.csv", "fields.csv", "services.csv"])
def test_a_missing_row_is_missed(tables: Path, file: str) -> None:
    edit(tables, file, lambda rows: rows.pop(5))
    with pytest.raises(StandardDataError, match=f"{file}: .* rows, expected"):
        load(tables)


@pytest.mark.parametrize("file", ["field_policy.csv", "stage_policy.csv"])
def test_a_missing_policy_is_missed(tables: Path, file: str) -> None:
    edit(tables, file, lambda rows: rows.pop(5))
    with pytest.raises(StandardDataError, match=f"no row in {file}"):
        load(tables)


def test_what_is_not_utf8_is_refused_with_its_line(tables: Path) -> None:
    path = tables / "codes.csv"
    raw = path.read_bytes().split(b"\n")
    raw[6] = "620111,红古区".encode("gbk")
    path.write_bytes(b"\n".join(raw))
    with pytest.raises(StandardDataError, match=r"codes\.csv:7: not UTF-8"):
        load(tables)


def test_missing_files_columns_and_ragged_rows(tables: Path) -> None:
    (tables / "formats.csv").unlink()
    (tables / "rules.csv").write_text("id,kind\n", encoding="utf-8")
    with (tables / "codes.csv").open("a", encoding="utf-8") as file:
        file.write("sex,5\n")
    with pytest.raises(StandardDataError) as refused:
        load(tables)
    told = "\n".join(refused.value.problems)
    assert "formats.csv: cannot be read" in told
    assert "rules.csv:1: columns are" in told
    assert "codes.csv:390: 2 cells, expected 5" in told


def test_all_contradictions_come_at_once(tables: Path) -> None:
    edit(tables, "fields.csv", cell("code_list", "nonsense", 10))
    edit(tables, "fields.csv", cell("type", "colour", 20))
    edit(tables, "stages.csv", cell("natural_key", "NOWHERE", 7))
    edit(tables, "formats.csv", cell("pattern", "(", 2))
    with pytest.raises(StandardDataError) as refused:
        load(tables)
    told = str(refused.value)
    for place in ("fields.csv:12:", "fields.csv:22:", "stages.csv:9:", "formats.csv:4:"):
        assert place in told
