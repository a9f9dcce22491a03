"""Keys as files: found, rotated, revoked, and demo keys kept out of production."""

from __future__ import annotations

import json
import os
import random
import stat
import time
from pathlib import Path

import pytest

from hub.errors import SettingsError
from hub.keyring import Keyring, demo_keys, make_demo_keys, read_key, read_keys, write_key
from hub.message import Key


def settle(directory: Path) -> None:
    """Let the directory's time stamp grow older than a tick of the file system."""
    old = time.time_ns() - 10**9
    os.utime(directory, ns=(old, old))


def test_demo_keys_are_made_once_and_found_by_id_and_owner(tmp_path: Path) -> None:
    first = make_demo_keys(tmp_path, ["T01", "centre"], random.Random(1))
    assert [key.key_id for key in first] == ["T01-1", "centre-1"]
    assert make_demo_keys(tmp_path, ["T01", "T02"], random.Random(2))[0].owner == "T02"
    ring = Keyring(tmp_path)
    assert ring.key("T01-1") == first[0]
    assert ring.of("centre") == first[1]
    assert ring.key("nobody-1") is None
    assert ring.of("nobody") is None
    assert stat.S_IMODE((tmp_path / "T01-1.json").stat().st_mode) == 0o600


def test_a_new_file_rotates_and_a_removed_one_revokes(tmp_path: Path) -> None:
    make_demo_keys(tmp_path, ["T01"], random.Random(1))
    settle(tmp_path)
    ring = Keyring(tmp_path)
    assert ring.of("T01") is not None
    newer = Key("T01-2", "T01", "hmac-sha256", b"n" * 32)
    write_key(tmp_path, newer)
    assert ring.of("T01") == newer
    assert ring.key("T01-1") is not None  # both hold while the member changes over
    (tmp_path / "T01-1.json").unlink()
    assert ring.key("T01-1") is None


def test_a_change_within_one_tick_is_not_missed(tmp_path: Path) -> None:
    ring = Keyring(tmp_path)
    for number in range(30):
        write_key(tmp_path, Key(f"T01-{number:02}", "T01", "hmac-sm3", bytes([number]) * 32))
        assert ring.key(f"T01-{number:02}") is not None


def test_a_broken_file_leaves_the_keys_as_they_were(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make_demo_keys(tmp_path, ["T01"], random.Random(1))
    settle(tmp_path)
    ring = Keyring(tmp_path)
    assert ring.key("T01-1")
    (tmp_path / "bad.json").write_text("{", "utf-8")
    assert ring.key("T01-1")
    assert "bad.json" in caplog.text


@pytest.mark.parametrize(
    "change",
    [{"secret": "%%"}, {"secret": "YQ=="}, {"alg": "md5"}, {"owner": None, "keyId": None, "secret": None}],
)
def test_files_that_are_no_keys_are_named(tmp_path: Path, change: dict[str, object]) -> None:
    make_demo_keys(tmp_path, ["T01"], random.Random(1))
    path = tmp_path / "T01-1.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}), "utf-8")
    with pytest.raises(SettingsError, match=r"T01-1\.json"):
        read_key(path)


def test_one_id_in_two_files_is_refused(tmp_path: Path) -> None:
    make_demo_keys(tmp_path, ["T01"], random.Random(1))
    (tmp_path / "copy.json").write_text((tmp_path / "T01-1.json").read_text("utf-8"), "utf-8")
    with pytest.raises(SettingsError, match="T01-1"):
        read_keys(tmp_path)


def test_production_knows_no_demo_key(tmp_path: Path) -> None:
    make_demo_keys(tmp_path, ["T01"], random.Random(1))
    write_key(tmp_path, Key("T02-1", "T02", "hmac-sm3", b"x" * 32))
    ring = Keyring(tmp_path, realm="production")
    assert ring.key("T01-1") is None
    assert ring.key("T02-1") is not None
    assert demo_keys(tmp_path) == ["T01-1"]


def test_a_key_id_cannot_leave_the_directory(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        write_key(tmp_path, Key("../x", "T01", "hmac-sm3", b"x" * 32))


def test_secrets_are_in_no_text(tmp_path: Path) -> None:
    (key,) = make_demo_keys(tmp_path, ["T01"], random.Random(1))
    assert repr(key.secret) not in repr(key)
