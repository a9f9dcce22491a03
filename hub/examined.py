"""Records as the data-quality score reads them: what was accepted, what was refused, with findings.

A platform gets its own, whole; the centre gets what no gate keeps closed, personal values hidden,
because a score needs to know that a telephone number is there and not which it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hub.index.port import ExaminedRow
from hub.index.views import CENTRE, stamp
from hub.journal.claims import OPEN, own
from hub.journal.entry import Entry
from hub.journal.port import Reading
from hub.message import CST, parse
from hub.standard import Standard
from hub.standard.telling import filled

PAGE = 500
HIDDEN = "***"


def examined(
    reading: Reading, standard: Standard, principal: str, *, after: int = 0, to: str = ""
) -> dict[str, Any]:
    """One page `{"records": [...], "next": cursor or None}`; `to` is the last day (YYYY-MM-DD) wanted."""
    sender = None if principal == CENTRE else principal
    rows = reading.index.examined(sender, after, PAGE)
    records = []
    for row in rows:
        entry = reading.journal.entry(row.seq, OPEN if sender is None else own(sender))
        if entry is not None and (not to or _day(entry) <= to):
            records.append(_record(row, entry, standard, own=sender is not None))
    return {"records": records, "next": str(rows[-1].seq) if len(rows) == PAGE else None}


def _day(entry: Entry) -> str:
    return datetime.fromtimestamp(entry.facts["at"] / 1e6, UTC).astimezone(CST).date().isoformat()


def _record(row: ExaminedRow, entry: Entry, standard: Standard, *, own: bool) -> dict[str, Any]:
    facts = entry.facts
    common = {"from": facts["from"], "stage": facts["stage"], "receivedTime": stamp(facts["at"])}
    if row.message is None:
        findings = [dict(zip(("code", "at", "severity"), one, strict=True)) for one in facts["findings"]]
        fields: Mapping[str, Any] = dict.fromkeys(facts["present"], HIDDEN)
        rest = {name: facts[name] for name in ("hubId", "op", "version")}
        # The first notes had the key in their heads.
        rest["key"] = facts["key"] if "key" in facts else parse(entry.raw).value["key"]
        return {**common, **rest, "state": "refused", "fields": fields, "findings": findings, "sealed": False}
    body = parse(entry.raw).value["body"]
    stage = standard.stage(facts["stage"])
    # Of what a person had erased only masks are left: nothing can be said of how good it was.
    checked = [] if entry.gone else standard.check_fields(stage.id, body["fields"], op=body["op"])
    findings = [{"code": one.code, "at": one.at, "severity": one.severity.value} for one in checked]
    return {
        **common,
        "hubId": row.message.hub_id,
        "op": body["op"],
        "key": body["key"],
        "version": body["version"],
        "state": row.message.state,
        "fields": body["fields"] if own else filled(stage, body["fields"], HIDDEN),
        "findings": findings,
        "sealed": row.sealed,
        **({"liftedTime": stamp(row.lifted)} if row.lifted else {}),
    }
