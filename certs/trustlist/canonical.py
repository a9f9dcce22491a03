"""JSON that has one meaning and one form: what a trust list's signature covers.

Duplicate members, floats and lone surrogates are refused before anything is believed; on what is left,
sorted members without white space are the canonical bytes of RFC 8785.
"""

from __future__ import annotations

import json
from typing import Any

from certs.model.der import MalformedError

LARGEST = 1 << 24
_MOST_NESTED, _MOST_EXACT = 24, 1 << 53


def parse(raw: bytes) -> Any:
    """The value of these bytes; raises MalformedError and nothing else."""
    if len(raw) > LARGEST:
        raise MalformedError("larger than any trust list")
    try:
        value = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_members, parse_float=_no_float, parse_constant=_no_float
        )
    except RecursionError:
        raise MalformedError("nested too deeply") from None
    except MalformedError:
        raise
    except ValueError as error:  # not UTF-8, not JSON, or a number of thousands of digits
        raise MalformedError(f"not JSON in UTF-8: {error}") from None
    _bounded(value)
    return value


def canonical(value: Any) -> bytes:
    """The bytes to sign, of a value that `parse` lets through."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedError("a member stands twice")
    if not all(name.isascii() for name in found):
        raise MalformedError("a member's name is not ASCII")
    return found


def _no_float(text: str) -> Any:
    raise MalformedError(f"a number that is no integer: {text[:20]}")


def _bounded(value: Any) -> None:
    """Depth, size of numbers, characters that have no bytes; level by level, never recursive."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > _MOST_NESTED:
            raise MalformedError("nested too deeply")
        below: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                below += one.values()
            elif isinstance(one, list):
                below += one
            elif isinstance(one, str) and any("\ud800" <= char <= "\udfff" for char in one):
                raise MalformedError("half a character")
            elif isinstance(one, int) and abs(one) > _MOST_EXACT:
                raise MalformedError("a number that not every reader holds exactly")
        level = below
