"""D02's procurement plans: what the finance department has on file under a plan's number."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hub.message import wall
from hub.standard.sample import Project
from simulators.desk import Refusal

REVOKED, TWICE = "620000-CG2026-000404", "620000-CG2026-000300"


class PlanRegister:
    """Plans by number, each with its packages; any well-formed number of the year is on file.

    Two numbers are known for what a caller must cope with: one revoked, one standing for two packages of
    different name that cannot be told apart without a package number.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def look_up(self, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        number, package = str(asked.get("planNo") or ""), str(asked.get("packageNo") or "")
        head, _, serial = number.partition("-CG")
        if len(head) != 6 or not head.isdigit() or len(serial) != 11:
            raise Refusal("project.not-found")
        if package and not package.startswith(number):
            raise Refusal("project.not-found")
        region = str(asked.get("REGION_CODE") or "")
        if region and not head.startswith(region.rstrip("0") or region):
            raise Refusal("project.region-mismatch")
        if number == REVOKED:
            raise Refusal("project.filing-revoked")
        if number == TWICE and not package:
            raise Refusal("project.code-ambiguous")
        return self._told(number, head, now)

    def _told(self, number: str, region: str, now: datetime) -> dict[str, Any]:
        project = Project(self._seed * 1000 + int(number[-6:]) % 1000, now)
        record = project.record("eng-project", None)
        return {
            "found": True,
            "PROJECT_NAME": record["PROJECT_NAME"],
            "TENDER_PROJECT_TYPE": "D02",
            "LEGAL_PERSON": record["LEGAL_PERSON"],
            "TENDER_MODE": "1",
            "budget": {"amount": str(1_000_000 + int(number[-6:]) * 100), "unit": "0"},
            "APPROVAL_AUTHORITY": "甘肃省财政厅" if region == "620000" else "财政局",
            "approvalTime": f"{now.year}-01-20T10:00:00+08:00",
            "APPROVAL_NUMBER": f"甘财采备〔{now.year}〕{int(number[-6:])}号",
            "approvalResult": "filed",
            "asOf": wall(now),
        }
