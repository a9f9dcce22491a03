"""The reference system as a real process passes everything; each of its broken variants is told by name."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance import cli
from conformance.launch import simulated
from conformance.mutants import Kill, mutants
from conformance.session import tried_all
from conformance.suite import cases
from hub.message import parse
from simulators.systems.t01 import VARIANTS

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def plan() -> Iterator[Path]:
    with simulated() as running:
        yield running.plan


def conform(*words: str) -> int:
    parser = argparse.ArgumentParser()
    cli.configure(parser)
    return cli.run(parser.parse_args(words))


def test_the_reference_system_conforms(
    plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert conform("run", "--plan", str(plan), "--out", str(tmp_path), "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["verdict"] == "conformant" and report["system"]["buildSource"] == "OBSERVED"
    sent = (tmp_path / "report.json").read_bytes()
    assert parse(sent).findings == () and len(sent) < 1_000_000, "the onboarding desk takes it as it is"
    must = [row["verdict"] for row in report["cases"] if row["strength"] == "MUST"]
    assert set(must) == {"pass", "not-applicable"} and must.count("pass") >= 16
    assert {path.name for path in tmp_path.iterdir()} == {"report.json", "junit.xml", "report.html"}

    assert conform("verify", str(tmp_path)) == 0
    assert conform("report", str(tmp_path), "--lang", "en") == 0
    text = (tmp_path / "report.json").read_text("utf-8")
    (tmp_path / "report.json").write_text(text.replace('"pass"', '"fail"', 1), "utf-8")
    assert conform("verify", str(tmp_path), "--json") == 1


def test_a_second_run_against_the_same_process_ends_the_same(plan: Path) -> None:
    assert conform("run", "--plan", str(plan)) == 0


def test_the_old_system_conforms_via_its_adapters_dialect(capsys: pytest.CaptureFixture[str]) -> None:
    assert conform("run", "--self-test", "T03", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["verdict"], report["profile"], report["dialect"]) == (
        "conformant",
        "via-adapter",
        "asmx-parasxml",
    )
    assert report["summary"]["pass"] == sum(case.dialect != "" for case in cases()) >= 4


def test_a_part_of_the_suite_does_not_certify(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert conform("run", "--plan", str(plan), "--only", "exchange/signatures", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["verdict"] == "incomplete" and len(report["cases"]) == 7
    assert conform("run", "--plan", str(plan), "--only", "EX-IDM-99") == 2


def test_the_terminal_speaks_both_languages(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert conform("run", "--plan", str(plan), "--only", "EX-SIG-01") == 0
    assert "用错误密钥签名的报文应拒绝" in capsys.readouterr().out
    assert conform("run", "--plan", str(plan), "--only", "EX-SIG-01", "--lang", "en") == 0
    assert "a bad signature is refused" in capsys.readouterr().out


def test_the_doctor_finds_what_is_wrong(
    plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert conform("doctor", "--plan", str(plan)) == 0
    (tmp_path / "keys").mkdir()
    for path in (plan.parent / "keys").iterdir():
        text = path.read_text("utf-8")
        (tmp_path / "keys" / path.name).write_text(text.replace("centre-1", "centre-9"), "utf-8")
    wrong = tmp_path / "plan.toml"
    wrong.write_text(plan.read_text("utf-8").replace('"eng-project"', '"eng-projekt"'), "utf-8")
    capsys.readouterr()
    assert conform("doctor", "--plan", str(wrong), "--json") == 1
    bad = {row["check"] for row in json.loads(capsys.readouterr().out) if row["ok"] is False}
    assert conform("run", "--plan", str(wrong)) == 3
    assert bad == {"plan.stages", "credentials.export", "control.commands"}


def test_nobody_there_could_not_be_run(plan: Path, tmp_path: Path) -> None:
    away = plan.parent / "away.toml"
    base = plan.read_text("utf-8").partition('inbound = "')[2].partition("/T01")[0]
    away.write_text(plan.read_text("utf-8").replace(base, "http://127.0.0.1:9"), "utf-8")
    assert conform("run", "--plan", str(away)) == 3
    assert conform("doctor", "--plan", str(away)) == 1
    assert conform("run", "--plan", str(tmp_path / "none.toml")) == 3


def test_tables_of_the_suite(capsys: pytest.CaptureFixture[str]) -> None:
    assert conform("list", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) == len(cases())
    assert conform("coverage", "--json") == 0
    assert json.loads(capsys.readouterr().out)["contradictions"] == []


@pytest.fixture(scope="module")
def kills() -> dict[str, Kill]:
    return {kill.mutant.variant: kill for kill in tried_all(mutants())}


def test_every_variant_has_a_case_named_for_it() -> None:
    table = {mutant.variant: mutant for mutant in mutants()}
    assert set(table) == set(VARIANTS) and len(table) >= 6
    known = {case.id for case in cases()}
    assert all({mutant.case, *mutant.also} <= known for mutant in table.values())
    assert all(mutant.note for mutant in table.values() if mutant.also), "every foreseen extra says why"


@pytest.mark.parametrize("variant", [mutant.variant for mutant in mutants()])
def test_a_broken_variant_fails_at_the_case_named_for_it(variant: str, kills: dict[str, Kill]) -> None:
    kill = kills[variant]
    assert kill.killed, f"{kill.mutant.case} did not fail; failed: {kill.caught}"
    assert not kill.unexpected
