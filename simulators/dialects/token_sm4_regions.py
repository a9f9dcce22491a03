"""Seats of prefectures under two spellings: which fields carry a region, and xx00 for xx01."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from hub.catalogue.papers import Papers

_FORM = "code:xzq"


@cache
def lenient() -> Mapping[str, Mapping[str, str]]:
    """Field -> the standard's spelling of a seat -> the table's, for receivers that read both."""
    papers = Papers.load("token-sm4")
    seats = {standard: foreign for standard, foreign in papers.codes["xzq"].items() if standard != foreign}
    return {row.foreign: seats for row in papers.fields if row.form == _FORM}
