"""Is a text its own canonical form? `_canon.c` sees it, where it was compiled at installation.

Whoever signs has the canonical bytes at hand, and mostly sends them. Then nothing is ambiguous, and what a
signature covers stands in the text: what is left out of the head is cut out, nothing is written again
(15 us of a message's time). Believed only after known answers.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from certs.algorithms import compiled
from certs.algorithms.compiled import UnusableError

# Length of the text up to the head, the head as it is signed, the head without the circumstances of sending.
Canon = tuple[int, bytes, bytes]
Parts = Callable[[bytes], Canon | None]
_INTERFACE = 1  # of _canon.c: a library compiled from another state of it is not used
_KNOWN: dict[bytes, Canon | None] = {
    b'{"body":{"a":[-1,{},"\xe6\xb1\x89"]},'
    b'"head":{"a":1,"nonce":"n","sign":{"alg":"x","value":"y"},"time":"t"}}': (
        35,
        b'{"a":1,"nonce":"n","sign":{"alg":"x"},"time":"t"}',
        b'{"a":1}',
    ),
    b'{"body":{},"head":{}}': (18, b"{}", b"{}"),
    b'{"body":{"a":1,"a":1},"head":{}}': None,
    b'{"body":{"a":1.5},"head":{}}': None,
    b'{"body":{"a":"\\u0061"},"head":{}}': None,
    b'{"body":{"b":1,"a":1},"head":{}}': None,
    b'{"body":{},"head": {}}': None,
    b'{"body":{},"head":{}} ': None,
}


def file_name() -> str:
    return compiled.file_name("_canon")


def load(place: Path | None = None) -> Parts:
    """The compiled look at a text, after it has shown what it can; raises UnusableError, saying why not."""
    path = place or Path(__file__).with_name(file_name())
    library = compiled.module("_canon", path, _INTERFACE)
    found: Parts = library.parts
    if any(found(text) != wanted for text, wanted in _KNOWN.items()):
        raise UnusableError(f"{path.name} gives wrong parts")
    return found


def none(raw: bytes) -> Canon | None:
    """Where nothing was compiled every text goes the longer way."""
    return None


def _compiled() -> Parts:
    try:
        return load()
    except UnusableError:
        return none


parts = _compiled()
