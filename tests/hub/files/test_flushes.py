"""What a file waits for on the disk: each thing once, and the same whoever else has sent it."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from certs.algorithms.digest import digest
from hub.files.name import Name
from hub.files.shelf import Shelf

RNG = random.Random(11)


@pytest.fixture
def flushed(monkeypatch):
    """What the threads for files flush, by what it is."""
    seen = []

    def noting(flush):
        def note(fd):
            path = Path(f"/proc/self/fd/{fd}").readlink()
            if "files" in path.parts:
                seen.append(path.suffix.removeprefix(".") or path.name)
            return flush(fd)

        return note

    monkeypatch.setattr(os, "fsync", noting(os.fsync))
    monkeypatch.setattr(os, "fdatasync", noting(os.fdatasync))
    return seen


def _named(body):
    return f"sm3:{digest(body, 'sm3').hex()}"


async def test_a_file_waits_four_times_for_the_disk_whoever_has_sent_it_before(world, flushed):
    await world.part("T01", _named(b"first"), b"first", 0, 5)
    body = RNG.randbytes(5000)
    name = _named(body)
    for owner in ("T01", "P01"):
        flushed.clear()
        assert (await world.part(owner, name, body, 0, 5000)).status == 201
        assert flushed == ["data", "incoming", "note", name[4:6]]


async def test_each_part_is_durable_before_it_is_answered(world, flushed):
    await world.part("T01", _named(b"first"), b"first", 0, 5)
    body = RNG.randbytes(3000)
    name = _named(body)
    expected = (["data", "incoming", "note"], ["data", "note"], ["data", "note", name[4:6]])
    for number, wanted in enumerate(expected):
        flushed.clear()
        part = body[number * 1000 : number * 1000 + 1000]
        assert (await world.part("P01", name, part, number * 1000, 3000)).status == (
            201 if number == 2 else 202
        )
        assert flushed == wanted


def test_files_of_a_hub_before_this_one_are_found(tmp_path):
    body = _named(b"old")
    name = Name.of(body)
    shelf = Shelf(tmp_path / "files", bytes(32), 4096)
    earlier = shelf.root / name.value[:2] / name.value[2:4] / name.file
    earlier.parent.mkdir(parents=True)
    earlier.write_bytes(b"closed")
    assert list(shelf.waiting()) == []
    assert shelf.place(name).read_bytes() == b"closed"
    assert not earlier.parent.exists()
