"""Settings: who wins, what stops the start, and what is printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hub.cli.main import main
from hub.errors import SettingsError
from hub.settings import NAMES, Settings, load


def test_flags_over_environment_over_file_over_default(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text("port = 1\nwindow_seconds = 10\nhead_interval = 2\n", "utf-8")
    loaded = load(
        env={"HUTONG_PORT": "2", "HUTONG_WINDOW_SECONDS": "20", "PATH": "x"},
        flags={"data": tmp_path, "port": 3},
    )
    settings = loaded.settings
    assert (settings.port, settings.window_seconds, settings.head_interval) == (3, 20, 2.0)
    assert loaded.sources["port"] == "flag --port"
    assert loaded.sources["window_seconds"] == "environment HUTONG_WINDOW_SECONDS"
    assert loaded.sources["head_interval"] == str(tmp_path / "hub.toml")
    assert loaded.sources["queue_limit"] == "default"
    assert settings.keys_dir == tmp_path / "keys"
    assert settings.peers_file == tmp_path / "peers.toml"


@pytest.mark.parametrize(
    ("text", "env", "near"),
    [
        ("prot = 1", {}, "port"),
        ("retry_shedule = [1]", {}, "retry_schedule"),
        ("", {"HUTONG_RELM": "x"}, "realm"),
    ],
)
def test_an_unknown_key_stops_the_start_and_offers_the_nearest(
    tmp_path: Path, text: str, env: dict[str, str], near: str
) -> None:
    (tmp_path / "hub.toml").write_text(text, "utf-8")
    with pytest.raises(SettingsError) as stopped:
        load(env=env, flags={"data": tmp_path})
    assert stopped.value.code == "settings.unknown"
    assert near in stopped.value.detail


def test_variables_of_clients_and_tests_are_not_ours() -> None:
    load(
        env={"HUTONG_URL": "x", "HUTONG_TEST_ANY": "1", "HUTONG_LANG": "en"},
        flags={"data": Path("/nowhere")},
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "x"),
        ("port", "70000"),
        ("realm", "staging"),
        ("queue_limit", "0"),
        ("retry_schedule", "1,-2"),
        ("retry_schedule", "a"),
        ("max_body", "-1"),
    ],
)
def test_values_that_cannot_be(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as stopped:
        load(env={f"HUTONG_{name.upper()}": value}, flags={"data": Path("/nowhere")})
    assert name in stopped.value.detail


def test_failpoints_never_in_production() -> None:
    env = {"HUTONG_FAILPOINTS": "after-send:1"}
    assert load(env=env, flags={"data": Path("/nowhere")}).settings.failpoints == "after-send:1"
    with pytest.raises(SettingsError):
        load(env={**env, "HUTONG_REALM": "production"}, flags={"data": Path("/nowhere")})


def test_a_schedule_is_numbers_from_either_source(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text("retry_schedule = [1, 2.5]", "utf-8")
    assert load(env={}, flags={"data": tmp_path}).settings.retry_schedule == (1.0, 2.5)
    env = {"HUTONG_RETRY_SCHEDULE": "3,4"}
    assert load(env=env, flags={"data": tmp_path}).settings.retry_schedule == (3.0, 4.0)


def test_a_named_file_must_be_there_and_be_toml(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        load(tmp_path / "none.toml", env={})
    (tmp_path / "bad.toml").write_text("port =", "utf-8")
    with pytest.raises(SettingsError):
        load(tmp_path / "bad.toml", env={})


def test_the_verb_prints_every_setting_with_its_source(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUTONG_PORT", "1234")
    assert main(["settings", "--data", str(tmp_path), "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["settings"]}
    assert set(rows) == set(NAMES)
    assert (rows["port"]["value"], rows["port"]["source"]) == (1234, "environment HUTONG_PORT")
    assert all(row["zh"] for row in rows.values())


def test_the_verb_ends_3_on_a_bad_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "hub.toml").write_text("hots = 'x'", "utf-8")
    assert main(["settings", "--data", str(tmp_path)]) == 3
    assert "host" in capsys.readouterr().err


def test_defaults_are_complete_and_frozen() -> None:
    settings = Settings()
    with pytest.raises(AttributeError):
        settings.port = 1  # type: ignore[misc]
