"""Keys that can be destroyed: a file of random salts apart from the journal, one place per key.

A key is made of the master key and the salt at its place, so neither file opens anything alone, and a
salt overwritten with zeros is a key nobody can make again. Salts are laid down ahead, in blocks that
are on disk before any of them is used: taking a new key costs no flush. Whose key a place holds is
not in here; the journal says that, and the index folds it. No log, no page cache of another file:
one file, written in place, so that nothing of a destroyed salt stays behind in a file of ours.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from certs.algorithms.digest import keyed
from hub.durable import place_file
from hub.errors import SettingsError

MAGIC = b"HTKEYS1\n"
SALT = 32
GONE = bytes(SALT)
BLOCK = 4096
TAKEN = 256  # salts held in memory while new keys are taken
_HEADER = SALT  # place 0 is the header, so that place n stands at n * SALT


class Keystore:
    """Keys by place, from 1. Safe from any thread."""

    def __init__(self, path: Path, master: bytes, fresh: Callable[[int], bytes]) -> None:
        self.path = path
        self._derived = keyed(master, "hmac-sha256")
        self._fresh = fresh
        self._lock = threading.Lock()
        self._taking: tuple[int, bytes] = (0, b"")
        self._file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        if os.pread(self._file, len(MAGIC), 0) != MAGIC:
            os.close(self._file)
            raise SettingsError(f"{path}: 不是密钥库 / not a keystore", code="vault.keys")
        # A block whose writing was cut short was never used: it is written again.
        self.last = max(os.fstat(self._file).st_size // SALT - 1, 0)

    def key(self, place: int) -> bytes | None:
        """The key at a place, None once it is destroyed; SettingsError for a place that is not there."""
        if not 1 <= place <= self.last:
            text = (
                f"{self.path}: 缺少第 {place} 号密钥,密钥库比日志旧 / key {place} missing: an older keystore"
            )
            raise SettingsError(text, code="vault.keys")
        salt = self._salt(place)
        if salt == GONE:
            return None
        return self._derived(b"hutong-key" + place.to_bytes(8, "big") + salt)

    def _salt(self, place: int) -> bytes:
        """From the file, but for the block that new keys are being taken from."""
        start, block = self._taking
        at = (place - start) * SALT
        if 0 <= at < len(block):
            return block[at : at + SALT]
        return os.pread(self._file, SALT, place * SALT)

    def take(self, place: int) -> None:
        """New keys are taken from here on: they are many, and asking the system for each costs."""
        self.reach(place)
        start, block = self._taking
        if not 0 <= (place - start) * SALT < len(block):
            with self._lock:
                self._taking = place, os.pread(self._file, SALT * TAKEN, place * SALT)

    def reach(self, place: int) -> None:
        """See to it that this place exists, durably; new ones come a block at a time."""
        if place <= self.last:
            return
        with self._lock:
            while self.last < place:
                os.pwrite(self._file, self._fresh(SALT * BLOCK), (self.last + 1) * SALT)
                os.fsync(self._file)
                self.last += BLOCK

    def destroy(self, places: Iterable[int]) -> None:
        """Overwrite these salts, durably. Places that are gone already stay gone."""
        with self._lock:
            for place in places:
                if 1 <= place <= self.last:
                    self._taking = 0, b""
                    os.pwrite(self._file, GONE, place * SALT)
            os.fsync(self._file)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def open_keystore(path: Path, master: bytes, fresh: Callable[[int], bytes]) -> Keystore:
    """The keystore at `path`; where there is none an empty one, which a journal that has keys will refuse."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, exist_ok=True)
        place_file(path, MAGIC.ljust(_HEADER, b"\0"))
    return Keystore(path, master, fresh)
