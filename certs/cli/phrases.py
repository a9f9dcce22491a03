"""What judges say in evidence, in Chinese; whatever has no row stays as it is (`certs/data/phrases.csv`)."""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files

_LONGEST = 1_000


@cache
def table() -> tuple[tuple[re.Pattern[str], str], ...]:
    text = (files("certs.data") / "phrases.csv").read_text(encoding="utf-8")
    return tuple((re.compile(pattern), zh) for pattern, zh in list(csv.reader(text.splitlines()))[1:])


def chinese(detail: str) -> str:
    if len(detail) > _LONGEST or not detail:
        return detail
    for pattern, zh in table():
        found = pattern.fullmatch(detail)
        if found is not None:
            return found.expand(zh)
    return detail
