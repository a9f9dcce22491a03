"""`hutong standard mount` and the samples as table and file, as a user meets them."""

from __future__ import annotations

import argparse
import io
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from hub.standard import Standard, cli
from hub.standard.bindings.package_folder import waiting
from hub.standard.bindings.package_read import inspect, messages
from hub.standard.bindings.table_database import connect
from hub.standard.bindings.table_mount import Mount
from hub.standard.loading import DATA


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    cli.configure(parser)
    return cli.run(parser.parse_args(words))


def test_mount(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dsn = f"sqlite:///{tmp_path}/s.db"
    assert run("mount", dsn) == 0
    assert "已写入" in capsys.readouterr().out
    assert run("mount", dsn, "--json", "--exchange") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["change"] == "unchanged" and told["exchange_tables"] == 51
    assert run("mount", dsn, "--release", "2026") == 0
    database = connect(dsn)
    held = database.rows("SELECT RELEASE, IS_CURRENT FROM STD_RELEASE ORDER BY 1")
    assert held == [("0.1-draft", 0), ("2026", 1)]
    assert len(database.rows("SELECT * FROM EXCHANGE_WATERMARK")) == 51
    database.close()


def test_a_mounted_release_can_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = shutil.copytree(DATA, tmp_path / "data")
    path = data / "stages.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("项目登记", "项目信息登记", 1), encoding="utf-8")
    dsn = f"sqlite:///{tmp_path}/s.db"
    assert run("mount", dsn, "--release", "1.0") == 0
    assert run("mount", dsn, "--release", "1.1", "--data", str(data)) == 0
    capsys.readouterr()
    assert run("diff", f"{dsn}#1.0", "installed", "--json") == 0
    assert json.loads(capsys.readouterr().out)["changes"] == []
    assert run("diff", f"{dsn}#1.0", dsn, "--json") == 0
    (change,) = json.loads(capsys.readouterr().out)["changes"]
    assert (change["key"], change["was"], change["now"]) == (["eng-project"], "项目登记", "项目信息登记")
    assert run("diff", f"{dsn}#9", "installed") == 2
    assert run("diff", f"sqlite:///{tmp_path}/empty.db", "installed") == 2


def test_what_cannot_be_mounted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("mount", "mysql://x") == 2
    assert run("mount", f"sqlite:///{tmp_path}/none/s.db") == 3
    assert run("mount", "postgresql://hutong@/x?host=/none") == 3
    assert run("mount", f"sqlite:///{tmp_path}/s.db", "--data", str(tmp_path)) == 3
    assert "stages.csv" in capsys.readouterr().err


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_the_table_sample_runs(
    engine: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    standard: Standard,
    capsys: pytest.CaptureFixture[str],
) -> None:
    dsn = f"sqlite:///{tmp_path}/s.db" if engine == "sqlite" else request.getfixturevalue("empty_postgresql")
    database = connect(dsn)
    mount = Mount(standard, database)
    mount.create()
    for stage in standard.stages:
        assert run("sample", stage.id, "--binding", "table", "--seed", "5") == 0
        for statement in capsys.readouterr().out.split(";\nINSERT"):
            text = statement.strip().removesuffix(";")
            database.execute(text if text.startswith("INSERT") else f"INSERT{text}")
        sample = standard.sample(stage.id, 5)
        assert mount.read(stage.id, "T01", sample["head"]["msgId"]) == (sample, ())
    database.close()


def test_the_table_sample_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sample", "eng-section", "--binding", "table", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["table"] == "ENG_SECTION" and len(told["row"]["DATA_KEY"]) == 22


def test_the_file_sample(
    tmp_path: Path, standard: Standard, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("sample", "eng-section", "--binding", "file", "--out", str(tmp_path)) == 0
    (path,) = waiting(tmp_path)
    assert str(path) in capsys.readouterr().out
    with path.open("rb") as stream:
        inspection = inspect(stream, path.name)
        assert inspection.findings == ()
        assert [entry.message for entry in messages(stream, inspection)] == [standard.sample("eng-section")]
    assert run("sample", "eng-section", "--binding", "file", "--out", str(tmp_path)) == 2
    assert run("sample", "eng-section", "--binding", "file", "--out", str(tmp_path / "p.zip")) == 0
    assert (tmp_path / "p.zip").read_bytes() == path.read_bytes()
    capsys.readouterr()
    assert run("sample", "eng-section", "--binding", "file", "--json") == 0
    assert json.loads(capsys.readouterr().out)["name"] == path.name
    out: Any = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", out)
    assert run("sample", "eng-section", "--binding", "file") == 0
    assert out.buffer.getvalue() == path.read_bytes()
