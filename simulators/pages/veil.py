"""Secrets as a page shows them: not at all, however they were written into a body.

Sandbox secrets, but a page is shown to people, and screenshots travel.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from functools import lru_cache
from html import escape
from urllib.parse import quote, quote_plus

LEAST = 6  # shorter ones are ids and user names, which stand in every other text too


@lru_cache(maxsize=512)
def _spellings(secret: str) -> tuple[str, ...]:
    """A secret as it is, and as JSON, XML, forms and Base64 write it."""
    ways = (
        secret,
        json.dumps(secret, ensure_ascii=False)[1:-1],
        escape(secret),
        escape(secret, quote=False),
        quote(secret, safe=""),
        quote_plus(secret),
        base64.b64encode(secret.encode("utf-8")).decode("ascii"),
    )
    return tuple(dict.fromkeys(ways))


def veiled(text: str, secrets: Iterable[str]) -> str:
    """The text with each secret as `***`."""
    for secret in sorted((s for s in secrets if len(s) >= LEAST), key=len, reverse=True):
        for spelling in _spellings(secret):
            text = text.replace(spelling, "***")
    return text
