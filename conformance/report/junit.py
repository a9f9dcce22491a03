"""JUnit XML, so that a vendor's own pipeline can show the run; not-applicable counts as skipped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Mapping[str, Any], lang: str = "zh") -> bytes:
    """One testsuite per chapter."""
    reason, advice = ("reasonEn", "adviceEn") if lang == "en" else ("reason", "advice")
    root = etree.Element("testsuites", name=str(report["suite"]), time=_seconds(report["milliseconds"]))
    chapters: dict[str, list[Mapping[str, Any]]] = {}
    for row in report["cases"]:
        chapters.setdefault(row["chapter"], []).append(row)
    for chapter, rows in chapters.items():
        counts = [row["verdict"] for row in rows]
        suite = etree.SubElement(
            root,
            "testsuite",
            name=chapter,
            tests=str(len(rows)),
            failures=str(counts.count("fail")),
            errors=str(counts.count("error")),
            skipped=str(counts.count("skip") + counts.count("not-applicable")),
            time=_seconds(sum(row["millis"] for row in rows)),
            timestamp=str(report["started"])[:19],
        )
        for row in rows:
            _case(suite, {**row, "reason": row[reason], "advice": row[advice]})
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _case(suite: etree._Element, row: Mapping[str, Any]) -> None:
    place, _, name = str(row["id"]).rpartition("/")
    element = etree.SubElement(
        suite, "testcase", classname=place.replace("/", "."), name=name, time=_seconds(row["millis"])
    )
    kind = {"fail": "failure", "error": "error", "skip": "skipped", "not-applicable": "skipped"}.get(
        row["verdict"]
    )
    if kind is None:
        return
    told = etree.SubElement(element, kind, message=_plain(f"[{row['requirement']}] {row['reason']}"))
    if kind != "skipped":
        told.set("type", str(row["blame"] or row["strength"]))
        parts = (
            ("expected", row["expected"]),
            ("observed", row["observed"]),
            ("", row["difference"]),
            ("advice", row["advice"]),
        )
        told.text = _plain("\n".join(f"{label}: {text}".strip(": ") for label, text in parts if text))


def _plain(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)


def _seconds(millis: int) -> str:
    return f"{millis / 1000:.3f}"
