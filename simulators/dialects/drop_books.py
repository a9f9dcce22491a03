"""What the file systems know when they are asked: archives, clues, persons, the monthly count of reports.

Written from the tables of `dialects/xml-drop/rules.md`; each answers in the standard's names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from hub.message import CST, wall
from simulators.desk import Book, Desk, Refusal
from simulators.sheet import Wrong, moment

Fields = dict[str, Any]
_HEX = re.compile(r"[0-9a-fA-F]{64}")
_CHECKS = {
    "archive-not-authentic": ("R30", "真实性检测未通过:来源签名"),
    "archive-not-whole": ("R31", "完整性检测未通过:PackageDigest"),
    "archive-not-usable": ("R32", "可用性检测未通过:不可读文件"),
    "archive-not-safe": ("R33", "安全性检测未通过:病毒"),
}


def books(desk: Desk, without: frozenset[str]) -> Mapping[str, Book]:
    """The books of one system; those that somebody put on its desk go first."""
    own: dict[str, Book] = {}
    if desk.id == "P10":
        own["archive.verify"] = lambda asked, _now: verify(desk, asked)
    if desk.id == "D18":
        own["clue.transfer"] = desk.switches.setdefault("clues", Clues()).take
        own["person.verify"] = _people(desk)
    if desk.id == "N01":
        scored = "monthly-score" not in without
        own["report.reconcile"] = lambda asked, now: reconcile(desk, asked, now, scored=scored)
    return {**desk.noting(own), **desk.books}


def _people(desk: Desk) -> Callable[[Fields, datetime], Fields]:
    from simulators.systems.people import People

    people = desk.switches.get("people") or People(desk.id)
    desk.switches["people"] = people
    return people.person


@dataclass(slots=True)
class Clues:
    """Clues signed for; one that comes again under another key is merged."""

    numbers: dict[str, str] = field(default_factory=dict)

    def take(self, asked: Fields, now: datetime) -> Fields:
        known = asked["clueNo"] in self.numbers
        number = self.numbers.setdefault(asked["clueNo"], f"GA-{now:%Y}-{len(self.numbers) + 1:04d}")
        return {"receiptNo": number, "taken": "merged" if known else "accepted", "takenTime": wall(now)}


def verify(desk: Desk, asked: Fields) -> Fields:
    """Is a file with this digest in the archive?"""
    held = [r for r in desk.ledger if r.message == "archive-record" and not r.deleted]
    number = asked.get("ARCHIVE_NO")
    of_number = [r for r in held if number and r.fields.get("ArchiveNo") == number]
    same = [r for r in of_number or held if r.fields.get("PackageDigest") == asked["fileDigest"]]
    told: Fields = {"match": bool(same), "archived": bool(of_number or same)}
    if same:
        at = moment("yyyyMMddHHmmss", same[0].fields["ArchiveTime"])
        if at is not None:
            told["ARCHIVE_TIME"] = wall(at.replace(tzinfo=CST))
    return told


def reconcile(desk: Desk, asked: Fields, now: datetime, *, scored: bool) -> Fields:
    """How many records of that day are here; with the score of the month."""
    day = date.fromisoformat(str(asked["periodDate"]))
    if day > now.date():
        raise Refusal("reconcile.period")
    stage = asked.get("stage")
    here = [r for r in desk.ledger if r.received.date() == day and stage in (None, "", r.message)]
    told: Fields = {
        "receivedCount": len(here),
        "matched": len(here) == int(asked["sentCount"]),
        "missingKeys": [],
        "extraKeys": sorted(r.key for r in here) if len(here) > int(asked["sentCount"]) else [],
    }
    if scored:
        told["qualityScore"] = score(desk, now)
    return told


def score(desk: Desk, now: datetime) -> str:
    """Of a hundred, what the packages of this month deserve: each refused item costs its share."""
    month = desk.switches.get("judged", {}).get(f"{now:%Y%m}", [0, 0])
    good, all_ = month
    return f"{100 * good / all_:.2f}" if all_ else "100.00"


def four_checks(desk: Desk, fields: Mapping[str, Any]) -> tuple[str, str]:
    """The first of the four checks that this archive does not pass: code and message."""
    for mood, found in _CHECKS.items():
        if desk.feels(mood):
            return found
    if not _HEX.fullmatch(str(fields.get("PackageDigest", "")).rpartition(":")[2]):
        return _CHECKS["archive-not-whole"]
    if fields.get("FileCount") == "0" or fields.get("PackageSize") == "0":
        return _CHECKS["archive-not-usable"]
    return "", ""


def first_kind(wrong: list[Wrong]) -> list[Wrong]:
    """All that is wrong of the kind that is looked at first: required, then format, then code."""
    order = ("required", "format", "code")
    kind = min((each.kind for each in wrong), key=order.index)
    return [each for each in wrong if each.kind == kind]
