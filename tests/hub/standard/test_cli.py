"""`hutong standard` as a user meets it."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from hub.standard import cli, load
from hub.standard.document import stage_document


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    cli.configure(parser)
    return cli.run(parser.parse_args(words))


def test_stats(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("stats", "--json") == 0
    stats = json.loads(capsys.readouterr().out)
    assert (stats["stages"], stats["fields"], stats["code_lists"], stats["services"]) == (51, 880, 58, 105)
    assert sum(stats["by_source"].values()) == 880
    assert run("stats") == 0
    assert "环节 51" in capsys.readouterr().out


def test_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "eng-section", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert len(shown["fields"]) == 17 and shown["policy"]["gate"] == "release"
    assert run("show", "eng-section") == 0
    assert "标段（包）编号" in capsys.readouterr().out


def test_documents_are_json() -> None:
    standard = load()
    for stage in standard.stages:
        assert len(json.loads(json.dumps(stage_document(stage)))["fields"]) == len(stage.fields)


def test_unknown_stage_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", "eng-sektion") == 2
    assert "eng-section" in capsys.readouterr().err


def test_a_sample_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sample", "eng-section", "--seed", "4") == 0
    sample = capsys.readouterr().out
    path = tmp_path / "m.json"
    path.write_text(sample, encoding="utf-8")
    assert run("check", str(path), "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "findings": []}


def test_a_bad_message_falls_short(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("sample", "eng-section")
    path = tmp_path / "m.json"
    path.write_text(capsys.readouterr().out.replace('"156"', '"999"'), encoding="utf-8")
    assert run("check", str(path), "--json") == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [(f["code"], f["at"]) for f in findings] == [("code.unknown", "/body/fields/CURRENCY_CODE")]
    assert run("check", str(path)) == 1
    assert "不合格" in capsys.readouterr().out
    path.write_text("{", encoding="utf-8")
    assert run("check", str(path)) == 1
    assert run("check", str(tmp_path / "none.json")) == 2
