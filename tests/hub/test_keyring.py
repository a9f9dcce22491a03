"""Keys as files: found, rotated, revoked, and demo keys kept out of production."""

from __future__ import annotations

import base64
import json
import os
import random
import stat
import time
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from certs.algorithms import sm2
from certs.testpki.issue import Authority
from hub.errors import SettingsError
from hub.keyring import Keyring, demo_keys, make_demo_keys, read_key, read_keys, write_key
from hub.message import Key

SM2, RSA = (
    Authority.root("测试", now=datetime.now(UTC), algorithm=alg).issue("签名", days=9)
    for alg in ("sm2-sm3", "rsa-sha256")
)


def settle(directory: Path) -> None:
    """Let the directory's time stamp grow older than a tick of the file system."""
    old = time.time_ns() - 10**9
    os.utime(directory, ns=(old, old))


def test_demo_keys_are_made_once_and_found_by_id_and_owner(tmp_path: Path) -> None:
    first = make_demo_keys(tmp_path, ["T01", "centre"], random.Random(1))
    assert [key.key_id for key in first] == ["T01-1", "centre-1"]
    assert make_demo_keys(tmp_path, ["T01", "T02"], random.Random(2))[0].owner == "T02"
    ring = Keyring(tmp_path, ticks=count().__next__)
    assert ring.key("T01-1") == first[0]
    assert ring.of("centre") == first[1]
    assert ring.key("nobody-1") is None
    assert ring.of("nobody") is None
    assert stat.S_IMODE((tmp_path / "T01-1.json").stat().st_mode) == 0o600


def test_a_new_file_rotates_and_a_removed_one_revokes(tmp_path: Path) -> None:
    make_demo_keys(tmp_path, ["T01"], random.Random(1))
    settle(tmp_path)
    ring = Keyring(tmp_path, ticks=count().__next__)
    assert ring.of("T01") is not None
    newer = Key("T01-2", "T01", "hmac-sha256", b"n" * 32)
    write_key(tmp_path, newer)
    assert ring.of("T01") == newer
    assert ring.key("T01-1") is not None  # both hold while the member changes over
    (tmp_path / "T01-1.json").unlink()
    assert ring.key("T01-1") is None


def test_a_change_within_one_tick_is_not_missed(tmp_path: Path) -> None:
    ring = Keyring(tmp_path, ticks=count().__next__)
    for number in range(30):
        write_key(tmp_path, Key(f"T01-{number:02}", "T01", "hmac-sm3", bytes([number]) * 32))
        assert ring.key(f"T01-{number:02}") is not None


def test_a_broken_file_leaves_the_keys_as_they_were(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make_demo_keys(tmp_path, ["T01"], random.Random(1))
    settle(tmp_path)
    ring = Keyring(tmp_path, ticks=count().__next__)
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


class TestKeyPairs:
    """Members that sign with a key pair: the hub learns the public half."""

    PRIVATE = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")

    def write(self, folder: Path, **row: object) -> Path:
        path = folder / "T01-2.json"
        made = {"keyId": "T01-2", "owner": "T01", "alg": "sm2-sm3", **row}
        path.write_text(json.dumps(made), "utf-8")
        return path

    def test_public_halves_as_point_hex_and_pem(self, tmp_path: Path) -> None:
        point = sm2.public_of(self.PRIVATE)
        for text in (
            base64.b64encode(point).decode(),
            point.hex(),
            sm2.pem("PUBLIC KEY", sm2.public_der(point)),
        ):
            key, demo = read_key(self.write(tmp_path, public=text))
            assert (key.public, key.private, key.secret, key.ident, demo) == (
                point, b"", b"", b"1234567812345678", False,
            )  # fmt: skip
        assert read_key(self.write(tmp_path, public=point.hex(), id="T01@gansu"))[0].ident == b"T01@gansu"

    def test_what_is_written_is_read_again(self, tmp_path: Path) -> None:
        both = Key("T01-2", "T01", "sm2-sm3", public=sm2.public_of(self.PRIVATE), private=self.PRIVATE)
        for key in (both, replace(both, private=b"", ident="甘肃".encode())):
            assert read_key(write_key(tmp_path, key)) == (key, False)

    def test_demo_pairs(self, tmp_path: Path) -> None:
        (key,) = make_demo_keys(tmp_path, ["T01"], random.Random(1), alg="sm2-sm3")
        assert read_keys(tmp_path) == [key]
        assert key.public == sm2.public_of(key.private)
        with pytest.raises(SettingsError):
            make_demo_keys(tmp_path, ["T02"], random.Random(1), alg="rsa-sha256")

    def test_both_keys_hold_while_a_member_changes_over(self, tmp_path: Path) -> None:
        make_demo_keys(tmp_path, ["T01"], random.Random(1))
        self.write(tmp_path, public=sm2.public_of(self.PRIVATE).hex())
        ring = Keyring(tmp_path, ticks=count().__next__)
        assert [key.alg for key in ring.all_of("T01")] == ["hmac-sm3", "sm2-sm3"]
        assert ring.all_of("T02") == ()

    @pytest.mark.parametrize(
        "row",
        [
            {},
            {"public": "AAAA"},
            {"public": 7},
            {"public": "04" + "ab" * 64},
            {"secret": "MTIzNDU2Nzg5MDEyMzQ1Ng=="},
            {"private": "00" * 32},
            {"certificate": "AAAA"},
            {"certificate": base64.b64encode(RSA.certificate).decode()},
            {
                "certificate": base64.b64encode(SM2.certificate).decode(),
                "public": sm2.public_of(PRIVATE).hex(),
            },
            {"private": "01" * 32, "public": sm2.public_of(PRIVATE).hex()},
            {"alg": "rsa-sha256", "public": sm2.public_of(PRIVATE).hex()},
        ],
    )
    def test_what_is_no_pair_is_named(self, tmp_path: Path, row: dict[str, object]) -> None:
        with pytest.raises(SettingsError, match=r"T01-2\.json"):
            read_key(self.write(tmp_path, **row))

    def test_a_certificate_stands_for_its_key(self, tmp_path: Path) -> None:
        made = Key("T01-2", "T01", "sm2-sm3", public=SM2.public, certificate=SM2.certificate)
        write_key(tmp_path, made)
        assert read_keys(tmp_path) == [made]

    def test_a_production_hub_refuses_to_hold_a_members_private_key(self, tmp_path: Path) -> None:
        self.write(tmp_path, private=self.PRIVATE.hex())
        assert Keyring(tmp_path, ticks=count().__next__).key("T01-2") is not None
        with pytest.raises(SettingsError, match="私钥"):
            read_keys(tmp_path, demo=False)
