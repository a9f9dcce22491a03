"""Writes the three forms of a report into a directory, and reads the JSON back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.report.junit import junit
from conformance.report.page import page

JSON, JUNIT, PAGE = "report.json", "junit.xml", "report.html"


def write(report: Mapping[str, Any], folder: Path, lang: str = "zh") -> list[Path]:
    """All three; the folder is made when it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report, ensure_ascii=False, indent=1)
    (folder / JSON).write_text(text + "\n", "utf-8", newline="\n")
    return [folder / JSON, *redraw(report, folder, lang)]


def redraw(report: Mapping[str, Any], folder: Path, lang: str = "zh") -> list[Path]:
    """JUnit and HTML from a report that is there already."""
    (folder / JUNIT).write_bytes(junit(report, lang))
    (folder / PAGE).write_text(page(report, lang), "utf-8", newline="\n")
    return [folder / JUNIT, folder / PAGE]


def read(place: Path) -> dict[str, Any]:
    """A report from its file or folder; raises OSError or ValueError."""
    found = json.loads((place / JSON if place.is_dir() else place).read_text("utf-8"))
    if not isinstance(found, dict):
        raise ValueError(f"{place}: not a report")
    return found
