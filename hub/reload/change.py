"""What would change, and what of it cannot while the hub runs."""

from __future__ import annotations

from dataclasses import fields

from hub.catalogue import Catalogue, Subscription
from hub.message import Finding, shown
from hub.reload.candidate import Candidate
from hub.settings import LIVE, Settings

FIXED = "reload.fixed"
_RESTART = "此项运行中不能更改;改回原值,或停机后重新启动"


def settings_changed(now: Settings, then: Settings) -> list[str]:
    """Names in the order of the table."""
    names = [spec.name for spec in fields(Settings)]
    return [name for name in names if getattr(now, name) != getattr(then, name)]


def fixed(now: Settings, running: Catalogue, candidate: Candidate) -> list[Finding]:
    """One finding for each thing that a restart would take and a reload does not."""
    found: list[Finding] = []
    if candidate.settings is not None:
        for name in settings_changed(now, candidate.settings):
            if name not in LIVE:
                kept, wanted = getattr(now, name), getattr(candidate.settings, name)
                found.append(
                    Finding(FIXED, f"settings.{name}", shown(str(kept)), shown(str(wanted)), _RESTART)
                )
    if candidate.catalogue is not None:
        for row in running.systems:
            other = candidate.catalogue.by_id.get(row.id)
            if other is None:
                # Something may lie there for it, and a sealed record's receivers are settled already.
                found.append(Finding(FIXED, f"systems.{row.id}", row.id, "", _RESTART))
            elif other.kind != row.kind:
                found.append(Finding(FIXED, f"systems.{row.id}.kind", row.kind, other.kind, _RESTART))
    return found


def catalogue_changed(now: Catalogue, then: Catalogue) -> list[str]:
    systems = [row.id for row in then.systems if now.by_id.get(row.id) != row]
    before, after = _routes(now), _routes(then)
    routes = [place for place in {**before, **after} if before.get(place) != after.get(place)]
    return [
        *(f"systems.{name}" for name in systems),
        *(f"subscriptions.{route}" for route in sorted(routes)),
    ]


def _routes(catalogue: Catalogue) -> dict[str, Subscription]:
    staged = {f"{row.stage}.{row.receiver}": row for row in catalogue.subscriptions}
    return staged | {f"{row.stage}.{row.receiver}.{row.message}": row for row in catalogue.notices}
