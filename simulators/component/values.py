"""Arguments as they come over the wire: JSON values, octets in base64."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from simulators.component.errors import SofError


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise SofError("argument")
    return value


def number(value: Any) -> int:
    """Also written as hexadecimal text, as tables of constants have it."""
    try:
        return int(value, 0) if isinstance(value, str) else int(value)
    except (TypeError, ValueError):
        raise SofError("argument") from None


def octets(value: Any) -> bytes:
    try:
        return base64.b64decode(text(value), validate=True)
    except (binascii.Error, ValueError):
        raise SofError("argument") from None


def said(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
