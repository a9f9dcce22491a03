"""Every kind of change is judged, and the judgement agrees with the checker where both can speak."""

from __future__ import annotations

import argparse
import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.message import refusing
from hub.standard import Standard, cli, load
from hub.standard.diff import Change, compare, tables
from hub.standard.diff_rules import BREAKING, COMPATIBLE, DERIVED, JUDGES, WORDING, WORDS
from hub.standard.loading import DATA
from hub.standard.tables import COLUMNS

Rows = list[dict[str, str]]
NOTICE = {"stage": "eng-tender-notice"}
SERVICE = {"owner": "project.query", "part": "request"}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return shutil.copytree(DATA, tmp_path / "data")


def edit(directory: Path, file: str, change: Callable[[Rows], Any]) -> None:
    path = directory / file
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        rows = list(reader)
        names = list(reader.fieldnames or ())
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def the(rows: Rows, **cells: str) -> dict[str, str]:
    return next(row for row in rows if all(row[name] == cell for name, cell in cells.items()))


def put(where: dict[str, str], **cells: str) -> Callable[[Rows], Any]:
    return lambda rows: the(rows, **where).update(cells)


def drop(**where: str) -> Callable[[Rows], Any]:
    return lambda rows: rows.remove(the(rows, **where))


def like(where: dict[str, str], **cells: str) -> Callable[[Rows], Any]:
    return lambda rows: rows.append(the(rows, **where) | cells)


OLD = tables(DATA)


def changes(copy: Path) -> list[Change]:
    return compare(OLD, tables(copy))


def field(**cells: str) -> dict[str, str]:
    with (DATA / "fields.csv").open(encoding="utf-8", newline="") as stream:
        row = the(list(csv.DictReader(stream)), **cells)
    return {"stage": row["stage"], "name": row["name"]}


SHORT = field(type="string", fixed="0", length="200", required="1")
FIXED = field(type="string", fixed="1", length="17")
DECIMAL = field(type="decimal", digits="20", decimals="6")
CODED = field(type="code", required="1")
FORMED = field(format="project-code", required="1")
MANDATORY, OPTIONAL = field(required="1"), field(required="0")

REGION = {"list": "region", "code": "620102"}
CONDITION = {"rule": "R01"}
FORM = {"id": "project-code"}
SECTION, REPLY = {"id": "eng-section"}, {"part": "reply", "required": "1"}
CASES: list[tuple[str, str, Callable[[Rows], Any], str, str]] = [
    (BREAKING, "fields.csv", like(MANDATORY, name="ADDED", required="1"), "added", ""),
    (COMPATIBLE, "fields.csv", like(MANDATORY, name="ADDED", required="0"), "added", ""),
    (BREAKING, "fields.csv", drop(**OPTIONAL), "removed", ""),
    (BREAKING, "fields.csv", put(OPTIONAL, required="1"), "altered", "required"),
    (COMPATIBLE, "fields.csv", put(MANDATORY, required="0"), "altered", "required"),
    (BREAKING, "fields.csv", put(SHORT, length="199"), "altered", "length"),
    (COMPATIBLE, "fields.csv", put(SHORT, length="201"), "altered", "length"),
    (COMPATIBLE, "fields.csv", put(SHORT, length=""), "altered", "length"),
    (BREAKING, "fields.csv", put(FIXED, length="18"), "altered", "length"),
    (BREAKING, "fields.csv", put(SHORT, fixed="1"), "altered", "fixed"),
    (COMPATIBLE, "fields.csv", put(FIXED, fixed="0"), "altered", "fixed"),
    (BREAKING, "fields.csv", put(SHORT, type="text"), "altered", "type"),
    (BREAKING, "fields.csv", put(DECIMAL, decimals="7"), "altered", "decimals"),
    (BREAKING, "fields.csv", put(DECIMAL, decimals="5"), "altered", "decimals"),
    (COMPATIBLE, "fields.csv", put(DECIMAL, digits="21", decimals="7"), "altered", "decimals"),
    (COMPATIBLE, "fields.csv", put(DECIMAL, digits="22"), "altered", "digits"),
    (BREAKING, "fields.csv", put(DECIMAL, digits="19"), "altered", "digits"),
    (BREAKING, "fields.csv", put(CODED, code_list="body-type"), "altered", "code_list"),
    (BREAKING, "fields.csv", put(CODED, multi="1"), "altered", "multi"),
    (COMPATIBLE, "fields.csv", put(FORMED, format=""), "altered", "format"),
    (BREAKING, "fields.csv", put(SHORT, format="uscc"), "altered", "format"),
    (WORDING, "fields.csv", put(SHORT, zh="改名"), "altered", "zh"),
    (BREAKING, "codes.csv", drop(list="region", code="620102"), "removed", ""),
    (COMPATIBLE, "codes.csv", like(REGION, code="629999"), "added", ""),
    (WORDING, "codes.csv", put(REGION, zh="改名"), "altered", "zh"),
    (COMPATIBLE, "formats.csv", put(FORM, pattern="[A-T][0-9]{16}|X"), "altered", "pattern"),
    (BREAKING, "formats.csv", put(FORM, pattern="[A-S][0-9]{16}"), "altered", "pattern"),
    (BREAKING, "stages.csv", drop(id="eng-abnormal"), "removed", ""),
    (COMPATIBLE, "stages.csv", like({"id": "eng-abnormal"}, id="new-stage"), "added", ""),
    (BREAKING, "stages.csv", put(SECTION, natural_key="BID_SECTION_NAME"), "altered", "natural_key"),
    (COMPATIBLE, "stages.csv", put(SECTION, attachments=""), "altered", "attachments"),
    (BREAKING, "conditions.csv", like({"rule": "R01"}, when="OTHER"), "added", ""),
    (COMPATIBLE, "conditions.csv", drop(rule="R01"), "removed", ""),
    (BREAKING, "conditions.csv", put(CONDITION, values="1;2"), "altered", "values"),
    (BREAKING, "conditions.csv", put(CONDITION, requires="INVEST_PROJECT_CODE;X"), "altered", "requires"),
    (BREAKING, "rules.csv", put({"severity": "warning"}, severity="error"), "altered", "severity"),
    (COMPATIBLE, "rules.csv", put({"severity": "error"}, severity="warning"), "altered", "severity"),
    (WORDING, "rules.csv", put({"severity": "error"}, advice_zh="…"), "altered", "advice_zh"),
    (BREAKING, "field_policy.csv", put(NOTICE, openness="internal"), "altered", "openness"),
    (BREAKING, "field_policy.csv", put(NOTICE, sealed_until="never"), "altered", "sealed_until"),
    (BREAKING, "stage_policy.csv", put({"stage": "eng-bidder-list"}, gate="none"), "altered", "gate"),
    (BREAKING, "services.csv", drop(name="project.query"), "removed", ""),
    (BREAKING, "services.csv", put({"name": "project.query"}, to="D01"), "altered", "to"),
    (COMPATIBLE, "services.csv", put({"name": "project.query"}, to="D01;D02;D07;D08"), "altered", "to"),
    (BREAKING, "services.csv", put({"name": "project.query"}, pattern="one-way"), "altered", "pattern"),
    (BREAKING, "service_fields.csv", like(SERVICE, name="added", required="1"), "added", ""),
    (COMPATIBLE, "service_fields.csv", like(SERVICE, name="added", required="0"), "added", ""),
    (COMPATIBLE, "service_fields.csv", like(REPLY, name="added", required="1"), "added", ""),
    (BREAKING, "service_fields.csv", put(REPLY, required="0"), "altered", "required"),
    (BREAKING, "receipt_states.csv", drop(id="held"), "removed", ""),
    (BREAKING, "exchange_rules.csv", put({"strength": "SHOULD"}, strength="MUST"), "altered", "strength"),
]  # fmt: skip


@pytest.mark.parametrize(("verdict", "file", "change", "kind", "column"), CASES)
def test_a_change_is_judged(
    copy: Path, verdict: str, file: str, change: Callable[[Rows], Any], kind: str, column: str
) -> None:
    edit(copy, file, change)
    told = [found for found in changes(copy) if found.kind == kind and found.column == column]
    assert [found.verdict for found in told] == [verdict], told
    assert told[0].file == file and told[0].zh and told[0].en
    assert all(
        found.verdict == verdict for found in changes(copy) if found.column != "digits" or verdict == BREAKING
    )


HARMLESS = [case[1:3] for case in CASES if case[0] == COMPATIBLE and case[3] == "altered"]


@pytest.mark.parametrize(("file", "change"), HARMLESS)
def test_the_checker_agrees(copy: Path, standard: Standard, file: str, change: Callable[[Rows], Any]) -> None:
    """What is called compatible lets everything through that was let through before."""
    edit(copy, file, change)
    newer = load(copy)
    for stage in standard.stages:
        for seed in range(3):
            assert refusing(newer.check(standard.sample(stage.id, seed))) == []


def test_the_same_is_no_change_and_order_is(copy: Path) -> None:
    assert changes(copy) == []
    edit(copy, "fields.csv", lambda rows: rows.insert(0, rows.pop(1)))
    told = changes(copy)
    assert [(found.kind, found.verdict) for found in told] == [("moved", BREAKING)]


def test_an_older_standard_may_lack_files_and_columns(copy: Path) -> None:
    (copy / "exchange_rules.csv").unlink()
    edit(copy, "fields.csv", lambda rows: None)
    lines = (copy / "formats.csv").read_text(encoding="utf-8")
    (copy / "formats.csv").write_text(lines.replace("provenance", "other", 1), encoding="utf-8")
    told = compare(tables(copy), tables(DATA))
    assert {found.file for found in told} == {"exchange_rules.csv"}


def test_every_column_is_judged_on_purpose() -> None:
    """A column that nobody has thought of counts as breaking; these are the ones that do."""
    judged = {column for _, column in JUDGES} | WORDS | DERIVED
    rest = {(file, column) for file, names in COLUMNS.items() for column in names if column not in judged}
    keys = {
        "id",
        "name",
        "list",
        "code",
        "stage",
        "rule",
        "when",
        "field",
        "owner",
        "part",
        "service",
        "command",
    }
    assert {column for _, column in rest} - keys == {
        "natural_key", "type", "multi", "pattern", "kind", "body", "idempotency", "of", "ref", "item",
        "retriable",
        "status", "who", "reasons",
    } - {column for _, column in JUDGES}  # fmt: skip


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    cli.configure(parser)
    return cli.run(parser.parse_args(words))


def test_the_command(copy: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run("diff", str(DATA), "installed") == 0
    assert "不兼容 0 处" in capsys.readouterr().out
    edit(copy, "fields.csv", put(SHORT, length="1"))
    edit(copy, "codes.csv", like({"list": "region", "code": "620102"}, code="629999"))
    assert run("diff", "installed", str(copy)) == 1
    out = capsys.readouterr().out
    assert "[不兼容] fields.csv" in out and "长度缩短" in out and "不兼容 1 处,兼容 1 处" in out
    assert run("diff", "installed", str(copy), "--lang", "en") == 1
    assert "shorter" in capsys.readouterr().out
    assert run("diff", "installed", str(copy), "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["compatible"] is False and told["counts"] == {"breaking": 1, "compatible": 1, "wording": 0}
    assert told["changes"][0]["key"] == [SHORT["stage"], SHORT["name"]]
    assert run("diff", "installed", str(tmp_path / "none")) == 2
    (copy / "fields.csv").write_bytes(b"\xff")
    assert run("diff", "installed", str(copy)) == 2
