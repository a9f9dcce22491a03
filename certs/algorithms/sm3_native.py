"""SM3 by `_sm3.c`, where it was compiled at installation: an accelerator, never a requirement.

A digest of a short text costs `cryptography` five times what the digest itself takes (objects made and
finished); and a message needs a dozen of those. Believed only after known answers: those of GB/T 32905, a
keyed one and a token. `digest` uses it and does without it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from certs.algorithms import compiled
from certs.algorithms.compiled import UnusableError

__all__ = ["Library", "UnusableError", "file_name", "load"]

_INTERFACE = 1  # of _sm3.c: a library compiled from another state of it is not used
_LONG = b"abcd" * 16
_KNOWN = {
    b"abc": "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
    _LONG: "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
}


class Library(Protocol):
    """What `_sm3.c` can do; bytes are `bytes` and nothing else, a state is what `state` makes of a secret."""

    def interface(self) -> int: ...
    def digest(self, data: bytes, /) -> bytes: ...
    def digests(self, prefix: bytes, /, *ends: bytes) -> tuple[bytes, ...]: ...
    def state(self, secret: bytes, /) -> bytes: ...
    def mac(self, state: bytes, data: bytes, /) -> bytes: ...
    def tokens(self, state: bytes, rows: Iterable[tuple[str, ...]], /) -> list[int]: ...


def file_name() -> str:
    return compiled.file_name("_sm3")


def load(place: Path | None = None) -> Library:
    """The compiled library, after it has shown what it can; raises UnusableError, saying why not."""
    path = place or Path(__file__).with_name(file_name())
    library: Library = compiled.module("_sm3", path, _INTERFACE)
    try:
        wrong = _misjudges(library)
    except (AttributeError, TypeError) as error:
        raise UnusableError(f"{path.name}: {error}") from error
    if wrong:
        raise UnusableError(f"{path.name} gives wrong {wrong}")
    return library


def _misjudges(library: Library) -> str:
    """Which known answer it does not give; "" if it gives all."""
    for data, wanted in _KNOWN.items():
        if library.digest(data).hex() != wanted or library.digests(data[:2], data[2:]) != (
            bytes.fromhex(wanted),
        ):
            return "digests"
    state = library.state(b"secret")
    if library.mac(state, _LONG).hex() != "3fc1ca6c7cedd10b5b793ad1f2b2487c8a96e5d47c6a175b286be89fb9532b36":
        return "keyed digests"
    if library.tokens(state, [("kind", "a", "汉")]) != [8890344823187973025]:
        return "tokens"
    return ""
