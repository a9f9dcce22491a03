"""Who may see what of a report: the centre all of it, a platform its own part, anybody else the totals.

A ranking of platforms is the centre's to publish; a platform sees where it stands against the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CENTRE = "centre"


def seen_by(report: Mapping[str, Any], principal: str) -> dict[str, Any]:
    """The report as `principal` (a system id, `centre`, `public`) may read it."""
    if principal == CENTRE:
        return dict(report)
    own = [row for row in report["platforms"] if row["platform"] == principal]
    province = report["province"]
    if province is not None:
        trend = [
            {**day, "platforms": {name: one for name, one in day["platforms"].items() if name == principal}}
            for day in province["trend"]
        ]
        province = {**province, "trend": trend}
    return {**report, "province": province, "platforms": own, "faults": []}
