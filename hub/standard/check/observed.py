"""How an offending value may be quoted: never a person's, whatever the column of the field says."""

from __future__ import annotations

import re
from typing import Any

from hub.message.finding import SHOWN

LOOKED_AT = 200
_CUT = re.compile(r"[0-9]{4,}[Xx]?$")  # a number that the cut may have halved
_PERSON = re.compile(r"[0-9]{17}[0-9Xx]|(?<![0-9])1[0-9]{10}(?![0-9])")


def quoted(value: Any, *, personal: bool) -> str:
    """The value, shortened; of personal fields and of values that look personal only the outline."""
    if isinstance(value, dict | list):
        return type(value).__name__
    if isinstance(value, int) and abs(value) > 2**64:
        return "int"  # repr() of a million digits is refused by Python, and nobody would read it
    text = value if isinstance(value, str) else repr(value)
    if personal and text:
        return f"***({len(text)})"
    # Only the beginning is looked at, so that a value of megabytes costs no more than a short one.
    start = _PERSON.sub("***", text[:LOOKED_AT])
    if len(text) <= SHOWN:
        return start
    return f"{_CUT.sub('***', start)[:SHOWN]}…({len(text)})"
