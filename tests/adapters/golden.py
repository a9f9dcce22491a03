"""What several dialects need to run the papers' transcripts: the records they were made from."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from hub.catalogue.papers import ROOT, Papers
from hub.message import Finding
from hub.ports import Incoming, Outgoing


@cache
def records() -> dict[str, Any]:
    """The unified records of the outward transcripts, by stage."""
    found: dict[str, Any] = json.loads((ROOT / "records.json").read_text("utf-8"))
    return found


def said(papers: Papers, incoming: Incoming) -> Outgoing:
    """The record behind an outward transcript: the published one, in the operation and version that came.

    A service is said again with the fields that were read.
    """
    if not incoming.stage:
        return Outgoing(incoming.message, "", "query", 1, incoming.fields)
    made = records()[incoming.stage]
    assert papers.row_key(made["from"], incoming.stage, made["key"]) == incoming.key
    return Outgoing(
        incoming.message,
        incoming.stage,
        incoming.op,
        incoming.version,
        made["fields"],
        sender=made["from"],
        key=made["key"],
        hub_id=made["hubId"],
    )


def pointing(papers: Papers, carried: str, code: str, foreign: str) -> Finding:
    """A finding of the hub's checker about the field behind a foreign name."""
    rows = (*papers.rows(carried, "in"), *papers.rows(carried, "request"))
    (at,) = {row.standard for row in rows if row.foreign == foreign}
    return Finding(code, "/body/fields/" + at.replace(".", "/"), "x", "y")
