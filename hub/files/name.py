"""What a file is called: the digest of its bytes, with the algorithm that made it.

Messages write `sm3:<hex>`; in a path the colon may also be a hyphen (`sm3-<hex>`), for clients and
proxies that will not leave a colon alone. Both name the same file.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives import hashes

_NAME = re.compile(r"(sm3|sha256)[:-]([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Name:
    """`text` as messages write it."""

    algorithm: str
    value: str

    @classmethod
    def of(cls, text: str) -> Name | None:
        """None for what names no file."""
        found = _NAME.fullmatch(text)
        return cls(found[1], found[2]) if found else None

    @property
    def text(self) -> str:
        return f"{self.algorithm}:{self.value}"

    @property
    def file(self) -> str:
        return f"{self.algorithm}-{self.value}"


class Running(Protocol):
    """A digest while its bytes are still coming."""

    def update(self, data: bytes, /) -> None: ...
    def copy(self) -> Running: ...
    def hexdigest(self) -> str: ...


def running(algorithm: str) -> Running:
    """A fresh one. `hashlib` lets other threads work meanwhile; it may have been built without SM3."""
    if algorithm in hashlib.algorithms_available:
        return hashlib.new(algorithm)
    return _Sm3(hashes.Hash(hashes.SM3()))


class _Sm3:
    def __init__(self, state: hashes.Hash) -> None:
        self._state = state

    def update(self, data: bytes, /) -> None:
        self._state.update(data)

    def copy(self) -> _Sm3:
        return _Sm3(self._state.copy())

    def hexdigest(self) -> str:
        return self._state.copy().finalize().hex()
