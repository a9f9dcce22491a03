"""SM2 verification by `_sm2.c`, where it was compiled at installation: an accelerator, never a requirement.

It checks and does nothing else; signing stays with the backend it is put before. A key that keeps
coming (a CA's, a busy signer's) gets a table of its multiples, which makes it some five times faster.
Tables are few and earned: a key must have verified several times, and more often than the one it
displaces, so that strangers with fresh keys cannot push out those that matter.
"""

from __future__ import annotations

import ctypes
import platform
import sys
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from certs.algorithms.sm2_libcrypto import UnusableError

_INTERFACE = 1  # of _sm2.c: a library compiled from another state of it is not used
_BASE_WIDTH, _KEY_WIDTH = 8, 7  # 264 KiB once, 148 KiB for each table of a key
_TABLES, _COUNTED, _SEEN = 64, 4096, 4
_VOID, _INT, _BYTES = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
_PROTOTYPES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "hutong_sm2_interface": (_INT, ()),
    "hutong_sm2_size": (ctypes.c_size_t, (_INT,)),
    "hutong_sm2_table": (_INT, (_VOID, _BYTES, _INT)),
    "hutong_sm2_verify": (_INT, (_VOID, _INT, _VOID, _INT, _BYTES)),
}


class Signer(Protocol):
    """Who signs for the accelerator."""

    @property
    def name(self) -> str: ...
    def sign(self, e: bytes, private: bytes) -> tuple[int, int]: ...


def file_name() -> str:
    """One file per kind of machine: a source tree may be shared. There is nothing of Python's in it."""
    return f"_sm2-{sys.platform}-{platform.machine()}.so"


def load(place: Path | None = None) -> ctypes.CDLL:
    """The compiled library; raises UnusableError, saying why there is none."""
    path = place or Path(__file__).with_name(file_name())
    if not path.is_file():
        raise UnusableError(f"{path.name} was not compiled at installation")
    try:
        library = ctypes.CDLL(str(path))
        for function, (result, arguments) in _PROTOTYPES.items():
            found = getattr(library, function)
            found.restype, found.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise UnusableError(f"{path.name}: {error}") from error
    if library.hutong_sm2_interface() != _INTERFACE:
        raise UnusableError(f"{path.name} is from another version; install again")
    return library


class Native:
    """A backend: verification here, signing by `signer`. `seen` is how often a key verifies before it gets a
    table, None for never."""

    name = "native"

    def __init__(
        self, library: ctypes.CDLL, signer: Signer, *, tables: int = _TABLES, seen: int | None = _SEEN
    ) -> None:
        self._lib, self.signer = library, signer
        self._most, self._seen = tables, seen
        self._base = self._table(None, _BASE_WIDTH)
        self._tables: OrderedDict[bytes, Any] = OrderedDict()
        self._counts: dict[bytes, int] = {}
        self._lock = Lock()

    def sign(self, e: bytes, private: bytes) -> tuple[int, int]:
        return self.signer.sign(e, private)

    def verify(self, e: bytes, r: int, s: int, public: bytes) -> bool:
        table = self._tables.get(public)
        asked = b"".join((public[1:], e, r.to_bytes(32, "big"), s.to_bytes(32, "big")))
        if len(asked) != 160:
            raise UnusableError("an SM2 key is a point of 65 bytes, a digest has 32")
        answer = self._lib.hutong_sm2_verify(self._base, _BASE_WIDTH, table, _KEY_WIDTH, asked)
        if answer < 0:
            raise UnusableError("no point of the curve")
        if answer == 1 and self._seen is not None:
            self._count(public, known=table is not None)
        return bool(answer == 1)

    @property
    def hot(self) -> int:
        """How many keys have a table."""
        return len(self._tables)

    def forget(self) -> None:
        """No key has a table any more, nor any fame."""
        with self._lock:
            self._tables.clear()
            self._counts.clear()

    def _count(self, public: bytes, *, known: bool) -> None:
        """One more signature of this key that holds. Counts are halved now and then: fame fades."""
        with self._lock:
            times = self._counts[public] = self._counts.get(public, 0) + 1
            if len(self._counts) > _COUNTED or times >= 1 << 20:
                self._counts = {key: half for key, count in self._counts.items() if (half := count // 2)}
            if known:
                if public in self._tables:
                    self._tables.move_to_end(public)
                return
            if times < (self._seen or 0) or public in self._tables or not self._room_for(times):
                return
            self._tables[public] = self._table(public[1:], _KEY_WIDTH)

    def _room_for(self, times: int) -> bool:
        """The key not used for longest goes, if it has not been used more than the one that wants in."""
        if len(self._tables) >= self._most:
            oldest = next(iter(self._tables))
            if self._counts.get(oldest, 0) >= times:
                return False
            del self._tables[oldest]
        return True

    def _table(self, key: bytes | None, width: int) -> Any:
        table = ctypes.create_string_buffer(self._lib.hutong_sm2_size(width))
        if self._lib.hutong_sm2_table(table, key, width) != 1:
            raise UnusableError("no point of the curve")
        return table
