"""A remark for the reader of a report, in both languages."""

from __future__ import annotations

from typing import NamedTuple


class Remark(NamedTuple):
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.zh} / {self.en}"
