"""One way to write each thing in a proof: what is written otherwise is not what was proved."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any


class MalformedProofError(ValueError):
    """The document is not in the form of a proof."""


def octets(text: Any) -> bytes:
    """Base64 in its one form."""
    if not isinstance(text, str):
        raise MalformedProofError("not text")
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode("ascii") != text:
        raise MalformedProofError("Base64 of another form")
    return raw


def node(text: Any) -> bytes:
    """A hash in lower-case hex."""
    raw = bytes.fromhex(text) if isinstance(text, str) else b""
    if not raw or raw.hex() != text:
        raise MalformedProofError("not a hash")
    return raw


def number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise MalformedProofError("not a whole number")
    return value


def members(value: Any, *names: str, optional: tuple[str, ...] = ()) -> Mapping[str, Any]:
    """An object with exactly these members."""
    if not isinstance(value, dict) or not set(names) <= set(value) <= {*names, *optional}:
        raise MalformedProofError(f"members other than {', '.join(names)}")
    return value
