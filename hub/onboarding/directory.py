"""What the public may read of the systems that are, or were, online: the four disclosure items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hub.onboarding.evidence import DISCLOSURE
from hub.onboarding.steps import STATE_ZH, State

LISTED = frozenset({State.ONLINE, State.SUSPENDED, State.TERMINATED})


def listing(records: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Entries with an application, in id order; contacts and documents stay at the desk."""
    rows = []
    for record in records:
        state = State(record.get("state", State.NONE))
        form = record.get("application") or {}
        if state not in LISTED or not form:
            continue
        system = str(record["system"])
        rows.append(
            {
                "system": system,
                "zh": names.get(system, system),
                "state": state.value,
                "stateZh": STATE_ZH[state],
                "since": record.get("since", ""),
                "operator": form.get("operator", {}).get("name", ""),
                "scope": form.get("scope", {}),
                "disclosure": {name: form.get("disclosure", {}).get(name, "") for name in DISCLOSURE},
                "report": (record.get("report") or {}).get("digest", ""),
            }
        )
    return sorted(rows, key=lambda row: str(row["system"]))
