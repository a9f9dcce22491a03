"""D01's filings: what the investment platform knows about a project before any tender begins.

A few are seeded, one of each kind a caller must cope with; a tender's own project is registered at
D01 before the tender starts, as its owner would have done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.message import wall
from hub.standard.sample import Project
from simulators.desk import Refusal


@dataclass(frozen=True, slots=True)
class Filing:
    """One filing, in the standard's names for `project.query` replies."""

    code: str
    name: str
    region: str
    told: Mapping[str, Any]


class ProjectRegister:
    """Filings by investment code and by name."""

    def __init__(self, seed: int) -> None:
        self._filings: dict[str, Filing] = {}
        for number in range(3):
            self.register(Project(900_000 + seed * 10 + number))
        self.register(Project(900_000 + seed * 10 + 7), result="revoked")
        twin = Project(900_000 + seed * 10 + 8)
        self.register(twin, name="农村公路改造工程")
        self.register(Project(900_000 + seed * 10 + 9), name="农村公路改造工程")

    def register(self, project: Project, *, result: str = "approved", name: str = "") -> Filing:
        """File a project; the same project again changes nothing."""
        fields = project.record("eng-project", None)
        tender = project.record("eng-tender-project", None)
        section = project.record("eng-section", None)
        code = str(fields["INVEST_PROJECT_CODE"])
        told = {
            "found": True,
            "INVEST_PROJECT_CODE": code,
            "PROJECT_NAME": name or fields["PROJECT_NAME"],
            "TENDER_PROJECT_TYPE": tender["TENDER_PROJECT_TYPE"],
            "LEGAL_PERSON": fields["LEGAL_PERSON"],
            "TENDER_MODE": section.get("TENDER_MODE") or tender.get("TENDER_MODE") or "1",
            "budget": {"amount": section["CONTRACT_RECKON_PRICE"], "unit": section.get("PRICE_UNIT", "0")},
            "APPROVAL_AUTHORITY": fields.get("APPROVAL_AUTHORITY"),
            "approvalTime": wall(project.times.registered),
            "APPROVAL_NUMBER": fields.get("APPROVAL_NUMBER"),
            "approvalResult": result,
        }
        filing = Filing(code, str(told["PROJECT_NAME"]), str(fields["REGION_CODE"]), told)
        return self._filings.setdefault(code, filing)

    def filings(self) -> list[Filing]:
        return list(self._filings.values())

    def look_up(self, asked: dict[str, Any], now: datetime) -> dict[str, Any]:
        """By code or by name (and region, where given); raises Refusal with the service's error."""
        kind = asked.get("queryKind")
        if kind == "invest-code":
            found = [self._filings[c] for c in [asked["INVEST_PROJECT_CODE"]] if c in self._filings]
        elif kind == "name":
            found = [f for f in self._filings.values() if f.name == asked["PROJECT_NAME"]]
        else:
            found = []  # plan and permit numbers are other departments' matter
        if not found:
            raise Refusal("project.not-found")
        region = asked.get("REGION_CODE")
        if region:
            here = [f for f in found if _covers(str(region), f.region)]
            if not here:
                raise Refusal("project.region-mismatch")
            found = here
        if len(found) > 1:
            raise Refusal("project.code-ambiguous")
        told = {**found[0].told, "asOf": wall(now)}
        if told["approvalResult"] == "revoked":
            raise Refusal("project.filing-revoked", told)
        return told


def _covers(asked: str, region: str) -> bool:
    """620000 covers the province, 620100 its city, 620121 itself."""
    return region.startswith(asked.rstrip("0") or asked)
