"""What goes wrong with signatures, as rows of a table: its name, two sentences, and the remedy.

The order of the rows is the order in which equally good explanations are told. How each mistake is
recognised stands where it is tried: `clinic_content` and `clinic_writing` (what was signed),
`clinic_judges` (with what and how), `clinic_values` (how the value was written down).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Mistake:
    """`id` is stable; the sentences may improve."""

    id: str
    zh: str
    en: str
    remedy: str

    def public(self, detail: str = "") -> dict[str, str]:
        row = {"id": self.id, "zh": self.zh, "en": self.en, "remedy": self.remedy}
        return {**row, "detail": detail} if detail else row


@cache
def mistakes() -> Mapping[str, Mistake]:
    """All rows by id, in their order."""
    text = files("hub.message").joinpath("clinic_mistakes.csv").read_text("utf-8")
    return {row["id"]: Mistake(**row) for row in csv.DictReader(text.splitlines())}
