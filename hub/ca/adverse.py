"""What is answered when something is wrong with a CA, a list, a clock or a gateway (`data/adverse.csv`).

One table for those who read and for the test that makes each of it happen: nothing here is asked while the
hub works. A cell is the result and the codes that go with it; of a yes, what was let pass or left out.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

GOOD, BAD = "good", "bad"
PATHS = (
    "recognise", "verify", "login", "under-way", "session", "service", "status", "when-open", "always",
    "open-seal", "open-login", "open-session",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Adversity:
    """`truth`: is the certificate good at that moment? `told` by path, where that path is concerned."""

    name: str
    truth: str
    told: Mapping[str, str]
    zh: str
    en: str
    user_zh: str
    user_en: str

    def as_dict(self) -> dict[str, Any]:
        """For the reference of the explaining page."""
        return {
            "circumstance": self.name,
            "zh": self.zh,
            "en": self.en,
            "told": dict(self.told),
            "user": {"zh": self.user_zh, "en": self.user_en},
        }


@cache
def adversities() -> tuple[Adversity, ...]:
    """Raises ValueError for a row that says less than it must."""
    text = (files("hub.ca.data") / "adverse.csv").read_text("utf-8")
    found = []
    for line in csv.DictReader(text.splitlines()):
        told = {path: line[path] for path in PATHS if line[path]}
        words = (line[name] for name in ("zh", "en", "user_zh", "user_en"))
        made = Adversity(line["circumstance"], line["truth"], told, *words)
        if made.truth not in (GOOD, BAD) or not all((told, made.zh, made.en, made.user_zh, made.user_en)):
            raise ValueError(f"{made.name}: a cell is empty, or no such truth")
        found.append(made)
    return tuple(found)


def table() -> str:
    """For the README: one line for each circumstance, equal answers told once."""
    lines = ["| 情况 circumstance | 答复 answer | 怎么办 what to do |", "|---|---|---|"]
    for one in adversities():
        groups: dict[str, list[str]] = {}
        for path, told in one.told.items():
            groups.setdefault(told, []).append(path)
        answers = "; ".join(f"{' '.join(paths)}: **{told}**" for told, paths in groups.items())
        lines.append(f"| `{one.name}` {one.zh} · {one.en} | {answers} | {one.user_zh} · {one.user_en} |")
    return "\n".join(lines)
