"""Chapter `trustlist`: the centre's list itself: altered, of somebody else, too old, or gone back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from certs.cases.stage import LISTED, Stage, flipped, named
from certs.cases.table import Case, Row
from certs.trustlist.canonical import canonical


def _seen(content: dict[str, Any]) -> dict[str, Any]:
    """What whoever has seen this list remembers of it."""
    return {"sequence": content["sequence"], "issued": content["issued"], "digest": named(canonical(content))}


def _good(stage: Stage, row: Row) -> Case:
    return stage.case(row, {}, newest=_seen(stage.content(sequence=6)))


def _rollback(stage: Stage, row: Row) -> Case:
    return stage.case(row, {}, newest=_seen(stage.content(sequence=8)))


def _same_number(stage: Stage, row: Row) -> Case:
    return stage.case(row, {}, newest=_seen(stage.content(LISTED[:-1])))


def _older_issue(stage: Stage, row: Row) -> Case:
    """The number goes up, the time of issue goes back."""
    before = stage.content(sequence=6)
    before["issued"] = (stage.world.now + timedelta(hours=1)).isoformat(timespec="seconds")
    return stage.case(row, {}, newest=_seen(before))


def _expired(stage: Stage, row: Row) -> Case:
    old = stage.content()
    for name, days in (("issued", 40), ("nextUpdate", 10)):
        old[name] = (stage.world.now - timedelta(days=days)).isoformat(timespec="seconds")
    return stage.case(row, {}, trust_list=stage.signed(old))


def _altered(stage: Stage, row: Row) -> Case:
    made = flipped(stage.usual_list, "沙箱丙CA".encode(), "沙箱乙CA".encode())
    return stage.case(row, {}, trust_list=made)


def _foreign(stage: Stage, row: Row) -> Case:
    made = stage.signed(stage.content(), stage.centre_key("另一中心"))
    return stage.case(row, {}, trust_list=made)


def _twice(stage: Stage, row: Row) -> Case:
    doubled = stage.content()
    doubled["cas"] = [*doubled["cas"], doubled["cas"][0]]
    return stage.case(row, {}, trust_list=stage.signed(doubled))


BUILD: dict[str, Callable[[Stage, Row], Case]] = {
    "": _good,
    "rollback": _rollback,
    "same-number": _same_number,
    "older-issue": _older_issue,
    "expired": _expired,
    "altered": _altered,
    "foreign-centre": _foreign,
    "listed-twice": _twice,
}
