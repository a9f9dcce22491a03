"""Digests of what passes by in pieces: an attachment is never in memory as a whole."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes

_HASHES: dict[str, type[hashes.SM3] | type[hashes.SHA256]] = {"sm3": hashes.SM3, "sha256": hashes.SHA256}
CHUNK = 1 << 16


class Running:
    """A digest under way, and how many bytes it has seen."""

    def __init__(self, algorithm: str = "sm3") -> None:
        self._algorithm = algorithm
        self._state = hashes.Hash(_HASHES[algorithm]())
        self.size = 0

    def feed(self, data: bytes) -> None:
        self.size += len(data)
        self._state.update(data)

    def told(self) -> str:
        """`sm3:` and 64 hexadecimal digits; to be asked once, at the end."""
        return f"{self._algorithm}:{self._state.finalize().hex()}"
