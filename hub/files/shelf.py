"""Where files lie: those that came whole under their digest, those on their way in an area of their own.

    files/ab/sm3-abcd…           closed, complete, never changed again
    files/incoming/T01-sm3-…     .data and .note of one member's file on its way

Putting a file on its shelf always takes the place of whatever lies there: the bytes are the same, and what
a second sender of the same content waits for is the same as well, so that the wait tells nothing. So all
folders are made before the first file comes: making one takes the disk's time too, and whose content lies in
one that is there already would be told faster that its file is whole.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hub.durable import settle_folder
from hub.files.name import Name
from hub.files.note import Header
from hub.files.stored import Opened, open_whole
from hub.files.upload import DATA, NOTE, Upload

OLD = ".old"
_LAST = "ff"  # of the folders
_OWNER = re.compile(r"[A-Z][0-9]{2}")


@dataclass(frozen=True, slots=True)
class Shelf:
    """`key` closes and opens every file; `block` is what is held in memory of one."""

    root: Path
    key: bytes
    block: int

    @property
    def incoming(self) -> Path:
        return self.root / "incoming"

    def place(self, name: Name) -> Path:
        return self.root / name.value[:2] / name.file

    def begin(self, owner: str, name: Name, total: int, salt: bytes, now: int) -> Upload:
        """A new file on its way."""
        if not _OWNER.fullmatch(owner):
            raise ValueError(f"not a member: {owner!r}")
        header = Header(owner, name.text, total, self.block, salt.hex(), now)
        base = self.incoming / f"{owner}-{name.file}"
        try:
            self._folders()
            return Upload.begin(base, header)
        except OSError:
            for ending in (DATA, NOTE):
                base.with_suffix(ending).unlink(missing_ok=True)
            raise

    def waiting(self) -> Iterator[Upload]:
        """What an earlier life of the hub left; files that say nothing that can be trusted are cleared."""
        self.incoming.mkdir(parents=True, exist_ok=True)
        self._flatten()
        for path in sorted(self.incoming.glob(f"*{NOTE}")):
            upload = Upload.found(path)
            if upload is not None:
                yield upload
        known = {path.stem for path in self.incoming.glob(f"*{NOTE}") if Upload.found(path) is not None}
        for path in self.incoming.iterdir():
            if path.stem not in known or path.suffix == OLD:
                path.unlink()

    def put(self, upload: Upload) -> None:
        """Put a whole file where it belongs. Doing it twice, or after a crash between, is the same."""
        place = self.place(upload.name)
        data = upload.base.with_suffix(DATA)
        if data.exists():
            # Giving back the room of a large file takes time that a first sender would not wait for.
            with contextlib.suppress(FileNotFoundError):
                os.link(place, self.incoming / f"{upload.base.name}{OLD}")
            data.replace(place)
        # That it left its old place need not last: found there again, it is put here again.
        settle_folder(place.parent)

    def clear(self) -> None:
        """Give back the room of what another's same bytes have taken the place of."""
        for path in self.incoming.glob(f"*{OLD}"):
            path.unlink(missing_ok=True)

    def erase(self, name: Name) -> None:
        """Gone from the disk when this returns."""
        place = self.place(name)
        if place.exists():
            place.unlink()
            settle_folder(place.parent)

    def open(self, name: Name) -> Opened:
        """Raises DamagedFileError, or OSError when it is not there."""
        return open_whole(self.place(name), self.key)

    def room(self) -> int:
        """Bytes that may still be written on this disk."""
        free = os.statvfs(self.root)
        return free.f_bavail * free.f_frsize

    def _folders(self) -> None:
        """All that files are put in, once."""
        if not (self.root / _LAST).is_dir():
            for number in range(256):
                (self.root / f"{number:02x}").mkdir(exist_ok=True)
            settle_folder(self.root)
            settle_folder(self.root.parent)

    def _flatten(self) -> None:
        """Files of a hub before this one lie one folder deeper."""
        for deeper in sorted(self.root.glob("??/??/")):
            for path in deeper.iterdir():
                path.replace(deeper.parent / path.name)
            settle_folder(deeper.parent)
            deeper.rmdir()
