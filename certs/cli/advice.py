"""What to do about a reason: by its code, else by its sub-indication (`certs/data/advice.csv`)."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from certs.verdict import Reason


@cache
def _table() -> dict[str, tuple[str, str]]:
    text = (files("certs.data") / "advice.csv").read_text(encoding="utf-8")
    return {key: (zh, en) for key, zh, en in list(csv.reader(text.splitlines()))[1:]}


def advice(reasons: Iterable[Reason], language: str = "zh") -> list[str]:
    """Each advice once, in the order of the reasons."""
    table, place = _table(), 0 if language == "zh" else 1
    found = [table.get(one.code) or table.get(one.row.sub) for one in reasons]
    return list(dict.fromkeys(one[place] for one in found if one is not None))
