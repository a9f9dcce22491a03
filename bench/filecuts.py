"""Power cuts under uploads: is a part that was kept, or a file that was put on its shelf, there afterwards?

The store of files alone, without a hub: three threads send files in one to four parts to a loop-mounted ext4
that goes down in the midst (`powercut.Disk`). What was told before the cut began is looked for, byte by byte.

usage: filecuts.py [--cuts 40] [--scratch DIR]
Prints a line of numbers. Exit 1 when anything is lost.
"""

from __future__ import annotations

import argparse
import random
import secrets
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from powercut import Disk, possible

from certs.algorithms.digest import digest
from hub.files.name import Name
from hub.files.shelf import Shelf
from hub.files.upload import DATA, Part, Upload

KEY, PIECE, OWNER = bytes(32), 4096, "T01"


@dataclass(slots=True)
class Sending:
    """One file after the other; `told`: when, which, and how much of it was said to be there."""

    shelf: Shelf
    dice: random.Random
    stop: threading.Event
    told: list[tuple[float, Name, bytes, int]] = field(default_factory=list)

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                self._file()
        except OSError:  # the power is gone
            return

    def _file(self) -> None:
        parts, size = self.dice.choice((1, 1, 2, 4)), self.dice.choice((3000, 40_000))
        body = secrets.token_bytes(parts * size)
        name = Name.of(f"sm3:{digest(body).hex()}")
        assert name is not None  # noqa: S101 - it is one
        upload = self.shelf.begin(OWNER, name, len(body), secrets.token_bytes(16), 1)
        for start in range(0, len(body), size):
            self._part(upload, body[start : start + size], start)
            if start + size < len(body):
                self.told.append((time.perf_counter(), name, body, start + size))
        upload.finish()
        self.shelf.put(upload)
        self.told.append((time.perf_counter(), name, body, len(body)))
        upload.drop()

    def _part(self, upload: Upload, piece: bytes, start: int) -> None:
        part = Part(upload, KEY, start, f"sm3:{digest(piece).hex()}", secrets.token_bytes(8))
        try:
            for at in range(0, len(piece), PIECE):
                part.write(piece[at : at + PIECE])
            part.keep(1, lambda: None)
        except OSError:
            part.abandon()
            raise


def one_cut(disk: Disk, dice: random.Random) -> tuple[int, int, list[str]]:
    """What was told before it, what only after it began, and what is not there."""
    disk.make()
    root = disk.place / "files"
    shelf, stop = Shelf(root, KEY, PIECE), threading.Event()
    list(shelf.waiting())
    sending = [Sending(shelf, random.SystemRandom(), stop) for _ in range(3)]
    threads = [threading.Thread(target=one.run) for one in sending]
    for thread in threads:
        thread.start()
    time.sleep(dice.uniform(0.1, 0.9))
    moment = disk.cut()
    stop.set()
    for thread in threads:
        thread.join()
    disk.back()
    shelf = Shelf(root, KEY, PIECE)
    found = {upload.name: upload for upload in shelf.waiting()}
    told = [row for one in sending for row in one.told]
    sure = {name: (body, size) for at, name, body, size in told if at < moment}
    lost = [
        f"{name.text}: {size} of {len(body)}"
        for name, (body, size) in sure.items()
        if _read(shelf, found.get(name), name, size) != body[:size]
    ]
    return len(sure), sum(at >= moment for at, *_ in told), lost


def _read(shelf: Shelf, upload: Upload | None, name: Name, size: int) -> bytes | None:
    """The first bytes, wherever they are now; None when they are nowhere."""
    coming = upload is not None and upload.base.with_suffix(DATA).exists()
    if coming and upload is not None and (not upload.ranges() or upload.ranges()[0][1] < size):
        return None
    try:
        with upload.opened(KEY) if coming and upload is not None else shelf.open(name) as opened:
            return b"".join(opened.pieces(0, size))
    except OSError:
        return None


def cuts(wanted: int, scratch: Path) -> tuple[int, int, list[str]]:
    disk, dice = Disk(scratch, "200M"), random.SystemRandom()
    told, late = 0, 0
    lost: list[str] = []
    try:
        for _ in range(wanted):
            seen = one_cut(disk, dice)
            told, late, lost = told + seen[0], late + seen[1], lost + seen[2]
    finally:
        disk.gone()
    return told, late, lost


def main() -> int:
    parser = argparse.ArgumentParser(description="上传中断电 / power cuts under uploads")
    parser.add_argument("--cuts", type=int, default=40)
    parser.add_argument("--scratch", type=Path)
    asked = parser.parse_args()
    if why := possible():
        print(f"此处无法断电 / no power to cut here: {why}", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory(prefix="hutong-power-", dir=asked.scratch) as name:
        told, late, lost = cuts(asked.cuts, Path(name))
    print({"cuts": asked.cuts, "told": told, "late": late, "lost": len(lost)}, *lost[:20], sep="\n")
    return 1 if lost else 0


if __name__ == "__main__":
    raise SystemExit(main())
