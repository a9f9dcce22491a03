"""The list of peers: read, reloaded, and kept when a new file is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.errors import SettingsError
from hub.peers import Listen, Peers, read_peers

GOOD = """
[systems.D09]
base = "http://127.0.0.1:41001/D09/"
allow_from = ["127.0.0.1", "10.1.0.0/16"]
rate = 5
[systems.D09.credentials]
user = "hub"
password = "env:D09_PASSWORD"
token = "file:secrets/token"
[systems.D09.tls]
ca = "ca.pem"
"""


def write(folder: Path, text: str = GOOD) -> Path:
    (folder / "secrets").mkdir(exist_ok=True)
    (folder / "secrets" / "token").write_text("t0ken\n", "utf-8")
    path = folder / "peers.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_peer_with_everything(tmp_path: Path) -> None:
    peers = Peers(write(tmp_path), env={"D09_PASSWORD": "pw"})
    peer = peers.get("D09")
    assert peer is not None
    assert peer.base == "http://127.0.0.1:41001/D09"
    assert dict(peer.credentials) == {"user": "hub", "password": "pw", "token": "t0ken"}
    assert peer.tls is not None
    assert peer.tls.ca == tmp_path / "ca.pem"
    assert peer.admits("127.0.0.1")
    assert peer.admits("10.1.2.3")
    assert not peer.admits("10.2.0.1")
    assert not peer.admits(None)
    assert not peer.admits("nonsense")
    assert "pw" not in repr(peer)
    assert peers.get("D10") is None


def test_a_change_is_seen_and_a_mistake_leaves_the_old_set(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path)
    peers = Peers(path, env={"D09_PASSWORD": "pw"})
    assert peers.systems() == ("D09",)
    path.write_text('[systems.P01]\nbase = "http://127.0.0.1:1"\n', "utf-8")
    assert peers.systems() == ("P01",)
    path.write_text("[systems.P01\n", "utf-8")
    assert peers.systems() == ("P01",)
    assert peers.error
    assert "kept as they were" in caplog.text
    path.unlink()
    assert peers.systems() == ("P01",)
    write(tmp_path)
    assert peers.systems() == ("D09",)
    assert not peers.error


def test_no_file_yet_is_no_peers(tmp_path: Path) -> None:
    peers = Peers(tmp_path / "peers.toml")
    assert peers.systems() == ()
    write(tmp_path, '[systems.P01]\nbase = "http://127.0.0.1:1"\n')
    assert peers.systems() == ("P01",)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('[systems.A01]\nbase = "gopher://x"', "base"),
        ('[systems.A01]\nbse = "http://x"', "bse"),
        ('[systems.A01]\nallow_from = ["300.1.1.1"]', "allow_from"),
        ('[systems.A01.credentials]\np = "env:NOT_SET"', "NOT_SET"),
        ('[systems.A01.credentials]\np = "file:nothing"', "nothing"),
        ('[systems.A01.tls]\npem = "x"', "pem"),
        ("[systems]\nA01 = 3", "A01"),
        ('[systems.A01]\ncredentials = "x"', "A01"),
        ("[other]\nx = 1", "systems"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, word: str) -> None:
    with pytest.raises(SettingsError, match=word):
        read_peers(write(tmp_path, text), realm="sandbox", env={})


def test_production_takes_no_literal_secret(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="user"):
        read_peers(write(tmp_path), realm="production", env={"D09_PASSWORD": "x"})


def test_addresses_of_every_installed_kind_are_taken(tmp_path: Path) -> None:
    for base in (
        "tcp://10.1.1.1:9001", "sqlite:////srv/front.db", "postgresql://hub@10.1.1.1/exchange?schema=up",
        "sftp://hub@files.example/drop", "ftp://10.1.1.1", "file:///mnt/drop",
    ):  # fmt: skip
        peer = read_peers(write(tmp_path, f'[systems.F02]\nbase = "{base}"'), realm="production", env={})[
            "F02"
        ]
        assert (peer.base, peer.files, peer.listen) == (base, "", None)
    both = '[systems.X16]\nbase = "postgresql://10.1.1.1/x"\nfiles = "ftp://hub@10.1.1.2/up/"'
    assert read_peers(write(tmp_path, both), realm="sandbox", env={})["X16"].files == "ftp://hub@10.1.1.2/up"


def test_where_a_system_is_listened_for(tmp_path: Path) -> None:
    text = '[systems.F02]\nlisten = "127.0.0.1:9002"\nallow_from = ["10.1.1.1"]'
    assert read_peers(write(tmp_path, text), realm="production", env={})["F02"].listen == Listen(
        "127.0.0.1", 9002
    )


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('base = "tcp:9001"', "base"),
        ('base = "sftp://"', "base"),
        ('files = "smb://x/y"', "files"),
        ('base = "ftp://hub:pw@10.1.1.1"', "base"),
        ('listen = "127.0.0.1:1"', "allow_from"),
        ('listen = "127.0.0.1"\nallow_from = ["10.1.1.1"]', "listen"),
        ('listen = 9001\nallow_from = ["10.1.1.1"]', "listen"),
        ('listen = "127.0.0.1:70000"\nallow_from = ["10.1.1.1"]', "F02"),
    ],
)
def test_mistakes_in_other_addresses_are_named(tmp_path: Path, text: str, word: str) -> None:
    with pytest.raises(SettingsError, match=word):
        read_peers(write(tmp_path, f"[systems.F02]\n{text}"), realm="production", env={})
