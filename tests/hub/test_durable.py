"""Keys beside the journal reach the disk, bytes and name, before anything is kept under them."""

import os
import stat
from pathlib import Path

import pytest

from hub.durable import place_file
from hub.index.tokens import open_tokens
from hub.journal.vault import open_vault


@pytest.fixture
def flushed(monkeypatch):
    """What was flushed, in order: the size of a file then, or the names in a folder."""
    seen = []
    real = os.fsync

    def fsync(descriptor):
        real(descriptor)
        what = os.fstat(descriptor)
        folder = stat.S_ISDIR(what.st_mode)
        seen.append(
            sorted(one.name for one in Path(f"/proc/self/fd/{descriptor}").iterdir())
            if folder
            else what.st_size
        )

    monkeypatch.setattr(os, "fsync", fsync)
    return seen


def test_bytes_first_then_the_name(tmp_path, flushed):
    place_file(tmp_path / "a.key", b"x" * 32)
    assert flushed == [32, ["a.key"]]
    assert stat.S_IMODE((tmp_path / "a.key").stat().st_mode) == 0o600


def test_the_keys_a_hub_makes_are_kept_so(tmp_path, flushed):
    open_tokens(tmp_path / "index.key", lambda n: b"\x01" * n)
    open_vault(tmp_path / "journal.key", lambda n: b"\x02" * n, new=True)
    assert flushed[:4] == [32, ["index.key"], 32, ["index.key", "journal.key"]]
    assert flushed[4:] == [32, ["keys"]], "the book of persons' keys beside it"


def test_what_cannot_be_written_whole_is_not_there(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        open_vault(tmp_path / "journal.key", lambda n: b"\x02" * n, new=True)
    assert not (tmp_path / "journal.key").exists()
